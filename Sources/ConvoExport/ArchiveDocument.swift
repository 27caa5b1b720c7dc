import ConvoJSON
import ConvoModel
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
        document(archive.facts, archive.raw).text(of: archive.entries)
    }

    static func document(_ facts: ArchivedConversation.Facts, _ raw: JSONText?) -> ExportDocument {
        let members: [(String, JSONText)] =
            [
                ("format", .string(format)), ("version", .int(version)),
                ("id", .string(facts.id.rawValue)), ("remote_id", .string(facts.remoteID?.rawValue)),
                ("name", .string(facts.name)), ("description", .string(facts.description)),
                ("model", .string(facts.model)), ("agent_id", .string(facts.agentID)),
                ("created_at", .string(facts.createdAt)), ("updated_at", .string(facts.updatedAt)),
                ("deleted_remotely_at", .string(facts.deletedRemotelyAt)), ("local_only", .bool(facts.isLocalOnly)),
                ("parent", facts.parent.map(json) ?? .null),
            ] + labels(of: facts)
        return ExportDocument([
            .text("{\n" + members.map { "\"\($0)\":\($1.text),\n" }.joined() + "\"kept\":["),
            .entries(separator: ",") { kept($0, at: $1.position)?.text },
            .text(
                "],\n\"conversation\":\((raw ?? .null).text),\n"
                    + "\"history\":{\"object\":\"conversation.history\",\"conversation_id\":"
                    + JSONText.string(facts.remoteID?.rawValue).text + ",\"entries\":["),
            .entries(separator: ",") { entry, _ in "\n" + entry.entry.raw.text },
            .text("\n]}\n}\n"),
        ])
    }

    /// The person's own name and tags, where there are any.
    private static func labels(of facts: ArchivedConversation.Facts) -> [(String, JSONText)] {
        let name: [(String, JSONText)] = facts.localName.map { [("local_name", .string($0))] } ?? []
        return name + (facts.tags.isEmpty ? [] : [("tags", .array(facts.tags.map { .string($0) }))])
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
    /// and `text`, and `local_name` and `tags` where there are any. Messages that the server has dropped are left out, and the queries of signed links.
    ///
    /// - Parameters:
    ///   - facts: the conversation's facts.
    ///   - id: its local id here.
    /// - Returns: the lines, each with its end.
    static func document(_ facts: ArchivedConversation.Facts, id: LocalID) -> ExportDocument {
        let facts = facts.shown
        let tags = facts.tags.isEmpty ? nil : JSONText.array(facts.tags.map { .string($0) })
        return ExportDocument([
            .entries(separator: "") { archived, _ in
                guard archived.droppedAt == nil, archived.entry.type.isMessage else { return nil }
                let entry = archived.entry
                let role = entry.role ?? (entry.type == .messageOutput ? "assistant" : "user")
                return JSONText.object([
                    "conversation_id": .string(id.rawValue), "conversation": .string(facts.name),
                    "id": .string(archived.id.rawValue), "role": .string(role.shown),
                    "created_at": .string(entry.createdAt?.text), "model": .string(entry.raw["model"]?.string?.shown),
                    "text": .string(ShownEntry(archived).text),
                    "local_name": facts.localName.map { .string($0) }, "tags": tags,
                ]).text + "\n"
            }
        ])
    }
}
