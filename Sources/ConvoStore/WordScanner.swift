/// Cuts a text into search tokens.
///
/// - A word is a run of letters and digits, in lower case and without diacritics. `camelCase` is found whole and by
///   its parts; everything else that joins words (`_ . - / @`) parts them, so `snake_case` is two words in a row.
/// - Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese set no spaces: each pair of neighbours is a token, so
///   that any part of two characters or more is a phrase of pairs. The last character of a run is a token too, so
///   that one character alone is found as a prefix.
/// - An emoji is a token.
struct WordScanner {
    enum Purpose { case index, query }

    struct Token: Equatable {
        fileprivate(set) var folded: Range<Int>
        /// Where the token stands in the text, in bytes.
        let start: Int
        let end: Int
        /// Stands at the same position as the token before.
        let isColocated: Bool
    }

    /// A longer token is cut: nobody types more of a word than this, in bytes.
    static let tokenLimit = 128

    private let text: UnsafeRawBufferPointer
    private let purpose: Purpose
    private var index = 0
    private var folded: [UInt8] = []
    private var pending: [Token] = []
    private var pendingIndex = 0

    init(_ text: UnsafeRawBufferPointer, purpose: Purpose) {
        self.text = text
        self.purpose = purpose
    }

    func bytes(of token: Token) -> ArraySlice<UInt8> { folded[token.folded] }

    mutating func next() -> Token? {
        while pendingIndex == pending.count {
            pending.removeAll(keepingCapacity: true)
            folded.removeAll(keepingCapacity: true)
            pendingIndex = 0
            guard scanRun() else { return nil }
        }
        defer { pendingIndex += 1 }
        return pending[pendingIndex]
    }

    /// Reads to the end of the next run of one kind; `false` at the text's end.
    private mutating func scanRun() -> Bool {
        while index < text.count {
            let (scalar, _) = decode(at: index)
            switch ScriptClass(scalar) {
            case .separator, .mark: index += decode(at: index).length
            case .word:
                scanWord()
                return true
            case .unspaced:
                scanUnspaced()
                return true
            case .symbol:
                let start = index
                index += decode(at: index).length
                emit([scalar], from: start, to: index)
                return true
            }
        }
        return false
    }

    private mutating func scanWord() {
        let start = index
        var scalars: [Unicode.Scalar] = []
        var partStarts: [(scalar: Int, byte: Int)] = []
        var previous: LetterCase?
        var beforePrevious: (scalar: Int, byte: Int)?
        while index < text.count {
            let (scalar, length) = decode(at: index)
            let kind = ScriptClass(scalar)
            guard kind == .word || kind == .mark else { break }
            if kind == .word {
                let letterCase = LetterCase(scalar)
                if previous == .lower, letterCase == .upper {
                    partStarts.append((scalars.count, index))
                } else if previous == .upper, letterCase == .lower, let beforePrevious, beforePrevious.scalar > 0,
                    partStarts.last?.scalar != beforePrevious.scalar
                {
                    partStarts.append(beforePrevious)  // HTTPServer: the S begins the second part
                }
                beforePrevious = (scalars.count, index)
                previous = letterCase
                scalars.append(Folding.fold(scalar))
            }
            index += length
        }
        emitWord(scalars, partStarts: partStarts, from: start)
    }

    /// A word of several parts is indexed as its parts in a row, the whole beside the first; asked for, it is whole.
    private mutating func emitWord(_ scalars: [Unicode.Scalar], partStarts: [(scalar: Int, byte: Int)], from start: Int)
    {
        guard !partStarts.isEmpty, purpose == .index else { return emit(scalars, from: start, to: index) }
        let starts = [(scalar: 0, byte: start)] + partStarts
        for (number, part) in starts.enumerated() {
            let next = number + 1 < starts.count ? starts[number + 1] : (scalar: scalars.count, byte: index)
            emit(scalars[part.scalar..<next.scalar], from: part.byte, to: next.byte)
            if number == 0 { emit(scalars, from: start, to: index, isColocated: true) }
        }
    }

    private mutating func scanUnspaced() {
        var previous: (scalar: Unicode.Scalar, start: Int)?
        var isPaired = false
        while index < text.count {
            let (scalar, length) = decode(at: index)
            guard ScriptClass(scalar) == .unspaced else { break }
            if let previous {
                emit([previous.scalar, scalar], from: previous.start, to: index + length)
                isPaired = true
            }
            previous = (scalar, index)
            index += length
        }
        if let previous, purpose == .index || !isPaired {
            emit([previous.scalar], from: previous.start, to: index)
        }
    }

    private mutating func emit(
        _ scalars: some Collection<Unicode.Scalar>, from start: Int, to end: Int, isColocated: Bool = false
    ) {
        let begin = folded.count
        for scalar in scalars {
            guard folded.count - begin < WordScanner.tokenLimit else { break }
            folded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
        pending.append(Token(folded: begin..<folded.count, start: start, end: end, isColocated: isColocated))
    }

    /// The scalar at a byte; a broken sequence is U+FFFD, one byte long.
    private func decode(at index: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let first = text[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
        guard length > 1, index + length <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for offset in 1..<length {
            let byte = text[index + offset]
            guard byte & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return Unicode.Scalar(value).map { ($0, length) } ?? ("\u{FFFD}", 1)
    }
}

private enum LetterCase {
    case upper, lower, neither

    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = ("A"..."Z").contains(scalar) ? .upper : ("a"..."z").contains(scalar) ? .lower : .neither
        } else {
            self = scalar.properties.isUppercase ? .upper : scalar.properties.isLowercase ? .lower : .neither
        }
    }
}
