/// A scalar as search sees it: folded, without diacritics.
struct SearchedScalar {
    let value: UInt32
    /// What the scalar is; never ``CharacterEntry/Kind/dropped``.
    let entry: CharacterEntry
    /// The bytes of the text that it stands for. Scalars that come from one character have the same.
    let start: Int
    var end: Int

    var isWord: Bool { entry.kind == .word || entry.kind == .joinableWord }
    var isUnspaced: Bool { entry.kind == .unspaced || entry.kind == .joinableUnspaced }
}

/// Reads UTF-8 text as search sees it, scalar by scalar.
///
/// Texts that are equal after compatibility decomposition (NFKD) and full case folding give the same scalars (but for the
/// iota subscript, which is dropped as other diacritics are, and a nukta that stands behind a virama): each
/// character is replaced by what ``CharacterEntry`` says, marks that are kept come in their canonical order, and the
/// parts of kana, of Hangul syllables and of some Cyrillic letters are joined.
struct SearchedScalars {
    /// How many scalars are put in order together at most, as in Unicode's stream-safe text (UAX #15): a hostile text
    /// may have any number of marks in a row.
    private static let runLimit = 32

    private let text: UnsafeRawBufferPointer
    /// Where the next character is read from.
    private(set) var index = 0
    private var queue: [SearchedScalar] = []
    private var head = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Whether the next scalar comes from the byte at ``index``, and not from a character that was read before.
    var isAtByte: Bool { head == queue.count }

    /// Goes on behind bytes that the caller has read itself.
    mutating func skip(to index: Int) { self.index = index }

    /// Reads the next scalar; `nil` at the end of the text.
    mutating func next() -> SearchedScalar? {
        if head < queue.count {
            defer { head += 1 }
            return queue[head]
        }
        while index < text.count {
            let (value, length) = decode(at: index)
            let entry = CharacterEntry(of: value)
            let kind = entry.kind
            if kind == .dropped, !entry.isExpanded {
                index += length
                continue
            }
            let isPlain = !entry.isExpanded && entry.order == 0
            let isJoinable = kind == .joinableWord || kind == .joinableUnspaced
            if isPlain, !isJoinable || !isFollowed(at: index + length) {
                index += length
                return SearchedScalar(
                    value: entry.scalar(of: value), entry: entry, start: index - length, end: index)
            }
            readRun()
            if head < queue.count {
                defer { head += 1 }
                return queue[head]
            }
        }
        return nil
    }

    /// Whether a mark or a jamo stands at the byte, which may join what stands before it.
    private func isFollowed(at index: Int) -> Bool {
        guard index < text.count, text[index] >= 0x80 else { return false }
        let entry = CharacterEntry(of: decode(at: index).scalar)
        return entry.isExpanded || entry.order != 0 || entry.kind == .dropped
    }

    /// Reads a character and the marks and jamo behind it into the queue.
    private mutating func readRun() {
        queue.removeAll(keepingCapacity: true)
        head = 0
        var count = 0
        while index < text.count, count < SearchedScalars.runLimit {
            let (value, length) = decode(at: index)
            let entry = CharacterEntry(of: value)
            if count > 0, entry.order == 0, entry.kind != .dropped, !entry.isExpanded { break }
            if entry.isExpanded {
                let parts = entry.expansion
                let first = CharacterEntry(bits: parts.first ?? 0)
                if count > 0, first.order == 0 { break }
                for bits in parts {
                    let part = CharacterEntry(bits: bits)
                    push(
                        SearchedScalar(
                            value: part.scalar(of: 0), entry: part, start: index, end: index + length))
                }
            } else {
                push(
                    SearchedScalar(
                        value: entry.scalar(of: value), entry: entry, start: index, end: index + length))
            }
            index += length
            count += 1
        }
    }

    /// Adds a scalar behind the others: joined to the last one, or at its place among the marks, or not at all.
    private mutating func push(_ scalar: SearchedScalar) {
        let order = scalar.entry.order
        if order == CharacterEntry.joins, let last = queue.last,
            let joined = Composition.of(last.value, scalar.value)
        {
            let entry = CharacterEntry(of: joined)
            let bits = entry.bits & ~(3 << 24) | last.entry.letterCase.rawValue << 24
            queue[queue.count - 1] = SearchedScalar(
                value: joined, entry: CharacterEntry(bits: bits), start: last.start, end: scalar.end)
            return
        }
        if scalar.entry.kind == .dropped {
            if !queue.isEmpty { queue[queue.count - 1].end = scalar.end }
            return
        }
        var place = queue.count
        if order != 0, order != CharacterEntry.joins {
            while place > 0, queue[place - 1].entry.order > order,
                queue[place - 1].entry.order != CharacterEntry.joins
            {
                place -= 1
            }
        }
        queue.insert(scalar, at: place)
    }

    /// Decodes the scalar at a byte; a malformed sequence is U+FFFD, one byte long.
    private func decode(at index: Int) -> (scalar: UInt32, length: Int) {
        let first = text[index]
        if first < 0x80 { return (UInt32(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
        guard length > 1, index + length <= text.count else { return (0xFFFD, 1) }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for offset in 1..<length {
            let byte = text[index + offset]
            guard byte & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return Unicode.Scalar(value) == nil ? (0xFFFD, 1) : (value, length)
    }
}
