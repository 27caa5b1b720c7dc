import ConvoModel
import ConvoSQLite

/// Assigns the server's id to a conversation that was started here.
extension Store {
    /// Sets a conversation's id on the server, as the answer to a write names it.
    ///
    /// A pull may have stored the conversation before, and not recognised it as ours, because a server left out
    /// `metadata`. The two rows become one then, under our local id, with everything that is stored of either.
    ///
    /// A pull may also have found another conversation for the same start or restart: a server may list what a run has
    /// made and refuse the run all the same, and the write is sent again. The answer decides which conversation is ours;
    /// the other one goes to a row of its own (`detach`). An append or a deletion never changes the id.
    func name(
        _ database: Database, _ conversation: ConversationRow, _ remoteID: RemoteID, after kind: OperationKind
    ) throws {
        if let earlier = conversation.remoteID {
            guard earlier != remoteID, kind.makesConversation else { return }
            try detach(database, earlier, from: conversation)
        }
        if let twin = try ConversationRow.fetch(database, remoteID: remoteID) {
            if conversation.isHidden {
                try hide(database, twin.key)
            } else if !twin.isHidden {
                try takeOver(database, twin, into: conversation)
            }
            // What was never sent has waited for another's turn to end, which is the one that has ended now: our own.
            try database.execute(
                sql: """
                    UPDATE operation SET conversation = ?, next_attempt = iif(state = 'queued' AND attempts = 0, NULL, next_attempt)
                    WHERE conversation = ?
                    """,
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

    /// Hides the conversation of a cancelled start or restart, unless a read or a stream has named it.
    ///
    /// One that is named stays: the mirror may hold it, and other writes may be meant for it. If it does not exist, a
    /// sweep marks it as deleted.
    func withdraw(_ database: Database, _ conversation: ConversationRow) throws {
        if conversation.remoteID == nil { try hide(database, conversation.key) }
    }

    /// Moves what the mirror holds of a conversation on the server from our start's row to a new one.
    ///
    /// Our row keeps its local id, its writes, its local name and tags, and what is stored here only. The writes that were queued when their
    /// writer saw the other conversation count as queued behind the start. If no read has shown the other conversation,
    /// nothing is left of it: a pull stores it if it exists.
    private func detach(_ database: Database, _ remoteID: RemoteID, from ours: ConversationRow) throws {
        let columns = """
            raw, name, description, model, agent_id, created_at, updated_at, activity, hidden, parent, parent_entry_id,
            parent_inferred, other_account, deleted_remotely_at, local_only
            """
        try database.execute(
            sql: """
                INSERT INTO conversation (id, \(columns)) SELECT ?, \(columns) FROM conversation
                WHERE key = ? AND (raw IS NOT NULL OR hidden = 1)
                """,
            arguments: [environment.makeName(), ours.key])
        let key = database.changesCount > 0 ? database.lastInsertedRowID : nil
        if let key, !ours.isHidden {
            try index(database, conversation: key, SearchedNames(name: ours.name, description: ours.description))
        }
        // The history is read again for both rows.
        try database.execute(
            sql: """
                UPDATE conversation SET remote_id = NULL, raw = NULL, history_version = NULL, history_due = NULL,
                    history_looks = 0, history_outdated = 0, history_outdated_readings = 0,
                    unreadable_version = NULL, own_version = NULL,
                    listed_page = NULL, deleted_remotely_at = NULL
                WHERE key = ?
                """,
            arguments: [ours.key])
        guard let key else { return }
        try database.execute(
            sql: "UPDATE conversation SET remote_id = ? WHERE key = ?", arguments: [remoteID.rawValue, key])
        try database.execute(
            sql: "UPDATE entry SET conversation = ? WHERE conversation = ? AND local_only = 0",
            arguments: [key, ours.key])
        try database.execute(
            sql: """
                UPDATE conversation SET parent = ?1
                WHERE parent = ?2 AND parent_entry_id IN (SELECT id FROM entry WHERE conversation = ?1)
                    AND parent_entry_id NOT IN (SELECT id FROM entry
                        WHERE conversation IS (SELECT parent FROM conversation WHERE key = ?2))
                """,
            arguments: [key, ours.key])
        // A start's writer had seen nothing; a restart's, the entry that it continues from.
        try database.execute(
            sql: """
                UPDATE operation SET seen_entry_id = (SELECT first.request ->> '$.from_entry_id' FROM operation first
                    WHERE first.conversation = ?2 AND first.kind IN ('start', 'restart') ORDER BY first.sequence LIMIT 1)
                WHERE conversation = ?2 AND state NOT IN ('delivered', 'cancelled')
                    AND seen_entry_id IN (SELECT id FROM entry WHERE conversation = ?1)
                """,
            arguments: [key, ours.key])
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
            try unindex(database, entry: part["key"], raw: part.json("raw"))
            try database.execute(sql: "DELETE FROM entry WHERE key = ?", arguments: [part["key"] as Int64])
        }
        try database.execute(
            sql: "UPDATE entry SET conversation = ? WHERE conversation = ?", arguments: [ours.key, twin.key])
        try unindex(database, conversation: ours.key, ours.names)
        try unindex(database, conversation: twin.key, twin.names)
        // `history_version` is not copied, so that the history is read again for both rows together.
        try database.execute(
            sql: """
                UPDATE conversation SET (raw, name, description, model, agent_id, created_at, updated_at, activity) =
                    (SELECT raw, name, description, model, agent_id, created_at, updated_at, activity
                        FROM conversation WHERE key = ?)
                WHERE key = ?
                """,
            arguments: [twin.key, ours.key])
        try moveLabels(database, from: twin.key, to: ours.key)
        let names = SearchedNames(
            localName: ours.names.localName ?? twin.names.localName, name: twin.name, description: twin.description)
        try index(database, conversation: ours.key, names)
    }
}
