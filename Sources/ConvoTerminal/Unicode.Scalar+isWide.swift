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
