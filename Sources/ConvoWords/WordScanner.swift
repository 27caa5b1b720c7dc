/// Cuts a text into search tokens.
///
/// The characters are folded before (``SearchedScalars``), so that texts which mean the same give the same tokens.
///
/// - A word is a run of letters, digits and marks. `camelCase` is found whole and by its parts. Unlike the default word
///   boundaries of Unicode (UAX #29), an apostrophe, a point or an underscore between two letters separates words:
///   `snake_case` and `l'été` are two words in a row, and each of them is found.
/// - Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese and others that set no spaces are indexed by pairs: each pair of
///   neighbouring characters is a token, so that any part of two characters or more is a phrase of pairs. The last
///   character of a run is a token too, so that one character alone is found as a prefix.
/// - An emoji is a token, and so is every other sign beyond ASCII (€, ∑, →). The two halves of a flag are one token.
package struct WordScanner {
    package enum Purpose { case index, query }

    package struct Token: Equatable {
        /// The range of the token's letters, in the folded bytes or, if it needed no folding, in the text itself.
        fileprivate let letters: Range<Int>
        fileprivate let isFolded: Bool
        /// Where the token stands in the text, in bytes.
        package let start: Int
        package let end: Int
        /// Whether the token has the position of the token before it.
        package let isColocated: Bool
        /// Whether the token is a run of letters and digits, and not a sign or characters of a script without spaces.
        package let isWord: Bool
    }

    /// The length in bytes at which a token is cut: nobody types more of a word.
    package static let tokenLimit = 128
    /// The version of these rules: it changes when a text gives other tokens than before by the same tables.
    package static let version = 2

    private let text: UnsafeRawBufferPointer
    private let purpose: Purpose
    private var scalars: SearchedScalars
    /// The scalar that comes next, if it was read already.
    private var lookahead: SearchedScalar?
    private var folded: [UInt8] = []
    private var pending: [Token] = []
    private var pendingIndex = 0
    /// In a query, the last character of a run without spaces: in the index that character stands as a token between
    /// the run and what comes after it.
    private var tail: SearchedScalar?
    /// The beginnings of the parts of the word that is being read.
    private var parts: [(folded: Int, byte: Int)] = []

    package init(_ text: UnsafeRawBufferPointer, purpose: Purpose) {
        self.text = text
        self.purpose = purpose
        scalars = SearchedScalars(text)
    }

    /// Calls `work` with the folded letters of the token that ``next()`` returned last.
    package func withLetters<Result>(of token: Token, _ work: (UnsafeRawBufferPointer) -> Result) -> Result {
        if token.isFolded { return folded.withUnsafeBytes { work(.init(rebasing: $0[token.letters])) } }
        return work(.init(rebasing: text[token.letters]))
    }

    package mutating func next() -> Token? {
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

    private mutating func peek() -> SearchedScalar? {
        if lookahead == nil { lookahead = scalars.next() }
        return lookahead
    }

    private mutating func take() { lookahead = nil }

    /// Reads a word of small ASCII letters and digits, which needs no folding, as most words of most texts do not.
    ///
    /// `nil` if something else comes next: then only ASCII white space and punctuation is read.
    private mutating func nextPlainWord() -> Token? {
        if let lookahead {
            guard lookahead.entry.kind == .separator else { return nil }
            take()
        }
        guard scalars.isAtByte else { return nil }
        var start = scalars.index
        while start < text.count, text[start] < 0x80, !WordScanner.isASCIIWord(text[start]) { start += 1 }
        scalars.skip(to: start)
        var end = start
        while end < text.count, WordScanner.isPlain(text[end]) { end += 1 }
        guard end > start, end == text.count || (text[end] < 0x80 && !WordScanner.isASCIIWord(text[end])) else {
            return nil
        }
        scalars.skip(to: end)
        return Token(
            letters: start..<min(end, start + WordScanner.tokenLimit), isFolded: false, start: start, end: end,
            isColocated: false, isWord: true)
    }

    /// Whether a byte is an ASCII letter or digit.
    private static func isASCIIWord(_ byte: UInt8) -> Bool { byte >= 0x30 && isPlain(byte | 0x20) }

    /// Whether a byte is an ASCII digit or a small ASCII letter, which needs no folding.
    private static func isPlain(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }

    /// Reads to the end of the next run of one kind; `false` at the text's end.
    private mutating func scanRun() -> Bool {
        while let scalar = peek() {
            if let tail, scalar.entry.kind != .separator {
                emitAlone(tail)
                self.tail = nil
            }
            switch scalar.entry.kind {
            case .separator, .dropped: take()
            case .word, .joinableWord:
                scanWord(from: scalar)
                return true
            case .unspaced, .joinableUnspaced:
                scanUnspaced()
                return true
            case .symbol:
                take()
                emitSymbol(scalar)
                return true
            }
        }
        return false
    }

    private mutating func scanWord(from first: SearchedScalar) {
        let begin = folded.count
        parts.removeAll(keepingCapacity: true)
        parts.append((begin, first.start))
        var previous: CharacterEntry.Case?
        var letter = (folded: begin, byte: first.start)
        var end = first.start
        while true {
            if lookahead == nil, previous != .upper, scalars.isAtByte {
                var index = scalars.index
                while index < text.count, WordScanner.isPlain(text[index]) {
                    letter = (folded.count, index)
                    previous = text[index] < 0x3A ? .neither : .lower
                    folded.append(text[index])
                    index += 1
                }
                scalars.skip(to: index)
                end = max(end, index)
            }
            guard let scalar = peek(), scalar.isWord else { break }
            let letterCase = scalar.entry.letterCase
            let here = (folded: folded.count, byte: scalar.start)
            if previous == .lower, letterCase == .upper {
                parts.append(here)
            } else if previous == .upper, letterCase == .lower, parts.last?.folded != letter.folded {
                parts.append(letter)  // HTTPServer: the S begins the second part
            }
            letter = here
            previous = letterCase
            append(scalar)
            end = scalar.end
            take()
        }
        emitWord(begin..<folded.count, from: first.start, to: max(end, lookahead?.start ?? text.count))
    }

    /// Adds the tokens of a word.
    ///
    /// A word of several parts is indexed whole, and its parts at the same position, so that the words before and after
    /// it in a phrase are neighbours of each. In a query, it is one token.
    private mutating func emitWord(_ word: Range<Int>, from start: Int, to end: Int) {
        emit(word, from: start, to: end, isWord: true)
        guard parts.count > 1, purpose == .index else { return }
        var seen: Set<[UInt8]> = [Array(folded[pending[pending.count - 1].letters])]
        for (number, part) in parts.enumerated() {
            let next = number + 1 < parts.count ? parts[number + 1] : (folded: word.upperBound, byte: end)
            guard seen.insert(Array(folded[part.folded..<next.folded].prefix(WordScanner.tokenLimit))).inserted else {
                continue
            }
            emit(part.folded..<next.folded, from: part.byte, to: next.byte, isColocated: true, isWord: true)
        }
    }

    private mutating func scanUnspaced() {
        var previous: SearchedScalar?
        var isPaired = false
        while let scalar = peek(), scalar.isUnspaced {
            take()
            if let previous {
                emitTogether(previous, scalar)
                isPaired = true
            }
            previous = scalar
        }
        guard let previous else { return }
        if purpose == .index || !isPaired { emitAlone(previous) } else { tail = previous }
    }

    /// Adds a sign; a flag is two regional indicators.
    private mutating func emitSymbol(_ scalar: SearchedScalar) {
        if let second = peek(), WordScanner.isRegionalIndicator(scalar), WordScanner.isRegionalIndicator(second) {
            take()
            emitTogether(scalar, second)
        } else {
            emitAlone(scalar)
        }
    }

    private static func isRegionalIndicator(_ scalar: SearchedScalar) -> Bool {
        (0x1F1E6...0x1F1FF).contains(scalar.value)
    }

    private mutating func emitAlone(_ scalar: SearchedScalar) {
        let begin = folded.count
        append(scalar)
        emit(begin..<folded.count, from: scalar.start, to: scalar.end)
    }

    private mutating func emitTogether(_ first: SearchedScalar, _ second: SearchedScalar) {
        let begin = folded.count
        append(first)
        append(second)
        emit(begin..<folded.count, from: first.start, to: second.end)
    }

    private mutating func append(_ scalar: SearchedScalar) {
        if scalar.value < 0x80 {
            folded.append(UInt8(truncatingIfNeeded: scalar.value))
        } else {
            let encoded = Unicode.Scalar(scalar.value).flatMap { UTF8.encode($0) }
            folded.append(contentsOf: encoded ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func emit(
        _ token: Range<Int>, from start: Int, to end: Int, isColocated: Bool = false, isWord: Bool = false
    ) {
        var limit = min(token.upperBound, token.lowerBound + WordScanner.tokenLimit)
        while limit < token.upperBound, folded[limit] & 0xC0 == 0x80 { limit -= 1 }  // no half characters
        pending.append(
            Token(
                letters: token.lowerBound..<limit, isFolded: true, start: start, end: end, isColocated: isColocated,
                isWord: isWord))
    }
}
