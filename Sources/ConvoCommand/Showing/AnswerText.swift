import ConvoMarkdown
import ConvoTerminal

/// Turns the pieces of an answer into what is written while they come.
protocol AnswerText: Sendable {
    /// What to write for a piece.
    mutating func add(_ piece: Transcript.Piece) -> String
    /// What to write for a line beside the answer.
    mutating func note(_ line: String) -> String
    /// What ends the last line; other texts may follow.
    mutating func end() -> String
    /// What shows again what may still change, after another program has written to the terminal.
    mutating func redraw() -> String
}

/// An answer as it comes, for a pipe, and for a terminal that obeys no escape sequences.
struct PlainAnswer: AnswerText {
    let ansi: ANSIStyle
    private var isThinking = false
    /// Whether the last text did not end its line.
    private var isInLine = false

    init(_ ansi: ANSIStyle) { self.ansi = ansi }

    mutating func add(_ piece: Transcript.Piece) -> String {
        switch piece {
        case .words(let words): text(words, isThought: false)
        case .thought(let words): text(words, isThought: true)
        case .step(let line): end() + ansi.tool(line.sanitised(.line)) + "\n"
        case .end: end()
        }
    }

    mutating func redraw() -> String { "" }

    mutating func note(_ line: String) -> String { end() + ansi.faint(line.sanitised(.line)) + "\n" }

    mutating func end() -> String {
        defer { isInLine = false }
        return isInLine ? "\n" : ""
    }

    private mutating func text(_ words: String, isThought: Bool) -> String {
        let start = isThought != isThinking ? end() : ""
        isThinking = isThought
        let clean = words.sanitised(.block)
        isInLine = clean.last != "\n"
        return start + (isThought ? ansi.faint(clean) : clean)
    }
}

/// How a terminal is at one moment.
struct AnswerLayout: Sendable, Equatable {
    let markdown: MarkdownStyle
    /// The terminal's columns and rows.
    let (width, height): (Int, Int)
}

/// An answer on a terminal, whose Markdown is laid out while it comes: the block that is being written is laid out anew with
/// each piece, and with fewer of them where it is long.
struct LiveAnswer: AnswerText {
    /// The rows of a terminal that does not tell: fewer than terminals have.
    static let leastHeight = 10
    /// The share of a long block by which it grows before it is laid out again.
    private static let growth = 128

    private let current: @Sendable () -> AnswerLayout
    private var layout: AnswerLayout
    private var rows = DraftRows()
    private var markdown: MarkdownStream
    /// The bytes of the block that is being written, when it was last laid out.
    private var drawnBytes = 0
    /// What the model thinks, of which the last line may grow; `nil` where it does not.
    private var thought: String?

    /// - Parameter layout: tells how the terminal is.
    init(_ layout: @escaping @Sendable () -> AnswerLayout) {
        current = layout
        self.layout = layout()
        markdown = MarkdownStream(self.layout.markdown)
    }

    mutating func add(_ piece: Transcript.Piece) -> String {
        let start = follow()
        switch piece {
        case .words(let words):
            let lines = endThought() + markdown.append(words)
            guard !lines.isEmpty || !start.isEmpty || isWorthDrawing else { return start }
            return start + draw(lines)
        case .thought(let words):
            let lines = thought == nil ? markdown.finish() : []
            var thoughtLines = LiveAnswer.lines((thought ?? "") + words.sanitised(.block))
            thought = thoughtLines.popLast() ?? ""
            return start + draw(lines + thoughtLines.flatMap(faint))
        case .step(let line):
            return start + end() + layout.markdown.ansi.tool(line.sanitised(.line).truncated(to: layout.width)) + "\n"
        case .end: return start + end()
        }
    }

    mutating func note(_ line: String) -> String { follow() + draw(faint(line.sanitised(.line))) }

    mutating func redraw() -> String { rows.leave(isInRow: false) + draw([]) }

    mutating func end() -> String {
        let start = follow()
        return start + rows.replace(by: endThought() + markdown.finish(), draft: [], height: layout.height)
    }

    /// Takes notice of the terminal's size.
    private mutating func follow() -> String {
        let now = current()
        guard now != layout else { return "" }
        layout = now
        markdown.use(now.markdown)
        return rows.fit(width: now.width, height: now.height) ? "" : rows.leave(isInRow: true)
    }

    private mutating func draw(_ lines: [String]) -> String {
        drawnBytes = markdown.unfinishedBytes
        return rows.replace(by: lines, draft: thought.map(faint) ?? markdown.draft, height: layout.height)
    }

    /// Whether the block has grown enough. To lay out a long block takes as long as it is, so that the whole would take the square.
    private var isWorthDrawing: Bool {
        let bytes = markdown.unfinishedBytes
        return bytes < drawnBytes || bytes - drawnBytes >= bytes / LiveAnswer.growth
    }

    private mutating func endThought() -> [String] {
        thought.take().map { $0.isEmpty ? [] : faint($0) } ?? []
    }

    private func faint(_ line: String) -> [String] {
        line.isEmpty ? [""] : line.wrapped(to: layout.width).map(layout.markdown.ansi.faint)
    }

    private static func lines(_ text: String) -> [String] {
        text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
}
