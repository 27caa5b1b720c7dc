/// Text without characters that a viewer would obey, or that hide what the rest says.
enum VisibleText {
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// A text of several lines: each line end (LF, CRLF, CR) becomes LF, and each other control character but the tab
    /// U+FFFD.
    static func block(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            defer { previous = scalar }
            switch scalar {
            case "\n" where previous == "\r": break
            case "\r", "\n": result.append("\n")
            case "\t": result.append(scalar)
            default: result.append(isControl(scalar) ? replacement : scalar)
            }
        }
        return String(result)
    }

    /// A text of one line, for a heading or a name: line ends and tabs become spaces, and what would change the order of
    /// the words around it (Unicode's bidi embeddings, overrides and isolates) U+FFFD.
    static func line(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in block(text).unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x2028, 0x2029: result.append(" ")
            case 0x202A...0x202E, 0x2066...0x2069: result.append(replacement)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: true
        default: false
        }
    }
}
