import ConvoModel
import ConvoServer

extension FinishedOutput {
    /// What a stream says of this output, event by event, still without their times.
    func events(at index: Int) -> [(type: String, members: [(String, JSONText?)])] {
        let place: [(String, JSONText?)] = [("output_index", .int(index)), ("id", .string(id))]
        switch output {
        case .message(let pieces):
            return pieces.enumerated().flatMap { contentIndex, piece in
                piece.deltas.map { content in
                    (
                        "message.output.delta",
                        place + [("content_index", .int(contentIndex))] + author.members + [
                            ("role", .string("assistant")), ("content", content),
                        ]
                    )
                }
            }
        case .toolExecution(let tool, let function, let arguments, let info):
            let name: [(String, JSONText?)] = [("name", .string(tool))]
            let kind: [(String, JSONText?)] = [("function", .string(function))]
            return [("tool.execution.started", place + author.members + name + [("arguments", .string(""))] + kind)]
                + arguments.fragments.map {
                    ("tool.execution.delta", place + name + [("arguments", .string($0))] + kind)
                } + [("tool.execution.done", place + name + kind + [("info", info)])]
        case .functionCall(let function, let arguments, let callID, let isPending):
            return arguments.fragments.map {
                (
                    "function.call.delta",
                    place + author.members + [
                        ("name", .string(function)), ("tool_call_id", .string(callID)), ("arguments", .string($0)),
                        ("confirmation_status", isPending ? .string("pending") : nil),
                    ]
                )
            }
        case .handoff(let from, let to):
            return [
                (
                    "agent.handoff.started",
                    place + [
                        ("previous_agent_id", .string(from.id)), ("previous_agent_name", .string(from.name)),
                    ]
                ),
                (
                    "agent.handoff.done",
                    place + [("next_agent_id", .string(to.id)), ("next_agent_name", .string(to.name))]
                ),
            ]
        }
    }
}

extension ScriptedOutput.Piece {
    /// The piece in the parts that a stream sends.
    fileprivate var deltas: [JSONText] {
        switch self {
        case .text(let text): text.fragments.map { .string($0) }
        case .thinking(let text): text.fragments.map { ScriptedOutput.Piece.thought($0) }
        case .chunk(let chunk): [chunk]
        }
    }
}

extension String {
    /// Words with the white space after them; one empty fragment for an empty text.
    fileprivate var fragments: [String] {
        var fragments: [String] = []
        var start = startIndex
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if self[index].isWhitespace, next == endIndex || !self[next].isWhitespace {
                fragments.append(String(self[start..<next]))
                start = next
            }
            index = next
        }
        if start < endIndex || fragments.isEmpty { fragments.append(String(self[start...])) }
        return fragments
    }
}
