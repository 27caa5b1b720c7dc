import ConvoModel

/// One output that the echo model is about to give.
enum ScriptedOutput: Hashable, Sendable {
    /// A piece of a message: words, thoughts, or one whole chunk.
    enum Piece: Hashable, Sendable {
        case text(String)
        case thinking(String)
        case chunk(JSONText)
    }

    case message([Piece])
    case toolExecution(name: String, function: String, arguments: String, info: JSONText)
    case functionCall(name: String, arguments: String, callID: String, isPending: Bool)
    case handoff(from: Agent, to: Agent)

    struct Agent: Hashable, Sendable {
        let id: String
        let name: String
    }

    var idPrefix: String {
        switch self {
        case .message: "msg_"
        case .toolExecution: "tool_exec_"
        case .functionCall: "fc_"
        case .handoff: "handoff_"
        }
    }

    /// What a model would have counted for it.
    var tokens: Int {
        switch self {
        case .message(let pieces):
            pieces.reduce(0) { sum, piece in
                switch piece {
                case .text(let text), .thinking(let text): sum + Usage.tokens(in: text)
                case .chunk(let chunk): sum + Usage.tokens(in: chunk.text)
                }
            }
        case .toolExecution(_, _, let arguments, _), .functionCall(_, let arguments, _, _):
            Usage.tokens(in: arguments)
        case .handoff: 1
        }
    }
}
