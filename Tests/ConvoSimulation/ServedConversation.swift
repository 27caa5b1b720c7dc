package import ConvoJSON
package import ConvoModel

/// One conversation as the server stores it.
package struct ServedConversation: Hashable, Sendable {
    package let id: RemoteID
    package let createdAt: VirtualInstant
    package internal(set) var updatedAt: VirtualInstant {
        didSet { raw = ServedConversation.raw(id, fields, createdAt, updatedAt) }
    }
    package internal(set) var entries: [ServedEntry]
    /// Entries that the model remembers although the history does not list them: a restart's copies.
    let unlisted: [ServedEntry]
    /// The members that the request that made the conversation gave it: model or agent, name, metadata and so on.
    var fields: JSONText {
        didSet { raw = ServedConversation.raw(id, fields, createdAt, updatedAt) }
    }
    /// Whether a restart made it.
    let isBranch: Bool
    /// The number of the conversation in the order of creation; orders those with equal creation times.
    let sequence: Int
    /// The server refuses another writer until this moment.
    var lockedUntil: VirtualInstant

    /// The object that `list` and `get` return.
    package private(set) var raw: JSONText

    init(
        id: RemoteID, createdAt: VirtualInstant, entries: [ServedEntry], unlisted: [ServedEntry], fields: JSONText,
        isBranch: Bool, sequence: Int, lockedUntil: VirtualInstant
    ) {
        self.id = id
        self.createdAt = createdAt
        updatedAt = createdAt + .microseconds(1)
        self.entries = entries
        self.unlisted = unlisted
        self.fields = fields
        self.isBranch = isBranch
        self.sequence = sequence
        self.lockedUntil = lockedUntil
        raw = ServedConversation.raw(id, fields, createdAt, createdAt + .microseconds(1))
    }

    private static func raw(
        _ id: RemoteID, _ fields: JSONText, _ createdAt: VirtualInstant, _ updatedAt: VirtualInstant
    ) -> JSONText {
        var members = fields.members.map { ($0.key, Optional($0.value)) }
        members.append(("object", .string("conversation")))
        members.append(("id", .string(id.rawValue)))
        members.append(("created_at", .string(createdAt.timestamp.text)))
        members.append(("updated_at", .string(updatedAt.timestamp.text)))
        return .object(members)
    }

    package var metadata: JSONText? { fields["metadata"] }

    /// The tool calls without a result, oldest first.
    var openCalls: [String] {
        var open: [String] = []
        for entry in unlisted + entries {
            guard let call = entry.toolCallID else { continue }
            if entry.type == .functionCall, !open.contains(call) { open.append(call) }
            if entry.type == .functionResult { open.removeAll { $0 == call } }
        }
        return open
    }

    /// The calls among ``openCalls`` that wait for an `allow` or `deny`.
    var callsToConfirm: [String] {
        let open = openCalls
        return entries.compactMap { entry in
            guard entry.inHistory["confirmation_status"]?.string == "pending", let call = entry.toolCallID else {
                return nil
            }
            return open.contains(call) ? call : nil
        }
    }

    /// Whether `left` comes before `right` in the list, which has the newest first.
    static func precedes(_ left: ServedConversation, _ right: ServedConversation) -> Bool {
        (left.createdAt, left.sequence) > (right.createdAt, right.sequence)
    }
}
