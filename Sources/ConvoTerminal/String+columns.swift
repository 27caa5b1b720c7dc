extension Character {
    /// The number of terminal columns that the character occupies: none, one or two.
    var columns: Int {
        if self == "\n" || self == "\t" { return self == "\t" ? 1 : 0 }
        var widest = 0
        for scalar in unicodeScalars {
            // U+FE0F asks for the emoji form of a character whose default is text.
            if scalar.value == 0xFE0F { return 2 }
            if scalar.isZeroWidth { continue }
            widest = max(widest, scalar.isWide ? 2 : 1)
        }
        return widest
    }
}

extension String {
    /// The number of terminal columns that the text occupies on one line; a tab counts as one.
    public var columns: Int { isPrintableASCII ? utf8.count : reduce(0) { $0 + $1.columns } }

    /// Whether each byte is one column: so are most ids, times and names, which need no look at their characters.
    var isPrintableASCII: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// The text cut to a number of columns, never inside a character.
    ///
    /// - Parameter limit: the greatest number of columns, the ellipsis included.
    /// - Returns: the text itself where it fits, or else its beginning and an ellipsis; empty for a limit of 0.
    public func truncated(to limit: Int) -> String {
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
    public func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// The text broken into lines of at most a number of columns, at spaces where there are any.
    ///
    /// - Parameter width: the greatest number of columns, which only a single character may exceed; 0 leaves the text
    ///   in one piece.
    /// - Returns: the lines without their ends; line feeds in the text begin new lines.
    public func wrapped(to width: Int) -> [String] {
        guard width > 0 else { return [self] }
        return split(separator: "\n", omittingEmptySubsequences: false).flatMap { String($0).foldedLine(to: width) }
    }

    private func foldedLine(to width: Int) -> [String] {
        if isPrintableASCII { return utf8.count > width ? foldedASCII(to: width) : [self] }
        return columns > width ? foldedCharacters(to: width) : [self]
    }

    /// The same as ``foldedCharacters(to:)`` for a text whose every byte is a column, without a look at characters.
    func foldedASCII(to width: Int) -> [String] {
        let space: UInt8 = 0x20
        var lines: [String] = []
        var text = self
        text.withUTF8 { bytes in
            var start = 0
            func take(to end: Int) { lines.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
            for place in bytes.indices {
                let used = place - start
                if bytes[place] == space, used + 1 > width || (used == 0 && !lines.isEmpty) {
                    if used > 0 { take(to: place) }
                    start = place + 1
                } else if used + 1 > width {
                    let last = bytes[start..<place].lastIndex(of: space)
                    if let last, bytes[start..<last].contains(where: { $0 != space }) {
                        take(to: last)
                        start = last + 1
                    } else {
                        take(to: place)
                        start = place
                    }
                }
            }
            if start < bytes.count { take(to: bytes.count) }
        }
        return lines
    }

    func foldedCharacters(to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        var used = 0
        for character in self {
            // Spaces at a break are dropped.
            if character == " ", used + 1 > width || (line.isEmpty && !lines.isEmpty) {
                if !line.isEmpty { lines.append(line) }
                (line, used) = ("", 0)
                continue
            }
            if used + character.columns > width {
                let (head, tail) = line.brokenAtLastSpace()
                lines.append(head)
                (line, used) = (tail, tail.columns)
            }
            line.append(character)
            used += character.columns
        }
        return line.isEmpty ? lines : lines + [line]
    }

    private func brokenAtLastSpace() -> (head: String, tail: String) {
        guard let space = lastIndex(of: " "), space != startIndex, !self[..<space].allSatisfy({ $0 == " " }) else {
            return (self, "")
        }
        return (String(self[..<space]), String(self[index(after: space)...]))
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
