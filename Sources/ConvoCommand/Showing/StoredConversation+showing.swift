import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension StoredConversation {
    /// The title with the tags behind it, each in brackets.
    var titleWithTags: String { tags.reduce(into: title) { $0 += " [\($1)]" } }

    /// The model or the agent that answers; empty where neither is known.
    var answerer: String { model ?? agentID ?? "" }

    /// The marks that set the conversation apart, each in a few words: pending writes, a deletion on the server, its parent …
    ///
    /// - Parameter references: what conversations are called.
    /// - Returns: the marks, the most important first.
    func notes(_ references: References) -> [String] {
        var notes: [String] = []
        if pendingCount > 0 { notes.append("\(pendingCount) pending") }
        if deletedRemotelyAt != nil { notes.append("deleted on the server") }
        if isFromAccountBefore { notes.append("of the account before") }
        switch importState {
        case .whole: notes.append("imported")
        case .partial: notes.append("import not finished: run it again")
        case nil: if isLocalOnly { notes.append("kept here only") }
        }
        if let parent { notes.append("branch of \(references[parent.conversation])") }
        return notes
    }

    /// The stored facts and notes, one a line.
    func lines(_ style: OutputStyle, _ names: Names) -> [String] {
        var facts: [(String, String?)] = [
            ("reference", names.reference(id)), ("id", id.rawValue), ("remote id", remoteID?.rawValue ?? "none yet"),
            ("local name", localName), ("name", name),
            ("description", description), ("model", model), ("agent", agentID),
            ("created", style.times.dateAndTime(createdAt)), ("updated", style.times.dateAndTime(updatedAt)),
            ("entries", String(entryCount)), ("tags", tags.isEmpty ? nil : tags.joined(separator: ", ")),
        ]
        facts += notes(names.references).map { ("", $0) }
        let known = facts.compactMap { label, value in value.map { (label: label, words: $0) } }
        return FactList.lines(known, width: style.width, ansi: style.ansi)
    }

    /// A table of conversations without rows: of their times it has the one that decides the order, or when they changed.
    static func table(sortedBy order: ConversationFilter.Order) -> Table {
        Table([
            .fitting("REF"), .flexible("TITLE", weight: 2),
            .fitting(order == .created ? "CREATED" : "UPDATED", rank: 1),
            .flexible("MODEL", rank: 2), .fitting("ENTRIES", rank: 3), .flexible("NOTES", rank: 4),
        ])
    }

    /// The cells of the conversation's row in a table.
    func cells(_ style: OutputStyle, _ references: References, sortedBy order: ConversationFilter.Order) -> [String] {
        [
            references[id], titleWithTags, style.times.ago(order == .created ? createdAt : updatedAt), answerer,
            String(entryCount), notes(references).joined(separator: ", "),
        ]
    }
}

extension StoredConversation {
    /// The object that `--json` prints; scripts rely on its form.
    var json: JSONText { .object(members) }

    /// The object with the server's own as `raw`, `null` where there is none.
    var jsonWithRaw: JSONText { .object(members + [("raw", raw ?? .null)]) }

    /// The names of the object's members, in their order.
    static let members = [
        "id", "remote_id", "name", "local_name", "tags", "title", "model", "agent_id", "created_at", "updated_at",
        "entry_count",
        "pending_count", "deleted_remotely", "other_account", "local_only", "imported", "parent",
    ]

    private var members: [(String, JSONText?)] {
        [
            ("id", .string(id.rawValue)),
            ("remote_id", .string(remoteID?.rawValue)),
            ("name", .string(name)),
            ("local_name", .string(localName)),
            ("tags", .array(tags.map { .string($0) })),
            ("title", .string(title)),
            ("model", .string(model)),
            ("agent_id", .string(agentID)),
            ("created_at", .string(createdAt.text)),
            ("updated_at", .string(updatedAt.text)),
            ("entry_count", .int(entryCount)),
            ("pending_count", .int(pendingCount)),
            ("deleted_remotely", .bool(deletedRemotelyAt != nil)),
            ("other_account", .bool(isFromAccountBefore)),
            ("local_only", .bool(isLocalOnly)),
            ("imported", .bool(importState != nil)),
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
