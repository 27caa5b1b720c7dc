/// Cuts a text into search tokens.
///
/// - A word is a run of letters and digits, in lower case and without diacritics. `camelCase` is found whole and by
///   its parts; every other joiner (`_ . - / @`) separates words, so `snake_case` is two words in a row.
/// - Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are indexed by pairs: each pair of neighbouring characters
///   is a token, so that any part of two characters or more is a phrase of pairs. The last character of a run is a
///   token too, so that one character alone is found as a prefix.
/// - An emoji is a token.
struct WordScanner {
    enum Purpose { case index, query }

    struct Token: Equatable {
        /// The range of the token's letters, in the folded bytes or, if it needed no folding, in the text itself.
        fileprivate let letters: Range<Int>
        fileprivate let isFolded: Bool
        /// Where the token stands in the text, in bytes.
        let start: Int
        let end: Int
        /// Whether the token has the position of the token before it.
        let isColocated: Bool
    }

    /// The length in bytes at which a token is cut: nobody types more of a word.
    static let tokenLimit = 128

    private let text: UnsafeRawBufferPointer
    private let purpose: Purpose
    private var index = 0
    private var folded: [UInt8] = []
    private var pending: [Token] = []
    private var pendingIndex = 0
    /// In a query, the last character of a run without spaces: in the index that character stands as a token between
    /// the run and what comes after it.
    private var tail: (scalar: Unicode.Scalar, start: Int)?
    /// The beginnings of the parts of the word that is being read.
    private var parts: [(folded: Int, byte: Int)] = []

    init(_ text: UnsafeRawBufferPointer, purpose: Purpose) {
        self.text = text
        self.purpose = purpose
    }

    /// Calls `work` with the folded letters of the token that ``next()`` returned last.
    func withLetters<Result>(of token: Token, _ work: (UnsafeRawBufferPointer) -> Result) -> Result {
        if token.isFolded { return folded.withUnsafeBytes { work(.init(rebasing: $0[token.letters])) } }
        return work(.init(rebasing: text[token.letters]))
    }

    mutating func next() -> Token? {
        if pendingIndex == pending.count, tail == nil, let token = nextPlainWord() { return token }
        while pendingIndex == pending.count {
            pending.removeAll(keepingCapacity: true)
            folded.removeAll(keepingCapacity: true)
            pendingIndex = 0
            guard scanRun() else { return nil }
        }
        defer { pendingIndex += 1 }
        return pending[pendingIndex]
    }

    /// Reads a word of small ASCII letters and digits, which needs no folding, as most words of most texts do not.
    ///
    /// `nil` if something else comes next: then only ASCII white space and punctuation is read.
    private mutating func nextPlainWord() -> Token? {
        var start = index
        while start < text.count, text[start] < 0x80, !ScriptClass.isASCIIWord(text[start]) { start += 1 }
        index = start
        var end = start
        while end < text.count, ScriptClass.isPlain(text[end]) { end += 1 }
        guard end > start, end == text.count || (text[end] < 0x80 && !ScriptClass.isASCIIWord(text[end])) else {
            return nil
        }
        index = end
        return Token(
            letters: start..<min(end, start + WordScanner.tokenLimit), isFolded: false, start: start, end: end,
            isColocated: false)
    }

    /// Reads to the end of the next run of one kind; `false` at the text's end.
    private mutating func scanRun() -> Bool {
        while index < text.count {
            let (scalar, _) = decode(at: index)
            let kind = ScriptClass(scalar)
            if let tail, kind != .separator, kind != .mark {
                emitAlone(tail.scalar, from: tail.start)
                self.tail = nil
            }
            switch kind {
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
                emitAlone(scalar, from: start)
                return true
            }
        }
        return false
    }

    private mutating func scanWord() {
        let start = index
        let begin = folded.count
        parts.removeAll(keepingCapacity: true)
        parts.append((begin, start))
        var previous: LetterCase?
        var letter = (folded: begin, byte: start)
        while index < text.count {
            if previous != .upper, ScriptClass.isPlain(text[index]) {
                letter = (folded.count, index)
                previous = text[index] < 0x3A ? .neither : .lower
                folded.append(text[index])
                index += 1
                continue
            }
            let (scalar, length) = decode(at: index)
            let kind = ScriptClass(scalar)
            guard kind == .word || kind == .mark else { break }
            if kind == .word {
                let letterCase = LetterCase(scalar)
                let here = (folded: folded.count, byte: index)
                if previous == .lower, letterCase == .upper {
                    parts.append(here)
                } else if previous == .upper, letterCase == .lower, parts.last?.folded != letter.folded {
                    parts.append(letter)  // HTTPServer: the S begins the second part
                }
                letter = here
                previous = letterCase
                append(Folding.fold(scalar))
            }
            index += length
        }
        emitWord(begin..<folded.count, from: start)
    }

    /// Adds the tokens of a word.
    ///
    /// A word of several parts is indexed whole, and its parts at the same position, so that the words before and after
    /// it in a phrase are neighbours of each. In a query, it is one token.
    private mutating func emitWord(_ word: Range<Int>, from start: Int) {
        let first = pending.count
        emit(word, from: start, to: index)
        guard parts.count > 1, purpose == .index else { return }
        for (number, part) in parts.enumerated() {
            let next = number + 1 < parts.count ? parts[number + 1] : (folded: word.upperBound, byte: index)
            let letters = folded[part.folded..<next.folded]
            if pending[first...].contains(where: { folded[$0.letters].elementsEqual(letters) }) { continue }
            emit(part.folded..<next.folded, from: part.byte, to: next.byte, isColocated: true)
        }
    }

    private mutating func scanUnspaced() {
        var previous: (scalar: Unicode.Scalar, start: Int)?
        var isPaired = false
        while index < text.count {
            let (scalar, length) = decode(at: index)
            guard ScriptClass(scalar) == .unspaced else { break }
            if let previous {
                let begin = folded.count
                append(previous.scalar)
                append(scalar)
                emit(begin..<folded.count, from: previous.start, to: index + length)
                isPaired = true
            }
            previous = (scalar, index)
            index += length
        }
        guard let previous else { return }
        if purpose == .index || !isPaired {
            emitAlone(previous.scalar, from: previous.start)
        } else {
            tail = previous
        }
    }

    private mutating func emitAlone(_ scalar: Unicode.Scalar, from start: Int) {
        let begin = folded.count
        append(scalar)
        emit(begin..<folded.count, from: start, to: index)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            folded.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            folded.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func emit(_ token: Range<Int>, from start: Int, to end: Int, isColocated: Bool = false) {
        var limit = min(token.upperBound, token.lowerBound + WordScanner.tokenLimit)
        while limit < token.upperBound, folded[limit] & 0xC0 == 0x80 { limit -= 1 }  // no half characters
        pending.append(
            Token(letters: token.lowerBound..<limit, isFolded: true, start: start, end: end, isColocated: isColocated))
    }

    /// Decodes the scalar at a byte; a malformed sequence is U+FFFD, one byte long.
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

/// The case of a letter, by which ``WordScanner`` finds the parts of a `camelCase` word.
enum LetterCase: UInt32 {
    case neither, lower, upper

    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = ("A"..."Z").contains(scalar) ? .upper : ("a"..."z").contains(scalar) ? .lower : .neither
        } else if let entry = LetterTable.entry(scalar) {
            self = LetterCase(rawValue: entry >> 24) ?? .neither
        } else {
            self = LetterCase(anyOf: scalar)
        }
    }

    /// Reads the case from Unicode's properties.
    init(anyOf scalar: Unicode.Scalar) {
        self = scalar.properties.isUppercase ? .upper : scalar.properties.isLowercase ? .lower : .neither
    }
}
