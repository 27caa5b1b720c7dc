public import ConvoModel

extension JSONText {
    /// The same value with every character escaped that a terminal would obey or that hides others.
    ///
    /// JSON lets C1 controls, DEL and bidi overrides stand raw in strings. Between strings there is none, so each can
    /// become its `\u` escape.
    public var escapedForTerminal: String {
        guard text.unicodeScalars.contains(where: \.needsCare) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            guard scalar.needsCare else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }
}
