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
        foldCharacters(line, to: width, body)
    }

    /// Breaks a line of any characters, each of which has columns of its own.
    private static func foldCharacters(_ line: Bytes, to width: Int, _ body: (Bytes) -> Void) {
        var (start, used, isFirst) = (0, 0, true)
        // The last space at which the line may end, and the columns up to it, itself included.
        var (lastSpace, usedAtSpace): (Int?, Int) = (nil, 0)
        var hasWord = false
        func end(_ end: Int, nextAt next: Int) {
            body(Bytes(rebasing: line[start..<end]))
            (start, isFirst) = (next, false)
        }
        var characters = CharacterWidths(line)
        while let (place, length, columns) = characters.next() {
            let isSpace = length == 1 && line[place] == space
            // Spaces at a break are dropped.
            if isSpace, used + 1 > width || (start == place && !isFirst) {
                if start < place { end(place, nextAt: place + 1) } else { start = place + 1 }
                (used, lastSpace, hasWord) = (0, nil, false)
                continue
            }
            if used + columns > width {
                if let lastSpace {
                    end(lastSpace, nextAt: lastSpace + 1)
                    used -= usedAtSpace
                } else {
                    end(place, nextAt: place)
                    used = 0
                }
                (lastSpace, hasWord) = (nil, start < place)
            }
            if isSpace, hasWord { (lastSpace, usedAtSpace) = (place, used + 1) }
            hasWord = hasWord || !isSpace
            used += columns
        }
        if start < line.count || isFirst { body(Bytes(rebasing: line[start...])) }
    }

    /// The same as `foldCharacters` for a text that has `simpleColumns`, without a look at characters.
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

/// The characters of a line in UTF-8: where each begins, its length in bytes, and how many columns it has.
///
/// Where ASCII or a Chinese character stands before another such one, each is a character by itself, and needs no look at
/// Unicode's tables.
struct CharacterWidths {
    private let line: UnsafeBufferPointer<UInt8>
    private var place = 0
    /// The characters of a part that had to be looked at, from the last to the first: their lengths in bytes and their columns.
    private var found: [(length: Int, columns: Int)] = []

    init(_ line: UnsafeBufferPointer<UInt8>) { self.line = line }

    mutating func next() -> (place: Int, length: Int, columns: Int)? {
        guard place < line.count else { return nil }
        if found.isEmpty {
            if let length = plainLength(at: place) {
                defer { place += length }
                return (place, length, length == 1 ? 1 : 2)
            }
            lookAhead()
        }
        guard let character = found.popLast() else { return nil }
        defer { place += character.length }
        return (place, character.length, character.columns)
    }

    /// The length of a character that is known to be one by itself: ASCII, or of U+4000…U+9FFF; `nil` for any other.
    private func plainLength(at place: Int) -> Int? {
        guard let length = CharacterWidths.length(line[place]) else { return nil }
        let next = place + length
        guard next < line.count else { return next == line.count ? length : nil }
        return CharacterWidths.length(line[next]) == nil ? nil : length
    }

    /// The length of what begins with a byte, if that is ASCII or one of these characters.
    private static func length(_ byte: UInt8) -> Int? {
        if byte < 0x80 { return 1 }
        return (0xE4...0xE9).contains(byte) ? 3 : nil
    }

    /// Looks at the characters up to the next two that need no look.
    private mutating func lookAhead() {
        var end = place + 1
        while end < line.count, plainLength(at: end) == nil { end += 1 }
        // What stands before a character that is one by itself may still be a part of the one before.
        let part = String(decoding: line[place..<end], as: UTF8.self)
        found = part.reversed().map { ($0.utf8.count, $0.columns) }
    }
}
