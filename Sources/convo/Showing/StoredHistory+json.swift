import ConvoModel
import ConvoStore

extension StoredHistory {
    /// The API's history, each entry as the server wrote it, and what is pending behind.
    var json: JSONText { json(object: "conversation.history", list: "entries", entries) }

    /// The API's messages.
    var messagesJSON: JSONText {
        json(object: "conversation.messages", list: "messages", entries.filter(\.entry.type.isMessage))
    }

    private func json(object: String, list: String, _ entries: [StoredEntry]) -> JSONText {
        .object([
            ("object", .string(object)),
            ("id", .string(conversation.id.rawValue)),
            ("conversation_id", .string(conversation.remoteID?.rawValue)),
            (list, .array(entries.map(\.entry.raw))),
            ("pending", .array(pending.map(\.pendingJSON))),
        ])
    }
}

extension OutboxItem {
    fileprivate var pendingJSON: JSONText {
        .object([
            "operation_id": .string(id.rawValue), "state": .string(state.rawValue), "inputs": inputs,
        ])
    }
}
