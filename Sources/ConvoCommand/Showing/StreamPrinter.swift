import ConvoAPI
import ConvoMarkdown
import ConvoTerminal

/// Writes an answer to standard output while the server sends it.
actor StreamPrinter {
    private let device = TerminalDevice.standardOutput
    private var transcript = Transcript()
    private var text: any AnswerText
    private var hasFailed = false

    /// - Parameter text: how the answer is laid out.
    init(_ text: any AnswerText) { self.text = text }

    /// Prints what an event adds; where the terminal is gone, the engine stores the answer all the same.
    func show(_ event: ConversationEvent) {
        type(transcript.pieces(of: event).reduce(into: "") { $0 += text.add($1) })
    }

    /// Ends the line, so that another text can follow on the terminal.
    func breakLine() { type(text.end()) }

    /// Prints a line beside the answer.
    func note(_ line: String) { type(text.note(line)) }

    /// Ends the last line.
    ///
    /// - Returns: whether the answer's text was shown: not where another process delivers the write, where the answer
    ///   has none, or where writing to the terminal failed.
    func end() -> Bool {
        type(text.end())
        return transcript.hasWords && !hasFailed
    }

    private func type(_ text: String) {
        guard !text.isEmpty else { return }
        do { try device.write(text) } catch { hasFailed = true }
    }
}

extension Console {
    /// Prints an answer while it comes: laid out on a terminal, as it comes elsewhere.
    var streamPrinter: StreamPrinter {
        let style = style
        guard let width = style.width, obeysEscapes else { return StreamPrinter(PlainAnswer(style.ansi)) }
        let markdown = MarkdownStyle(
            ansi: style.ansi, width: style.textWidth, wideWidth: width,
            hasHyperlinks: richStyle(style).hasHyperlinks)
        return StreamPrinter(
            LiveAnswer(markdown, width: width) { TerminalDevice.standardOutput.height ?? LiveAnswer.leastHeight })
    }
}
