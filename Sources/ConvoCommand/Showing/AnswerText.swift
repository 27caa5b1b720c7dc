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

/// An answer on a terminal, whose Markdown is laid out while it comes: the block that is being written is laid out anew with
/// each piece.
struct LiveAnswer: AnswerText {
    /// The rows of a terminal that does not tell: fewer than terminals have.
    static let leastHeight = 10

    private let ansi: ANSIStyle
    private let width: Int
    private let height: @Sendable () -> Int
    private var rows = DraftRows()
    private var markdown: MarkdownStream
    /// What the model thinks, of which the last line may grow; `nil` where it does not.
    private var thought: String?

    /// - Parameters:
    ///   - style: the layout.
    ///   - width: the terminal's columns.
    ///   - height: the terminal's rows at the moment.
    init(_ style: MarkdownStyle, width: Int, height: @escaping @Sendable () -> Int) {
        (ansi, self.width, self.height) = (style.ansi, width, height)
        markdown = MarkdownStream(style)
    }

    mutating func add(_ piece: Transcript.Piece) -> String {
        switch piece {
        case .words(let words):
            let lines = endThought() + markdown.append(words)
            return rows.replace(by: lines, draft: markdown.draft, height: height())
        case .thought(let words):
            let lines = thought == nil ? markdown.finish() : []
            var thoughtLines = LiveAnswer.lines((thought ?? "") + words.sanitised(.block))
            thought = thoughtLines.popLast() ?? ""
            return rows.replace(
                by: lines + thoughtLines.flatMap(faint), draft: faint(thought ?? ""), height: height())
        case .step(let line): return end() + ansi.tool(line.sanitised(.line).truncated(to: width)) + "\n"
        case .end: return end()
        }
    }

    mutating func note(_ line: String) -> String {
        let draft = thought.map(faint) ?? markdown.draft
        return rows.replace(by: faint(line.sanitised(.line)), draft: draft, height: height())
    }

    mutating func end() -> String {
        rows.replace(by: endThought() + markdown.finish(), draft: [], height: height())
    }

    private mutating func endThought() -> [String] {
        thought.take().map { $0.isEmpty ? [] : faint($0) } ?? []
    }

    private func faint(_ line: String) -> [String] {
        line.isEmpty ? [""] : line.wrapped(to: width).map(ansi.faint)
    }

    private static func lines(_ text: String) -> [String] {
        text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
}
