/// A word in an input that makes the echo model do more than echo: `sandbox:NAME`, some with `=NUMBER`.
///
/// ``summary`` says what each one does.
public enum Trigger: String, CaseIterable, Sendable {
    case tool, numbers, search, connector, image
    /// The image tool runs and fails.
    case imageFails = "image-fails"
    /// The model says something, runs a tool, and says more.
    case announce
    case file, call, calls, confirm, handoff, think, chunks, error, slow, long, silent

    static let prefix = "sandbox:"

    /// The word as a person writes it, with a placeholder for its number.
    public var usage: String {
        let number =
            switch self {
            case .image, .calls: "=N"
            case .error: "=STATUS"
            case .slow: "=MS"
            case .long: "=WORDS"
            default: ""
            }
        return Trigger.prefix + rawValue + number
    }

    /// The model's action, as a phrase without its subject, with the number's default in parentheses; for `--help`.
    public var summary: String {
        switch self {
        case .tool: "runs code_interpreter, then answers"
        case .numbers: "runs a tool whose result has numbers that no double holds, then answers"
        case .search: "runs web_search, then answers with references"
        case .connector: "runs a tool of a connector that is not built in, then answers with a reference"
        case .image: "generates N images (1), then answers with their files"
        case .imageFails: "fails to generate an image, and says so in an answer"
        case .announce: "says that it looks, runs code_interpreter, then answers"
        case .file: "runs code_interpreter, which makes a CSV file, then answers with it"
        case .call: "calls a function (the conversation's first, or get_weather) and ends the turn"
        case .calls: "calls a function N times (2) and ends the turn"
        case .confirm: "calls a function that waits for a confirmation"
        case .handoff: "hands over to another agent, which answers"
        case .think: "thinks aloud, then answers"
        case .chunks: "answers in chunks of several kinds"
        case .error: "fails with that status (500); a stream reports it after its first event"
        case .slow: "thinks for so long (1000)"
        case .long: "answers with so many words (1000)"
        case .silent: "answers with an empty text"
        }
    }

    /// The triggers in a text, in its order, each with its number; `nil` where it has none.
    static func found(in text: String) -> [(trigger: Trigger, number: Int?)] {
        guard text.contains(prefix) else { return [] }
        return text.split(whereSeparator: \.isWhitespace).compactMap { word in
            guard word.hasPrefix(prefix) else { return nil }
            let parts = word.dropFirst(prefix.count).split(separator: "=", maxSplits: 1)
            guard let name = parts.first, let trigger = Trigger(rawValue: String(name)) else { return nil }
            return (trigger, parts.count == 2 ? Int(parts[1]) : nil)
        }
    }
}
