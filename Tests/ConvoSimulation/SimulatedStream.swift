import ConvoAPI
import ConvoJSON
import ConvoModel

/// Splits a whole response into the events in which a stream would have delivered it.
enum SimulatedStream {
    static func events(of response: ConversationResponse) throws(ModelError) -> [ConversationEvent] {
        var events = [try started(response.conversationID)]
        for (index, output) in response.outputs.enumerated() {
            for event in pieces(of: output.raw, at: index) { events.append(try ConversationEvent(raw: event)) }
        }
        let done = JSONText.object([
            "type": .string("conversation.response.done"), "usage": response.raw["usage"] ?? .object([]),
        ])
        return events + [try ConversationEvent(raw: done)]
    }

    static func started(_ id: RemoteID) throws(ModelError) -> ConversationEvent {
        try ConversationEvent(
            raw: .object([
                "type": .string("conversation.response.started"), "conversation_id": .string(id.rawValue),
            ]))
    }

    /// The events that deliver one output; the text of a message comes in two parts.
    private static func pieces(of output: JSONText, at index: Int) -> [JSONText] {
        let event = output.setting("output_index", to: .int(index))
        func typed(_ type: String, _ event: JSONText) -> JSONText { event.setting("type", to: .string(type)) }
        switch output["type"]?.string {
        case "message.output":
            guard let text = event["content"]?.string else { return [typed("message.output.delta", event)] }
            let middle = text.index(text.startIndex, offsetBy: text.count / 2)
            return [text[..<middle], text[middle...]].map {
                typed("message.output.delta", event.setting("content", to: .string(String($0))))
            }
        case "tool.execution":
            return [typed("tool.execution.started", event), typed("tool.execution.done", event)]
        case "function.call": return [typed("function.call.delta", event)]
        default: return []
        }
    }
}
