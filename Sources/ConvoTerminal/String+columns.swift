extension Character {
    /// The number of terminal columns that the character occupies.
    ///
    /// The parts of an emoji share its two columns. Of a letter each part that is not a mark without a width has its own: most
    /// terminals show the vowels of Indic scripts beside their consonants.
    package var columns: Int {
        if utf8.count == 1 { return self == "\n" ? 0 : 1 }
        var (sum, isEmoji) = (0, false)
        for scalar in unicodeScalars {
            // U+FE0F asks for the emoji form of a character whose default is text.
            if scalar.value == 0xFE0F { return 2 }
            if scalar.isZeroWidth { continue }
            sum += scalar.isWide ? 2 : 1
            isEmoji = isEmoji || (scalar.value > 0x2000 && scalar.properties.isEmojiPresentation)
        }
        return isEmoji ? min(sum, 2) : sum
    }

    /// Whether the character is one of a script that is written in wide characters without spaces, or an emoji: a line may end
    /// beside it.
    package var isWide: Bool { utf8.count > 2 && (unicodeScalars.first?.isWide ?? false) }
}

extension String {
    /// The number of terminal columns that the text occupies on one line; a tab counts as one.
    package var columns: Int { simpleColumns ?? reduce(0) { $0 + $1.columns } }

    /// The number of columns of a text of which each scalar is a character of one column, as its bytes show: printable ASCII,
    /// the letters of Latin and IPA (U+00A0…U+02FF but U+00AD), dashes, quotation marks and bullets (U+2010…U+2027,
    /// U+2030…U+205E); `nil` for any other.
    var simpleColumns: Int? {
        var text = self
        return text.withUTF8 { String.simpleColumns($0) }
    }

    static func simpleColumns(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var columns = 0
        var place = bytes.startIndex
        while place < bytes.endIndex {
            columns += 1
            let byte = bytes[place]
            place += 1
            if byte >= 0x20, byte < 0x7F { continue }
            guard place < bytes.endIndex else { return nil }
            let second = bytes[place]
            place += 1
            switch (byte, second) {
            case (0xC2, 0xA0..<0xAD), (0xC2, 0xAE...), (0xC3...0xCB, _): continue
            case (0xE2, 0x80), (0xE2, 0x81):
                guard place < bytes.endIndex else { return nil }
                let third = bytes[place]
                place += 1
                let isSimple = second == 0x81 ? third < 0x9F : (0x90..<0xA8).contains(third) || third >= 0xB0
                if !isSimple { return nil }
            default: return nil
            }
        }
        return columns
    }

    /// The text cut to a number of columns, never inside a character.
    ///
    /// - Parameter limit: the greatest number of columns, the ellipsis included.
    /// - Returns: the text itself where it fits, or else its beginning and an ellipsis; empty for a limit of 0.
    package func truncated(to limit: Int) -> String {
        guard columns > limit else { return self }
        guard limit > 0 else { return "" }
        var result = ""
        var used = 0
        for character in self {
            guard used + character.columns <= limit - 1 else { break }
            result.append(character)
            used += character.columns
        }
        return result + "…"
    }

    /// The text filled up with spaces on the right to a number of columns; a wider text stays as it is.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }
}

extension Unicode.Scalar {
    /// Whether a terminal gives the scalar two columns: East Asian Wide and Fullwidth (UAX #11), and emoji shown as
    /// pictures.
    var isWide: Bool {
        guard value >= 0x1100 else { return false }
        return Unicode.Scalar.wideRanges.contains { $0.contains(value) } || properties.isEmojiPresentation
    }

    /// Whether a terminal gives the scalar no column, because it combines with its neighbour or is invisible.
    var isZeroWidth: Bool {
        guard value >= 0x300 else { return false }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return true
        // Hangul vowels and final consonants join the syllable before them.
        default: return (0x1160...0x11FF).contains(value)
        }
    }

    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}
