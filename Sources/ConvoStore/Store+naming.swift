import ConvoModel
import ConvoSQLite

/// Assigns the server's id to a conversation that was started here.
extension Store {
    /// Sets a conversation's id on the server; a conversation that has one keeps it.
    ///
    /// A pull may have stored the conversation before, and not recognised it as ours, because a server left out
    /// `metadata`. The two rows become one then, under our local id, with everything that is stored of either.
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
            try holdBehindStopped(database, conversation.key)
        }
        try database.execute(
            sql: "UPDATE conversation SET remote_id = ? WHERE key = ?",
            arguments: [remoteID.rawValue, conversation.key])
    }

    /// Holds the writes of a merged conversation that are queued behind one that was refused or held in one of its halves.
    private func holdBehindStopped(_ database: Database, _ key: Int64) throws {
        let first = try String.fetchOne(
            database,
            sql: """
                SELECT id FROM operation WHERE conversation = ? AND state IN ('refused', 'held') ORDER BY sequence LIMIT 1
                """,
            arguments: [key])
        if let first { try holdDependents(database, of: OperationID(first)) }
    }

    /// Moves the server's object and the entries from one row to the other: the next history may never come.
    private func takeOver(_ database: Database, _ twin: ConversationRow, into ours: ConversationRow) throws {
        // A part of an answer whose stream broke may be stored under the same id.
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
        // `history_version` is not copied, so that the history is read again for both rows together.
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
