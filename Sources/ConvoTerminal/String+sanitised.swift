package import ConvoJSON

/// Whether a sanitised text keeps its line ends and tabs.
package enum TextLayout: Sendable {
    /// One line: each line end and each tab becomes a space.
    case line
    /// Several lines: each line end (LF, CRLF, U+2028, U+2029) becomes a line feed, and tabs stay.
    case block

    fileprivate func keeps(_ scalar: Unicode.Scalar) -> Bool { self == .block && (scalar == "\n" || scalar == "\t") }
}

extension String {
    /// The text without anything that a terminal would obey, or that hides what the rest says.
    ///
    /// What a model or a server wrote is not to be trusted: an escape sequence can move the cursor, set the title or
    /// answer in the person's name; a bidi override can show a command backwards. Each such character is replaced by
    /// something visible, never dropped, so that the person sees that it was there.
    ///
    /// Joiners (U+200C, U+200D) and zero-width spaces stay: Persian, Indic scripts, Thai and emoji need them.
    package func sanitised(_ layout: TextLayout) -> String {
        guard mayNeedCare(layout), unicodeScalars.contains(where: { $0.needsCare && !layout.keeps($0) }) else {
            return self
        }
        var result = String.UnicodeScalarView()
        var rest = unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "\r", rest.first == "\n" { continue }
            switch scalar {
            case "\n", "\u{2028}", "\u{2029}": result.append(layout == .block ? "\n" : " ")
            case "\t": result.append(layout == .block ? "\t" : " ")
            default:
                if scalar.needsCare {
                    result.append(contentsOf: scalar.madeVisible.unicodeScalars)
                } else {
                    result.append(scalar)
                }
            }
        }
        return String(result)
    }
}

extension String {
    /// Whether there may be something to replace: most texts are ASCII, with line feeds, and need no look at their scalars.
    private func mayNeedCare(_ layout: TextLayout) -> Bool {
        var text = self
        return text.withUTF8 { bytes in
            for byte in bytes where byte >= 0x7F || (byte < 0x20 && !layout.keeps(Unicode.Scalar(byte))) { return true }
            return false
        }
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is a control, a line or paragraph separator, or a format character that can mislead.
    var needsCare: Bool {
        // Most text needs no look at Unicode's tables: ASCII, Latin to Armenian, and the scripts of East Asia.
        if value < 0x20 || value == 0x7F { return true }
        if value < 0x80 || (0xA0..<0x590).contains(value) || (0x2E80..<0xD800).contains(value) { return false }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        case .format: return !isHarmlessFormat
        default: return false
        }
    }

    /// The text that stands on a terminal for a scalar that needs care.
    fileprivate var madeVisible: String {
        // U+2400… are pictures of the C0 controls, in their order.
        if value < 0x20, let picture = Unicode.Scalar(0x2400 + value) { return String(picture) }
        if value == 0x7F { return "\u{2421}" }
        let digits = String(value, radix: 16, uppercase: true)
        return "<U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)>"
    }

    /// Whether the scalar is a format character that a writing system needs, or one that is visible itself.
    private var isHarmlessFormat: Bool {
        switch value {
        case 0x200B...0x200D, 0x00AD, 0x0600...0x0605, 0x06DD, 0x070F, 0x0890...0x0891, 0x08E2, 0x110BD, 0x110CD: true
        default: false
        }
    }
}

extension JSONText {
    /// The value's text with a `\u` escape for every character that a terminal would obey or that hides others.
    ///
    /// JSON lets C1 controls, DEL and bidi overrides stand unescaped in strings, and nowhere but in strings. So each of
    /// them can become its `\u` escape without changing the value.
    package var escapedForTerminal: String {
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

extension String {
    /// The text as one word of a POSIX shell, whatever characters it has.
    package var quotedForShell: String {
        "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
