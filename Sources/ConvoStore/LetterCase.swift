/// Tells where a word of `camelCase` has its parts.
enum LetterCase: UInt32 {
    case neither, lower, upper

    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = ("A"..."Z").contains(scalar) ? .upper : ("a"..."z").contains(scalar) ? .lower : .neither
        } else if let entry = LetterTable.entry(scalar) {
            self = LetterCase(rawValue: entry >> 24) ?? .neither
        } else {
            self = LetterCase(anyOf: scalar)
        }
    }

    /// As Unicode says.
    init(anyOf scalar: Unicode.Scalar) {
        self = scalar.properties.isUppercase ? .upper : scalar.properties.isLowercase ? .lower : .neither
    }
}
