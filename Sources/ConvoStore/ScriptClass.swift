/// How search treats a character.
enum ScriptClass: UInt32 {
    case word
    /// A combining diacritic, a soft hyphen or a joiner: it stands inside words, and is dropped.
    case mark
    /// Emoji and other pictures.
    case symbol
    case separator
    /// A letter of a script that sets no spaces between words.
    case unspaced

    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = ScriptClass.isASCIIWord(UInt8(truncatingIfNeeded: scalar.value)) ? .word : .separator
        } else if let entry = LetterTable.entry(scalar) {
            self = ScriptClass(rawValue: entry >> 21 & 7) ?? .separator
        } else if ScriptClass.isUnspaced(scalar.value) {
            self = .unspaced
        } else {
            self = ScriptClass(anyOf: scalar)
        }
    }

    /// Whether a byte is an ASCII letter or digit.
    static func isASCIIWord(_ byte: UInt8) -> Bool { byte >= 0x30 && isPlain(byte | 0x20) }

    /// Whether a byte is an ASCII digit or a small ASCII letter, which needs no folding.
    static func isPlain(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

    private static func isUnspaced(_ value: UInt32) -> Bool {
        switch value {
        // Thai, Lao, Burmese, Khmer
        case 0x0E01...0x0E3A, 0x0E40...0x0E4E, 0x0E81...0x0EDF, 0x1000...0x109F, 0x1780...0x17D3,
            // Korean
            0x1100...0x11FF, 0x3130...0x318F, 0xAC00...0xD7FF,
            // ideographic iteration mark, zero, Hangzhou numerals
            0x3005...0x3007, 0x3021...0x3029,
            // kana
            0x3041...0x3096, 0x309D...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F,
            // Chinese characters
            0x2E80...0x2FDF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF:
            true
        default:
            false
        }
    }

    /// Reads the class from Unicode's general category, for a character of a script that sets spaces.
    init(anyOf scalar: Unicode.Scalar) {
        self =
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber, .spacingMark:
                .word
            case .nonspacingMark, .enclosingMark:
                .mark
            case .otherSymbol:
                .symbol
            case .format where scalar == "\u{AD}" || scalar == "\u{200C}" || scalar == "\u{200D}":
                .mark  // soft hyphen and joiners stand inside words
            default:
                .separator
            }
    }
}

/// Folds case and diacritics, one character to one.
enum Folding {
    static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        if scalar.isASCII {
            return ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) + 0x20) : scalar
        }
        if let entry = LetterTable.entry(scalar) { return Unicode.Scalar(entry & 0x1F_FFFF) ?? scalar }
        return fold(anyOf: scalar)
    }

    /// Folds by ``DiacriticFolding`` and Unicode's lower case mapping.
    static func fold(anyOf scalar: Unicode.Scalar) -> Unicode.Scalar {
        let base = DiacriticFolding.table[scalar] ?? scalar
        if base.isASCII { return fold(base) }
        let lower = base.properties.lowercaseMapping.unicodeScalars
        guard lower.count == 1, let first = lower.first else { return base }
        return first == "ς" ? "σ" : first
    }
}
