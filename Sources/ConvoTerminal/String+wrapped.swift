import ConvoPlatform

extension String {
    /// The text broken into lines of at most a number of columns, at spaces where there are any.
    ///
    /// - Parameter width: the greatest number of columns, which only a single character may exceed; 0 leaves the text
    ///   in one piece.
    /// - Returns: the lines without their ends; line feeds in the text begin new lines.
    package func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        var text = self
        text.withUTF8 { bytes in
            WrappedLines.forEach(of: bytes, to: width, isPlain: WrappedLines.isPlain(bytes)) {
                lines.append(String(decoding: $0, as: UTF8.self))
            }
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

/// The lines into which a text is broken, as bytes of the text itself: a long history has too many to make a string of each.
enum WrappedLines {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    private static let space = UInt8(ascii: " ")

    /// Hands on each line of a text.
    ///
    /// - Parameters:
    ///   - text: the text in UTF-8.
    ///   - width: as for ``Swift/String/wrapped(to:)``.
    ///   - isPlain: whether the text is known to be plain (``isPlain(_:)``).
    ///   - body: takes the lines in their order.
    static func forEach(of text: Bytes, to width: Int, isPlain: Bool, _ body: (Bytes) -> Void) {
        guard width > 0 else { return body(text) }
        var start = 0
        while true {
            let end = lineEnd(in: text, from: start)
            let line = Bytes(rebasing: text[start..<end])
            if isPlain { foldSimple(line, to: width, isASCII: true, body) } else { fold(line, to: width, body) }
            if end == text.count { return }
            start = end + 1
        }
    }

    /// Whether all bytes are printable ASCII or line feeds, so that each is a character of one column, or ends a line.
    ///
    /// Has no way out and no branches, so that the compiler looks at many bytes at once.
    static func isPlain(_ text: Bytes) -> Bool {
        var others: UInt8 = 0
        for byte in text {
            let isUnprintable: UInt8 = byte &- 0x20 < 0x5F ? 0 : 1
            let isNoLineFeed: UInt8 = byte == 0x0A ? 0 : 1
            others |= isUnprintable & isNoLineFeed
        }
        return others == 0
    }

    private static func lineEnd(in text: Bytes, from start: Int) -> Int {
        guard let base = text.baseAddress, let found = memchr(base + start, 0x0A, text.count - start) else {
            return text.count
        }
        return UnsafeRawPointer(base).distance(to: found)
    }

    /// Breaks one line.
    private static func fold(_ line: Bytes, to width: Int, _ body: (Bytes) -> Void) {
        if let columns = String.simpleColumns(line) {
            return foldSimple(line, to: width, isASCII: columns == line.count, body)
        }
        let text = String(decoding: line, as: UTF8.self)
        guard text.columns > width else { return body(line) }
        for var part in text.foldedCharacters(to: width) { part.withUTF8(body) }
    }

    /// The same as `foldedCharacters(to:)` for a text that has `simpleColumns`, without a look at characters.
    private static func foldSimple(_ line: Bytes, to width: Int, isASCII: Bool, _ body: (Bytes) -> Void) {
        var (start, isFirst) = (0, true)
        while let limit = place(width, after: start, in: line, isASCII: isASCII) {
            var (end, next) = (limit, limit)
            if line[limit] == space {
                next = limit + 1
            } else if let last = line[start..<limit].lastIndex(of: space),
                line[start..<last].contains(where: { $0 != space })
            {
                (end, next) = (last, last + 1)
            }
            body(Bytes(rebasing: line[start..<end]))
            (start, isFirst) = (next, false)
            while start < line.count, line[start] == space { start += 1 }
        }
        if isFirst || start < line.count { body(Bytes(rebasing: line[start...])) }
    }

    /// The place a number of characters behind another one; `nil` where the line has no more characters than these.
    private static func place(_ count: Int, after start: Int, in line: Bytes, isASCII: Bool) -> Int? {
        guard line.count - start > count else { return nil }
        if isASCII { return start + count }
        var place = start
        for _ in 0..<count {
            guard place < line.count else { return nil }
            place += 1
            while place < line.count, UTF8.isContinuation(line[place]) { place += 1 }
        }
        return place < line.count ? place : nil
    }
}
