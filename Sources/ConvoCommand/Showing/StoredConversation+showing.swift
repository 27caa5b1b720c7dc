import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension StoredConversation {
    /// The title with the tags behind it, each in brackets.
    var titleWithTags: String { ([title] + tags.map { "[\($0)]" }).joined(separator: " ") }

    /// The model or the agent that answers; empty where neither is known.
    var answerer: String { model ?? agentID ?? "" }

    /// The marks that set the conversation apart, each in a few words: pending writes, a deletion on the server, its parent …
    var notes: [String] {
        var notes: [String] = []
        if pendingCount > 0 { notes.append("\(pendingCount) pending") }
        if deletedRemotelyAt != nil { notes.append("deleted on the server") }
        if isFromAccountBefore { notes.append("of the account before") }
        switch importState {
        case .whole: notes.append("imported")
        case .partial: notes.append("import not finished: run it again")
        case nil: if isLocalOnly { notes.append("kept here only") }
        }
        if let parent { notes.append("branch of \(parent.conversation)") }
        return notes
    }

    /// The stored facts and notes, one a line.
    func lines(_ style: OutputStyle) -> [String] {
        var facts: [(String, String?)] = [
            ("id", id.rawValue), ("remote id", remoteID?.rawValue ?? "none yet"),
            ("local name", localName), ("name", name),
            ("description", description), ("model", model), ("agent", agentID),
            ("created", style.times.dateAndTime(createdAt)), ("updated", style.times.dateAndTime(updatedAt)),
            ("entries", String(entryCount)), ("tags", tags.isEmpty ? nil : tags.joined(separator: ", ")),
        ]
        facts += notes.map { ("", $0) }
        return facts.compactMap { label, value in
            value.map { "\(style.ansi.faint(label.padded(to: 12)))\($0.sanitised(.line))" }
        }
    }

    /// A table of conversations without rows.
    static let table = Table([
        .fitting("ID"), .flexible("NAME"), .flexible("MODEL", rank: 4), .fitting("ENTRIES", rank: 3),
        .fitting("UPDATED", rank: 1), .flexible("NOTES", rank: 2),
    ])

    /// The cells of the conversation's row in a table.
    func cells(_ style: OutputStyle) -> [String] {
        [
            id.rawValue, titleWithTags, answerer, String(entryCount), style.times.ago(updatedAt),
            notes.joined(separator: ", "),
        ]
    }
}

extension StoredConversation {
    /// The object that `--json` prints; scripts rely on its form.
    var json: JSONText { .object(members) }

    /// The object with the server's own as `raw`, `null` where there is none.
    var jsonWithRaw: JSONText { .object(members + [("raw", raw ?? .null)]) }

    private var members: [(String, JSONText?)] {
        [
            ("id", .string(id.rawValue)),
            ("remote_id", .string(remoteID?.rawValue)),
            ("name", .string(name)),
            ("local_name", .string(localName)),
            ("tags", .array(tags.map { .string($0) })),
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
