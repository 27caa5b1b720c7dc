import ConvoModel

/// An output that has its id and its times.
struct FinishedOutput: Hashable, Sendable {
    let id: String
    let output: ScriptedOutput
    let author: MessageAuthor
    let createdAt: Timestamp
    var completedAt: Timestamp

    /// As the response holds it; a history is reported to say `null` for `completed_at`.
    func entry(completed: Bool) -> JSONText {
        let head: [(String, JSONText?)] = [
            ("object", .string("entry")), ("type", .string(type)), ("created_at", .string(createdAt.text)),
            ("completed_at", completed ? .string(completedAt.text) : .null),
        ]
        return .object(head + members)
    }

    var type: String {
        switch output {
        case .message: "message.output"
        case .toolExecution: "tool.execution"
        case .functionCall: "function.call"
        case .handoff: "agent.handoff"
        }
    }

    private var members: [(String, JSONText?)] {
        let name: [(String, JSONText?)] = [("id", .string(id))]
        switch output {
        case .message(let pieces):
            return author.members + name + [("role", .string("assistant")), ("content", content(of: pieces))]
        case .toolExecution(let tool, let function, let arguments, let info):
            return author.members + name + [
                ("name", .string(tool)), ("arguments", .string(arguments)), ("function", .string(function)),
                ("info", info),
            ]
        case .functionCall(let function, let arguments, let callID, let isPending):
            return author.members + name + [
                ("tool_call_id", .string(callID)), ("name", .string(function)), ("arguments", .string(arguments)),
                ("confirmation_status", isPending ? .string("pending") : nil),
            ]
        case .handoff(let from, let to):
            return name + [
                ("previous_agent_id", .string(from.id)), ("previous_agent_name", .string(from.name)),
                ("next_agent_id", .string(to.id)), ("next_agent_name", .string(to.name)),
            ]
        }
    }

    /// Words alone are a string; with anything else among them they are an array of chunks.
    private func content(of pieces: [ScriptedOutput.Piece]) -> JSONText {
        let words = pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }
        guard words.count < pieces.count else { return .string(words.joined()) }
        return .array(pieces.map(\.chunk))
    }
}

extension ScriptedOutput.Piece {
    var chunk: JSONText {
        switch self {
        case .text(let text): .object(["type": .string("text"), "text": .string(text)])
        case .thinking(let text): ScriptedOutput.Piece.thought(text)
        case .chunk(let chunk): chunk
        }
    }

    static func thought(_ text: String) -> JSONText {
        .object([
            "type": .string("thinking"),
            "thinking": .array([.object(["type": .string("text"), "text": .string(text)])]), "closed": .bool(true),
        ])
    }
}
