extension String {
    /// Characters of a message that came from elsewhere.
    static let printableLimit = 500

    /// Bounded, and without control characters: it ends up in logs and on terminals. `nil` if nothing is left.
    var printable: String? {
        var result = ""
        for scalar in unicodeScalars.prefix(String.printableLimit) {
            result.unicodeScalars.append(scalar.properties.generalCategory == .control ? " " : scalar)
        }
        return result.allSatisfy(\.isWhitespace) ? nil : result
    }
}
