import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// Rules for appends that another writer has overtaken.
extension Store {
    /// The conflict policy that was set for one conversation; `nil` if it follows the configuration, or is not here.
    public func conflictPolicy(of id: LocalID) throws(StoreError) -> ConflictPolicy? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT conflict_policy FROM conversation WHERE id = ?", arguments: [id.rawValue])
        }.flatMap { ConflictPolicy(rawValue: $0) }
    }

    /// Sets what becomes of a conversation's queued appends when another writer has moved it on; durable on return.
    ///
    /// - Parameters:
    ///   - policy: the policy; `nil` to follow the configuration.
    ///   - id: the conversation.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be written;
    ///   nothing is changed then.
    public func setConflictPolicy(_ policy: ConflictPolicy?, of id: LocalID) throws(StoreError) {
        try writeDurably { database in
            let conversation = try require(database, id)
            try database.execute(
                sql: "UPDATE conversation SET conflict_policy = ? WHERE key = ?",
                arguments: [policy?.rawValue, conversation.key])
        }
    }

    /// Turns a queued append into a restart from the last entry that its writer had seen.
    ///
    /// In one durable transaction, makes a new conversation here, the branch, and moves the append and the open appends
    /// behind it there. A deletion stays with the conversation that it was meant for.
    ///
    /// - Parameter id: the append.
    /// - Returns: `false`, and nothing is changed, if the append is no longer queued, or cannot become a restart
    ///   because it confirms calls or its writer had seen no entry; also if an append behind it may be on the server: it would
    ///   be looked for in the branch.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func branchOff(_ id: OperationID) throws(StoreError) -> Bool {
        try writeDurably { database in
            guard
                let item = try OutboxItem.fetchOne(
                    database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue]),
                item.kind == .append, item.state == .queued, let seen = item.seenEntryID,
                item.request["tool_confirmations"] == nil
            else { return false }
            let mayBeThere = try database.isTrue(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM operation o JOIN conversation c ON c.key = o.conversation
                        WHERE c.id = ? AND o.sequence > ? AND o.kind = 'append'
                            AND (o.state IN ('sending', 'in_doubt') OR o.state = 'held'
                                AND (o.reason_code = ? OR o.doubted IS NOT NULL AND o.reason_code <> ?)))
                    """,
                arguments: [
                    item.conversation.rawValue, item.sequence, OutboxItem.Reason.copiedCode, Dependence.code,
                ])
            guard !mayBeThere else { return false }
            let parent = try require(database, item.conversation)
            let branch = try insertConversation(
                database, name: parent.name, description: parent.description, model: parent.model,
                agentID: parent.agentID,
                isLocalOnly: false)
            try database.execute(
                sql: "UPDATE conversation SET parent = ?, parent_entry_id = ? WHERE key = ?",
                arguments: [parent.key, seen.rawValue, branch.key])
            try database.execute(
                sql: """
                    UPDATE operation SET conversation = ?
                    WHERE conversation = ? AND sequence >= ? AND kind = 'append'
                        AND state NOT IN ('delivered', 'cancelled')
                    """,
                arguments: [branch.key, parent.key, item.sequence])
            try database.execute(
                sql: "UPDATE operation SET kind = 'restart', request = ? WHERE id = ?",
                arguments: [item.request.setting("from_entry_id", to: .string(seen.rawValue)).text, id.rawValue])
            // A held deletion, which stays with the parent, may have been what held these.
            if let restart = try OutboxItem.fetchOne(database, id) { try releaseDependents(database, of: restart) }
            return true
        }
    }

    /// Moves on ``OutboxItem/seenEntryID`` of the open writes behind a delivered append, if only our own turn has moved
    /// the conversation on.
    ///
    /// If the stored history has other entries behind the write's base than our turn has, another writer was there, and
    /// nothing is changed. Call it after the history with the turn is stored.
    ///
    /// - Parameters:
    ///   - item: the delivered append; without a base, nothing is changed.
    ///   - turn: how many entries the turn has, inputs and outputs.
    /// - Throws: ``StoreError`` if the file cannot be read or written; nothing is changed then.
    package func noteOwnTurn(of item: OutboxItem, entries turn: Int) throws(StoreError) {
        guard let base = item.base else { return }
        let behind = try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT e.id FROM entry e JOIN conversation c ON c.key = e.conversation
                    WHERE c.id = ?1 AND e.dropped_at IS NULL AND e.local_only = 0 AND e.position > CASE WHEN ?2 IS NULL THEN -1
                        ELSE (SELECT position FROM entry base WHERE base.id = ?2 AND base.conversation = c.key) END
                    ORDER BY e.position LIMIT ?3
                    """,
                arguments: [item.conversation.rawValue, base.entryID?.rawValue, turn + 1])
        }
        guard behind.count == turn, let last = behind.last else { return }
        try noteSeen(EntryID(last), in: item.conversation, by: base.entryID)
    }

    /// Moves on ``OutboxItem/seenEntryID`` of the open writes behind a delivered start or restart, to the last entry of
    /// the stored history.
    ///
    /// - Parameter item: the delivered start or restart.
    /// - Throws: ``StoreError`` if the file cannot be read or written; nothing is changed then.
    package func noteOwnCreation(of item: OutboxItem) throws(StoreError) {
        guard let last = try tip(of: item.conversation).entryID else { return }
        try noteSeen(last, in: item.conversation, by: item.request["from_entry_id"]?.string.map { EntryID($0) })
    }

    /// Sets ``OutboxItem/seenEntryID`` to `last` in the open writes to a conversation in which it is `seen`.
    ///
    /// A write that another copy of this database may have sent keeps its value: the engine looks for it behind that
    /// entry.
    ///
    /// - Parameters:
    ///   - last: the entry up to which the writers know the conversation, or all is our own.
    ///   - id: the conversation.
    ///   - seen: the entry that the writers had seen; `nil` for those who had seen none.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func noteSeen(_ last: EntryID, in id: LocalID, by seen: EntryID?) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE operation SET seen_entry_id = ? WHERE state NOT IN ('delivered', 'cancelled')
                        AND reason_code IS NOT ? AND seen_entry_id IS ? AND conversation = (SELECT key FROM conversation WHERE id = ?)
                    """,
                arguments: [last.rawValue, OutboxItem.Reason.copiedCode, seen?.rawValue, id.rawValue])
        }
    }
}
