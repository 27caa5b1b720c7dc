import ConvoModel
import ConvoSQLite

/// The id that the server gave to a conversation that was started here.
extension Store {
    /// Gives it the id; one that has an id keeps it.
    ///
    /// A pull may have met it first and not known it for ours (a server that leaves `metadata` out): then there are two rows
    /// of it. They become one, under our local id, with all that is held of either.
    func name(_ database: Database, _ conversation: ConversationRow, _ remoteID: RemoteID) throws {
        guard conversation.remoteID == nil else { return }
        if let twin = try ConversationRow.fetch(database, remoteID: remoteID) {
            if conversation.isHidden {
                try hide(database, twin.key)
            } else if !twin.isHidden {
                try takeOver(database, twin, into: conversation)
            }
            try database.execute(
                sql: "UPDATE operation SET conversation = ? WHERE conversation = ?",
                arguments: [conversation.key, twin.key])
            try database.execute(
                sql: "UPDATE conversation SET parent = ? WHERE parent = ?", arguments: [conversation.key, twin.key])
            try database.execute(sql: "DELETE FROM conversation WHERE key = ?", arguments: [twin.key])
        }
        try database.execute(
            sql: "UPDATE conversation SET remote_id = ? WHERE key = ?",
            arguments: [remoteID.rawValue, conversation.key])
    }

    /// The server's object and the entries: the next history may never come.
    private func takeOver(_ database: Database, _ twin: ConversationRow, into ours: ConversationRow) throws {
        // Of an answer that broke off we may hold a part under the same id.
        let parts = try Row.fetchAll(
            database,
            sql: """
                SELECT key, raw FROM entry WHERE conversation = ?
                    AND id IN (SELECT id FROM entry WHERE conversation = ?)
                """,
            arguments: [ours.key, twin.key])
        for part in parts {
            try unindex(database, entry: part["key"], raw: (part["raw"] as PackedJSON).unpacked())
            try database.execute(sql: "DELETE FROM entry WHERE key = ?", arguments: [part["key"] as Int64])
        }
        try database.execute(
            sql: "UPDATE entry SET conversation = ? WHERE conversation = ?", arguments: [ours.key, twin.key])
        try unindex(database, conversation: ours.key, name: ours.name, description: ours.description)
        try unindex(database, conversation: twin.key, name: twin.name, description: twin.description)
        // Without `history_version`: the history is read again, for both rows together.
        try database.execute(
            sql: """
                UPDATE conversation SET (raw, name, description, model, agent_id, created_at, updated_at, activity) =
                    (SELECT raw, name, description, model, agent_id, created_at, updated_at, activity
                        FROM conversation WHERE key = ?)
                WHERE key = ?
                """,
            arguments: [twin.key, ours.key])
        try index(database, conversation: ours.key, name: twin.name, description: twin.description)
    }
}
