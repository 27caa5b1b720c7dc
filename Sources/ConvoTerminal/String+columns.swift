extension Character {
    /// The columns of a terminal that it takes: none, one or two.
    var columns: Int {
        if self == "\n" || self == "\t" { return self == "\t" ? 1 : 0 }
        var widest = 0
        for scalar in unicodeScalars {
            // U+FE0F asks for the picture of a character that is text otherwise.
            if scalar.value == 0xFE0F { return 2 }
            if scalar.isZeroWidth { continue }
            widest = max(widest, scalar.isWide ? 2 : 1)
        }
        return widest
    }
}

extension String {
    /// The columns of a terminal that it takes on one line.
    public var columns: Int { isPrintableASCII ? utf8.count : reduce(0) { $0 + $1.columns } }

    /// Most ids, times and names are: they need no look at each character.
    var isPrintableASCII: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// Cut to at most that many columns, with an ellipsis where something was cut; never inside a character.
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

    /// Filled up with spaces on the right to that many columns.
    public func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - columns))
    }

    /// Broken into lines of at most that many columns, at spaces where there are any.
    public func wrapped(to width: Int) -> [String] {
        guard width > 0 else { return [self] }
        return split(separator: "\n", omittingEmptySubsequences: false).flatMap { String($0).foldedLine(to: width) }
    }

    private func foldedLine(to width: Int) -> [String] {
        guard columns > width else { return [self] }
        var lines: [String] = []
        var line = ""
        var used = 0
        for character in self {
            // Spaces at a break belong to neither side.
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
    /// Whether a terminal gives it two columns: East Asian Wide and Fullwidth (UAX #11), and emoji shown as pictures.
    var isWide: Bool {
        guard value >= 0x1100 else { return false }
        return Unicode.Scalar.wideRanges.contains { $0.contains(value) } || properties.isEmojiPresentation
    }

    /// Whether a terminal gives it no column: what is drawn over its neighbour, or not at all.
    var isZeroWidth: Bool {
        guard value >= 0x300 else { return false }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return true
        // Hangul vowels and finals join the syllable before them.
        default: return (0x1160...0x11FF).contains(value)
        }
    }

    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6B, 0xFF01...0xFF60,
        0xFFE0...0xFFE6, 0x16FE0...0x18CFF, 0x1AFF0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x3FFFD,
    ]
}
