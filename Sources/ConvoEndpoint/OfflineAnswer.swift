import ConvoJSON
import ConvoModel
import ConvoServer

/// The answers that the endpoint makes itself, in the shapes of the API's.
enum OfflineAnswer {
    /// The usage of an answer whose own is not known: the SDKs ask for the member.
    static let noUsage = JSONText.object([
        "prompt_tokens": .int(0), "completion_tokens": .int(0), "total_tokens": .int(0),
    ])

    /// A `conversation.response` object.
    ///
    /// - Parameters:
    ///   - conversation: the conversation's id, on the server or here.
    ///   - outputs: the model's entries; none for a write that is only queued.
    ///   - usage: the answer's usage; `nil` where it is not known.
    /// - Returns: the object.
    static func response(_ conversation: String, outputs: [JSONText] = [], usage: JSONText? = nil) -> JSONText {
        .object([
            "object": .string("conversation.response"), "conversation_id": .string(conversation),
            "outputs": .array(outputs), "usage": usage ?? noUsage,
        ])
    }

    /// The events of a stream that tells a whole `conversation.response` at once.
    ///
    /// - Parameters:
    ///   - response: the object.
    ///   - moment: what the events tell as the time at which they were made.
    /// - Returns: the events, in order.
    static func events(of response: JSONText, at moment: String) -> [ServerEvent] {
        let outputs = (response["outputs"]?.elements ?? []).enumerated().flatMap { index, output in
            events(of: output, at: index)
        }
        let all: [(type: String, members: [(String, JSONText?)])] =
            [("conversation.response.started", [("conversation_id", response["conversation_id"])])]
            + outputs + [("conversation.response.done", [("usage", response["usage"] ?? noUsage)])]
        return all.map { type, members in
            ServerEvent(
                type, data: .object([("type", .string(type)), ("created_at", .string(moment))] + members))
        }
    }

    private static func events(
        of output: JSONText, at index: Int
    ) -> [(type: String, members: [(String, JSONText?)])] {
        let place: [(String, JSONText?)] = [("output_index", .int(index)), ("id", output["id"])]
        func parts(_ names: String...) -> [(String, JSONText?)] { names.map { ($0, output[$0]) } }
        switch output["type"]?.string {
        case "message.output":
            let chunks =
                output["content"]?.kind == .array
                ? output["content"]?.elements ?? [] : [output["content"] ?? .string("")]
            return chunks.enumerated().map { number, chunk in
                (
                    "message.output.delta",
                    place + [("content_index", .int(number))] + parts("model", "agent_id", "role")
                        + [("content", chunk)]
                )
            }
        case "tool.execution":
            return [
                ("tool.execution.started", place + parts("model", "agent_id", "name", "arguments", "function")),
                ("tool.execution.done", place + parts("name", "function", "info")),
            ]
        case "function.call":
            return [
                (
                    "function.call.delta",
                    place + parts("model", "agent_id", "name", "tool_call_id", "arguments", "confirmation_status")
                )
            ]
        case "agent.handoff":
            return [
                ("agent.handoff.started", place + parts("previous_agent_id", "previous_agent_name")),
                ("agent.handoff.done", place + parts("next_agent_id", "next_agent_name")),
            ]
        default: return []
        }
    }
}
