import ConvoAPI
import ConvoModel
import ConvoTerminal

/// Writes an answer to the terminal while it comes.
actor Typist {
    private let style: Style
    private let device = TerminalDevice.standardOutput
    private var transcript = Transcript()

    init(style: Style) { self.style = style }

    /// A terminal that is gone takes nothing away from the answer: it is stored all the same.
    func show(_ event: ConversationEvent) {
        try? device.write(transcript.text(of: event, style.ink))
    }

    /// Ends the last line, and says whether anything was shown: nothing is where another process delivers the write.
    func end() -> Bool {
        try? device.write(transcript.end())
        return transcript.hasWords
    }
}
