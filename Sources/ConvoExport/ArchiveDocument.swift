import ConvoJSON
package import ConvoModel
package import ConvoStore

/// A conversation as a JSON file from which an import brings everything back.
///
/// The server's object and the entries are in it byte for byte, in the shape of the API's history, each entry on a line of
/// its own; what is known here beside them stands around them. `docs/export.md` describes the members.
package enum ArchiveDocument {
    /// The value of `format`, by which an import knows its files.
    static let format = "convo.conversation"
    /// The version of the format; a reader refuses a higher one.
    static let version = 1

    /// The text of a conversation's file.
    package static func text(of archive: ArchivedConversation) -> String {
        let facts = archive.facts
        let members: [(String, JSONText)] = [
            ("format", .string(format)), ("version", .int(version)),
            ("id", .string(facts.id.rawValue)), ("remote_id", .string(facts.remoteID?.rawValue)),
            ("name", .string(facts.name)), ("description", .string(facts.description)),
            ("model", .string(facts.model)), ("agent_id", .string(facts.agentID)),
            ("created_at", .string(facts.createdAt)), ("updated_at", .string(facts.updatedAt)),
            ("deleted_remotely_at", .string(facts.deletedRemotelyAt)), ("local_only", .bool(facts.isLocalOnly)),
            ("parent", facts.parent.map(json) ?? .null),
            ("kept", .array(archive.entries.enumerated().compactMap { kept($1, at: $0) })),
            ("conversation", archive.raw ?? .null),
        ]
        var text = "{\n"
        text.reserveCapacity(archive.entries.reduce(4096) { $0 + $1.entry.raw.text.utf8.count + 2 })
        for (key, value) in members { text += "\"\(key)\":\(value.text),\n" }
        text += "\"history\":{\"object\":\"conversation.history\",\"conversation_id\":"
        text += JSONText.string(facts.remoteID?.rawValue).text + ",\"entries\":["
        for (number, entry) in archive.entries.enumerated() {
            text += number == 0 ? "\n" : ",\n"
            text += entry.entry.raw.text
        }
        return text + "\n]}\n}\n"
    }

    private static func json(_ parent: ArchivedConversation.Parent) -> JSONText {
        .object([
            "id": .string(parent.id.rawValue), "remote_id": .string(parent.remoteID?.rawValue),
            "entry_id": .string(parent.entry?.rawValue), "inferred": .bool(parent.isInferred),
        ])
    }

    /// What is known of an entry beside its own object; `nil` if nothing is.
    private static func kept(_ entry: ArchivedEntry, at position: Int) -> JSONText? {
        let raw = entry.entry.raw
        let own = raw["completed_at"]?.string
        let hasOwnID = entry.entry.id == entry.id
        let hasOwnTime = own.hasSameBytes(as: entry.completedAt)
        guard !hasOwnID || !hasOwnTime || entry.droppedAt != nil || entry.isLocalOnly else { return nil }
        return .object([
            "position": .int(position), "id": hasOwnID ? nil : .string(entry.id.rawValue),
            "completed_at": hasOwnTime ? nil : .string(entry.completedAt),
            "dropped_at": entry.droppedAt.map { .string($0) }, "local_only": entry.isLocalOnly ? .bool(true) : nil,
        ])
    }
}

/// One line of JSON for each message.
package enum MessageLines {
    /// The messages of a conversation, a line each: `conversation_id`, `conversation`, `id`, `role`, `created_at`, `model`
    /// and `text`. Messages that the server has dropped are left out, and the queries of signed links.
    ///
    /// - Parameters:
    ///   - archive: the conversation.
    ///   - id: its local id here.
    /// - Returns: the lines, each with its end.
    package static func text(of archive: ArchivedConversation, id: LocalID) -> String {
        var text = ""
        let name = archive.facts.shown.name
        for archived in archive.entries where archived.droppedAt == nil && archived.entry.type.isMessage {
            let entry = archived.entry
            let role = entry.role ?? (entry.type == .messageOutput ? "assistant" : "user")
            text +=
                JSONText.object([
                    "conversation_id": .string(id.rawValue), "conversation": .string(name),
                    "id": .string(archived.id.rawValue), "role": .string(role.shown),
                    "created_at": .string(entry.createdAt?.text), "model": .string(entry.raw["model"]?.string?.shown),
                    "text": .string(ShownEntry(archived).text),
                ]).text + "\n"
        }
        return text
    }
}
