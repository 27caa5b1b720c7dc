import ConvoAPI
import ConvoModel
import ConvoTerminal

/// Writes an answer to the terminal while it comes.
actor StreamPrinter {
    private let style: OutputStyle
    private let device = TerminalDevice.standardOutput
    private var transcript = Transcript()
    private var hasFailed = false

    init(style: OutputStyle) { self.style = style }

    /// A terminal that is gone takes nothing away from the answer: it is stored all the same.
    func show(_ event: ConversationEvent) { type(transcript.text(of: event, style.ansi)) }

    /// Something else is written to the terminal next.
    func breakLine() { type(transcript.end()) }

    /// Ends the last line, and says whether the answer was shown: it was not where another process delivers the write,
    /// or where nothing could be written.
    func end() -> Bool {
        type(transcript.end())
        return transcript.hasWords && !hasFailed
    }

    private func type(_ text: String) {
        do { try device.write(text) } catch { hasFailed = true }
    }
}
