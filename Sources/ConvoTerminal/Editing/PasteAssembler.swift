/// Gathers the characters that a terminal sends between the marks of a bracketed paste.
package struct PasteAssembler: Sendable {
    /// What a terminal sends before a pasted text.
    package static let beginning = "\u{1B}[200~"
    /// What a terminal sends behind a pasted text.
    package static let ending = "\u{1B}[201~"
    /// The escape sequence that asks a terminal to mark pastes, and the one that asks it not to.
    package static let (on, off) = ("\u{1B}[?2004h", "\u{1B}[?2004l")
    /// A paste of more characters is not taken: a file is a better way for it.
    package static let limit = 4 << 20

    private static let endingScalars = Array(ending.unicodeScalars)

    private let limit: Int
    private var scalars: [Unicode.Scalar] = []
    private var isTooLong = false

    /// Makes an assembler of a paste whose first mark has been read.
    ///
    /// - Parameter limit: the largest number of characters that is taken.
    package init(limit: Int = PasteAssembler.limit) { self.limit = limit }

    /// The outcome of a paste.
    package enum Outcome: Hashable, Sendable {
        /// The text, with line feeds as line ends, and none at its end.
        case text(String)
        /// It has more characters than are taken.
        case tooLong
    }

    /// Takes the next character.
    ///
    /// - Returns: the outcome, when the character completes the second mark; `nil` before.
    package mutating func take(_ scalar: Unicode.Scalar) -> Outcome? {
        scalars.append(scalar)
        let marks = PasteAssembler.endingScalars
        if scalars.suffix(marks.count).elementsEqual(marks) {
            return isTooLong ? .tooLong : .text(PasteAssembler.text(scalars.dropLast(marks.count)))
        }
        if scalars.count > limit + marks.count {
            isTooLong = true
            scalars.removeFirst(limit)
        }
        return nil
    }

    /// A terminal sends the line ends of a paste as carriage returns; a NUL ends a text of C's.
    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        var last: Unicode.Scalar?
        for scalar in scalars {
            if scalar == "\r" {
                text.append("\n")
            } else if scalar != "\0", scalar != "\n" || last != "\r" {
                text.append(scalar)
            }
            last = scalar
        }
        while text.last == "\n" { text.removeLast() }
        return String(text)
    }
}

/// Joins the lines of a bracketed paste where lines are read whole, without an editor.
struct PastedLines {
    private var lines: [String] = []

    /// Whether a paste has begun, and not ended.
    var isOpen: Bool { !lines.isEmpty }

    /// Takes the next line.
    ///
    /// - Returns: the line, or all lines of a paste that it ends, without the marks; `nil` while a paste goes on.
    mutating func take(_ line: String) -> String? {
        lines.append(line)
        let text = lines.joined(separator: "\n")
        if text.hasMark(PasteAssembler.beginning), !text.hasMark(PasteAssembler.ending) { return nil }
        lines = []
        return text.without(PasteAssembler.beginning).without(PasteAssembler.ending)
    }
}

extension String {
    private func place(of mark: String) -> Range<Index>? {
        let marks = Array(mark.utf8)
        var place = utf8.startIndex
        while let start = utf8[place...].firstIndex(of: marks[0]) {
            if utf8[start...].starts(with: marks),
                let end = utf8.index(start, offsetBy: marks.count, limitedBy: utf8.endIndex)
            {
                return start..<end
            }
            place = utf8.index(after: start)
        }
        return nil
    }

    fileprivate func hasMark(_ mark: String) -> Bool { place(of: mark) != nil }

    fileprivate func without(_ mark: String) -> String {
        var text = self
        while let place = text.place(of: mark) { text.removeSubrange(place) }
        return text
    }
}
