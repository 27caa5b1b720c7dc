import ConvoModel
import ConvoStore

extension StoredConversation {
    /// The object that scripts rely on.
    var json: JSONText { .object(members) }

    /// The same with the server's object.
    var jsonWithRaw: JSONText { .object(members + [("raw", raw ?? .null)]) }

    private var members: [(String, JSONText?)] {
        [
            ("id", .string(id.rawValue)),
            ("remote_id", .string(remoteID?.rawValue)),
            ("name", .string(name)),
            ("model", .string(model)),
            ("agent_id", .string(agentID)),
            ("created_at", .string(createdAt)),
            ("updated_at", .string(updatedAt)),
            ("entry_count", .int(entryCount)),
            ("pending_count", .int(pendingCount)),
            ("deleted_remotely", .bool(deletedRemotelyAt != nil)),
            ("other_account", .bool(isFromAccountBefore)),
            ("local_only", .bool(isLocalOnly)),
            ("parent", parent?.json ?? .null),
        ]
    }
}

extension StoredConversation.Parent {
    var json: JSONText {
        .object([
            "conversation_id": .string(conversation.rawValue),
            "entry_id": .string(entry?.rawValue),
            "inferred": .bool(isInferred),
        ])
    }
}
