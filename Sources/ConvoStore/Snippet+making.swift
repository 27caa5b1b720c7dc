import ConvoWords

extension Snippet {
    /// The length of a snippet, in bytes of UTF-8.
    static let length = 160
    /// How much of the text a snippet shows before the first mark, in bytes of UTF-8.
    static let leadIn = 40

    /// Cuts the piece around the first wanted word from a text, folds its white space, and marks every wanted word in
    /// it. Neither the piece nor a mark begins or ends within a character as people see it (a grapheme cluster).
    init(of text: String, wanted: [SearchQuery.Wanted]) {
        let utf8 = Array(text.utf8)
        let places = Snippet.found(in: utf8, wanted)
        let clusters = ClusterBoundaries(utf8, near: places.first?.lowerBound ?? 0)
        let found = places.map(clusters.around)
        let first = found.first?.lowerBound ?? 0
        let window = clusters.around(Snippet.window(in: utf8, around: first))
        var scalars: [Unicode.Scalar] = window.lowerBound > 0 ? ["…"] : []
        var marks: [Range<Int>] = []
        var offset = window.lowerBound
        var spans = found.filter { $0.lowerBound >= window.lowerBound && $0.upperBound <= window.upperBound }[...]
        var markStart: (start: Int, end: Int)?
        for scalar in String(decoding: utf8[window], as: UTF8.self).unicodeScalars {
            if let mark = markStart, offset >= mark.end {
                marks.append(mark.start..<scalars.count)
                markStart = nil
            }
            while let span = spans.first, span.lowerBound <= offset {
                spans.removeFirst()
                guard span.lowerBound == offset || markStart != nil else { continue }
                markStart = (markStart?.start ?? scalars.count, max(span.upperBound, markStart?.end ?? 0))
            }
            offset += UTF8.width(scalar)
            let isSpace =
                scalar.isASCII ? scalar == " " || (9...13).contains(scalar.value) : scalar.properties.isWhitespace
            if isSpace, scalars.last == " " { continue }
            scalars.append(isSpace ? " " : scalar)
        }
        if let mark = markStart { marks.append(mark.start..<scalars.count) }
        if window.upperBound < utf8.count { scalars.append("…") }
        self.text = String(String.UnicodeScalarView(scalars))
        self.marks = Snippet.joined(marks)
    }

    /// The ranges of the wanted words in bytes, from the first one on as far as a snippet reaches.
    private static func found(in utf8: [UInt8], _ wanted: [SearchQuery.Wanted]) -> [Range<Int>] {
        var words: [[UInt8]] = []
        var beginnings: [[UInt8]] = []
        for term in wanted {
            var last: [UInt8]?
            scan(Array(term.text.utf8), .query) { word, _ in
                last = Array(word)
                words.append(Array(word))
                return true
            }
            if term.isPrefix, let last { beginnings.append(last) }
        }
        var found: [Range<Int>] = []
        scan(utf8, .index) { word, place in
            if let first = found.first, place.lowerBound > first.lowerBound + length { return false }
            if words.contains(where: { $0.elementsEqual(word) })
                || beginnings.contains(where: { word.starts(with: $0) })
            {
                found.append(place)
            }
            return true
        }
        return found
    }

    /// Calls `visit` with the letters and the byte range of each token, until `visit` returns `false`.
    private static func scan(
        _ utf8: [UInt8], _ purpose: WordScanner.Purpose, _ visit: (UnsafeRawBufferPointer, Range<Int>) -> Bool
    ) {
        utf8.withUnsafeBytes { bytes in
            var scanner = WordScanner(bytes, purpose: purpose)
            while let token = scanner.next(),
                scanner.withLetters(of: token, { visit($0, token.start..<token.end) })
            {}
        }
    }

    /// The range of bytes to show: it begins a little before the first mark, and is cut between words where it can be.
    private static func window(in utf8: [UInt8], around first: Int) -> Range<Int> {
        func isBoundary(_ index: Int) -> Bool { index >= utf8.count || utf8[index] & 0xC0 != 0x80 }
        func isSpace(_ index: Int) -> Bool { index < utf8.count && (utf8[index] == 0x20 || utf8[index] == 0x0A) }
        var start = max(0, first - leadIn)
        while start > 0, !isBoundary(start) { start -= 1 }
        if start > 0, let space = (start..<max(start, first)).first(where: isSpace) { start = space + 1 }
        var end = min(utf8.count, start + length)
        while end < utf8.count, !isBoundary(end) { end += 1 }
        if end < utf8.count, let space = (max(start + length / 2, first)..<max(end, first)).last(where: isSpace) {
            end = max(space, min(first + 1, utf8.count))
            while end < utf8.count, !isBoundary(end) { end += 1 }
        }
        return start..<max(start, end)
    }

    /// The boundaries of the grapheme clusters in that part of a text from which a snippet is cut.
    private struct ClusterBoundaries {
        /// A longer cluster, in bytes of UTF-8, is cut: a hostile text may set any number of marks on one letter.
        private static let limit = 64

        /// The part of the text, and its first byte.
        private let text: String
        private let offset: Int

        init(_ utf8: [UInt8], near first: Int) {
            func aligned(_ index: Int) -> Int {
                var index = max(0, min(index, utf8.count))
                while index > 0, index < utf8.count, utf8[index] & 0xC0 == 0x80 { index -= 1 }
                return index
            }
            let reach = 2 * (Snippet.length + Snippet.leadIn) + ClusterBoundaries.limit
            offset = aligned(first - reach)
            text = String(decoding: utf8[offset..<max(offset, aligned(first + reach))], as: UTF8.self)
        }

        /// The smallest range of whole clusters that contains a range of bytes.
        func around(_ range: Range<Int>) -> Range<Int> {
            let (lower, upper) = (range.lowerBound - offset, range.upperBound - offset)
            guard lower >= 0, upper <= text.utf8.count else { return range }
            let end = start(of: upper) == upper ? upper : end(of: upper)
            return start(of: lower) + offset..<end + offset
        }

        private func start(of byte: Int) -> Int {
            guard byte > 0, byte < text.utf8.count else { return byte }
            // From a place within a cluster, `index(after:)` goes to the end of that cluster.
            let start = text.utf8.index(text.startIndex, offsetBy: byte)
            return nearby(byte, text.index(before: text.index(after: start)))
        }

        private func end(of byte: Int) -> Int {
            guard byte < text.utf8.count else { return byte }
            return nearby(byte, text.index(after: text.utf8.index(text.startIndex, offsetBy: byte)))
        }

        private func nearby(_ byte: Int, _ index: String.Index) -> Int {
            let place = text.utf8.distance(from: text.startIndex, to: index)
            return abs(place - byte) <= ClusterBoundaries.limit ? place : byte
        }
    }

    private static func joined(_ marks: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for mark in marks where !mark.isEmpty {
            if let last = result.last, mark.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, mark.upperBound)
            } else {
                result.append(mark)
            }
        }
        return result
    }
}
