/// Lines for people, kept as one text: a long conversation has too many lines to make a string of each.
package struct LineText: Sendable {
    /// What stands at both ends of each line that is not empty: an indent, or the escape sequences of a style.
    package struct Ends: Sendable {
        let start: [UInt8]
        let end: [UInt8]

        /// Makes the ends of lines.
        package init(start: String, end: String = "") {
            self.start = Array(start.utf8)
            self.end = Array(end.utf8)
        }
    }

    /// The lines in UTF-8, each with its line feed.
    package private(set) var bytes: [UInt8] = []

    /// Makes a text without lines.
    package init() {}

    /// The lines without their ends.
    package var lines: [String] {
        bytes.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Adds a line, which must be sanitised, and have no line feed.
    package mutating func add(_ line: String) {
        bytes.append(contentsOf: line.utf8)
        bytes.append(0x0A)
    }

    /// Adds a line of several pieces, of which those behind the first stand between ends.
    ///
    /// - Parameters:
    ///   - first: what the line begins with.
    ///   - rest: what follows between the ends; as ``add(_:)``, sanitised.
    ///   - separator: what stands between two of the rest.
    ///   - ends: what stands at both ends of the rest.
    package mutating func add(_ first: String, _ rest: [String], separatedBy separator: String, between ends: Ends) {
        bytes.append(contentsOf: first.utf8)
        bytes.append(contentsOf: ends.start)
        for (place, piece) in rest.enumerated() {
            if place > 0 { bytes.append(contentsOf: separator.utf8) }
            bytes.append(contentsOf: piece.utf8)
        }
        bytes.append(contentsOf: ends.end)
        bytes.append(0x0A)
    }

    /// Adds a text of any number of lines, sanitised as a block, and broken as ``Swift/String/wrapped(to:)`` does it.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - width: the greatest number of columns between the ends.
    ///   - ends: what stands at both ends of each line.
    ///   - limit: how many lines are added of a text that has at least two more; `nil` for all.
    /// - Returns: how many lines are left out.
    package mutating func add(_ text: String, wrappedTo width: Int, between ends: Ends, limit: Int? = nil) -> Int {
        var (text, count, lengthAtLimit) = (text, 0, bytes.count)
        let isPlain = text.withUTF8(WrappedLines.isPlain)
        if !isPlain { text = text.sanitised(.block) }
        text.withUTF8 { text in
            WrappedLines.forEach(of: text, to: width, isPlain: isPlain) { line in
                if count == limit { lengthAtLimit = bytes.count }
                count += 1
                if !line.isEmpty {
                    bytes.append(contentsOf: ends.start)
                    bytes.append(contentsOf: line)
                    bytes.append(contentsOf: ends.end)
                }
                bytes.append(0x0A)
            }
        }
        guard let limit, count > limit + 1 else { return 0 }
        bytes.removeLast(bytes.count - lengthAtLimit)
        return count - limit
    }

    /// Removes all lines, and keeps their memory for others.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }
}
