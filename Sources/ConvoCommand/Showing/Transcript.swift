import ConvoAPI
import ConvoModel

/// What a streamed answer says, event by event.
struct Transcript {
    /// A piece of an answer, in the order in which it is said; nothing in it is sanitised.
    enum Piece: Equatable {
        /// Words of the answer.
        case words(String)
        /// What the model thinks.
        case thought(String)
        /// What is done, in a line of its own.
        case step(String)
        /// The pieces behind belong to another output.
        case end
    }

    /// The `output_index` of the current output; `nil` before the first.
    private var output: Int?
    /// Whether any words were said, beside thinking and tools.
    private(set) var hasWords = false

    /// The pieces that an event adds; none where it says nothing.
    mutating func pieces(of event: ConversationEvent) -> [Piece] {
        var pieces: [Piece] = []
        if let index = event.outputIndex, index != output {
            pieces.append(.end)
            output = index
        }
        switch event.content {
        case .messageDelta(let delta): pieces += Transcript.piece(of: delta).map { [$0] } ?? []
        case .toolExecutionStarted(let tool): pieces.append(.step("[\(tool.name ?? "tool")]"))
        case .functionCallDelta: break  // shown whole when the stream has ended
        case .handoffDone(let agent): pieces.append(.step("[handed over to \(agent.name ?? "another agent")]"))
        case .responseError(let message, _): pieces.append(.step("[\(message)]"))
        default: break
        }
        if case .words? = pieces.last { hasWords = true }
        return pieces
    }

    private static func piece(of delta: MessageDelta) -> Piece? {
        if let thought = delta.thinking { return thought.isEmpty ? nil : .thought(thought) }
        guard let words = delta.text, !words.isEmpty else { return nil }
        return .words(words)
    }
}
