import ConvoModel
import ConvoStore

extension OutboxItem {
    /// The object that scripts rely on.
    var json: JSONText { .object(members) }

    /// The same with the body that is sent.
    var jsonWithRequest: JSONText { .object(members + [("request", request)]) }

    private var members: [(String, JSONText?)] {
        [
            ("id", .string(id.rawValue)),
            ("operation", .string(kind.rawValue)),
            ("conversation_id", .string(conversation.rawValue)),
            ("remote_id", .string(remoteID?.rawValue)),
            ("state", .string(state.rawValue)),
            ("attempts", .int(attempts)),
            ("next_attempt_at", .string(nextAttempt?.text)),
            ("reason", reason?.json ?? .null),
            ("created_at", .string(createdAt)),
        ]
    }
}

extension OutboxItem.Reason {
    fileprivate var json: JSONText {
        .object(["code": .string(code), "message": .string(message), "hint": .string(hint)])
    }
}
