import ConvoAPI
import ConvoModel
import ConvoTerminal

/// The text of a streamed answer, event by event.
struct Transcript {
    /// The `output_index` of the current output; `nil` before the first.
    private var output: Int?
    private var isThinking = false
    /// Whether the last text did not end its line.
    private var isInLine = false
    /// Whether any text of a message was returned, beside thinking and tools.
    private(set) var hasWords = false

    /// The text to write for an event, sanitised, with its line breaks; empty where the event adds nothing.
    mutating func text(of event: ConversationEvent, _ ansi: ANSIStyle) -> String {
        var text = ""
        if let index = event.outputIndex, index != output {
            text += lineBreak()
            output = index
        }
        switch event.content {
        case .messageDelta(let delta): text += message(delta, ansi)
        case .toolExecutionStarted(let tool): text += line("[\(tool.name ?? "tool")]", ansi)
        case .functionCallDelta: break  // shown whole when the stream has ended
        case .handoffDone(let agent): text += line("[handed over to \(agent.name ?? "another agent")]", ansi)
        case .responseError(let message, _): text += line("[\(message)]", ansi)
        default: break
        }
        return text
    }

    /// The text that ends the last line; empty where that has ended.
    mutating func end() -> String { lineBreak() }

    private mutating func message(_ delta: MessageDelta, _ ansi: ANSIStyle) -> String {
        let thought = delta.thinking
        guard let words = thought ?? delta.text, !words.isEmpty else { return "" }
        let start = (thought != nil) != isThinking ? lineBreak() : ""
        isThinking = thought != nil
        let clean = words.sanitised(.block)
        isInLine = clean.last != "\n"
        hasWords = hasWords || !isThinking
        return start + (isThinking ? ansi.faint(clean) : clean)
    }

    private mutating func line(_ text: String, _ ansi: ANSIStyle) -> String {
        lineBreak() + ansi.tool(text.sanitised(.line)) + "\n"
    }

    private mutating func lineBreak() -> String {
        defer { isInLine = false }
        return isInLine ? "\n" : ""
    }
}
