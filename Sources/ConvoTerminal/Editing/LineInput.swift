/// What came of reading a line.
package enum LineInput: Hashable, Sendable {
    /// A line, or several that belong together, without the end of the last.
    case line(String)
    /// The person pressed Ctrl-C; what was typed of the line is gone.
    case interrupted
    /// ``LineReader/recall()`` was called while the line was empty.
    case recalled
    /// There are no more lines: Ctrl-D on an empty line, or the end of a file.
    case ended
    /// A line that cannot be taken, and the reason in a sentence.
    case unreadable(String)
}

/// What stands before a line that a person types.
package struct LinePrompt: Hashable, Sendable {
    /// The prompt's text, sanitised, on one line.
    package let text: String
    /// The text that stands in the line from the start, for the person to change.
    package let draft: String

    /// Makes a prompt.
    package init(_ text: String, draft: String = "") {
        self.text = text
        self.draft = draft
    }
}

/// Where lines come from.
protocol LineSource: AnyObject {
    /// Reads a line, and fulfils the requests that come meanwhile; blocks.
    func read(_ prompt: LinePrompt, _ requests: LineRequests) -> LineInput
    /// Waits until the next line is wanted, and tells meanwhile when the person presses Ctrl-C, if the terminal does not; blocks.
    func watch(_ requests: LineRequests, onInterrupt: () -> Void)
    /// Lets the person get a line back with the arrow keys.
    func remember(_ line: String)
    /// Prepares the terminal again, after another program has had it; from any thread.
    func prepare()
    /// Gives the terminal back.
    func close()
}
