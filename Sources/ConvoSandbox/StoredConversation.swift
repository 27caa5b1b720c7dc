import ConvoModel

/// One conversation as the sandbox keeps it: the objects that it serves, as text.
struct StoredConversation: Hashable, Sendable {
    let id: RemoteID
    let createdAt: Timestamp
    /// The server's object, served as it stands.
    var object: JSONText
    var entries: [JSONText]
    /// `nil`: everybody's.
    let owner: Owner?

    init(id: RemoteID, createdAt: Timestamp, object: JSONText, entries: [JSONText], owner: Owner? = nil) {
        self.owner = owner
        self.id = id
        self.createdAt = createdAt
        self.object = object
        self.entries = entries
    }

    /// Reads `{"conversation": {…}, "entries": […]}`, which may name its `"owner"`.
    ///
    /// - Throws: ``ModelError`` if the conversation lacks its id or times, or an entry its type.
    init(record: JSONText) throws(ModelError) {
        guard let object = record["conversation"] else { throw .missing(field: "conversation", in: "record") }
        guard let entries = record["entries"], entries.kind == .array else {
            throw .missing(field: "entries", in: "record")
        }
        let conversation = try Conversation(raw: object)
        var kept: [JSONText] = []
        for entry in entries.elements { kept.append(Entry(raw: entry).raw) }
        self.init(
            id: conversation.id, createdAt: conversation.createdAt, object: object, entries: kept,
            owner: record["owner"].flatMap { Owner(json: $0) })
    }

    var record: JSONText {
        .object(["conversation": object, "entries": .array(entries), "owner": owner?.json])
    }

    var history: JSONText {
        .object([
            "conversation_id": .string(id.rawValue), "entries": .array(entries),
            "object": .string("conversation.history"),
        ])
    }

    var messages: JSONText {
        let messages = entries.filter { EntryType($0["type"]?.string ?? "").isMessage }
        return .object([
            "conversation_id": .string(id.rawValue), "messages": .array(messages),
            "object": .string("conversation.messages"),
        ])
    }

    /// Takes in what a finished run gives it.
    mutating func apply(_ commit: Commit) {
        object = commit.object
        for replacement in commit.replacements where entries.indices.contains(replacement.index) {
            entries[replacement.index] = replacement.entry
        }
        entries += commit.added
    }
}
