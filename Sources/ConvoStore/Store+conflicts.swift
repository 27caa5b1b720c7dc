public import ConvoModel
import ConvoSQLite

/// Appends that another writer has overtaken.
extension Store {
    /// The policy of one conversation; `nil` where it follows the configuration.
    public func conflictPolicy(of id: LocalID) throws(StoreError) -> ConflictPolicy? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT conflict_policy FROM conversation WHERE id = ?", arguments: [id.rawValue])
        }.flatMap { ConflictPolicy(rawValue: $0) }
    }

    /// - Throws: ``StoreError/noSuchConversation(_:)``.
    public func setConflictPolicy(_ policy: ConflictPolicy?, of id: LocalID) throws(StoreError) {
        try writeDurably { database in
            let conversation = try require(database, id)
            try database.execute(
                sql: "UPDATE conversation SET conflict_policy = ? WHERE key = ?",
                arguments: [policy?.rawValue, conversation.key])
        }
    }

    /// Makes a branch of a queued append: a new conversation from the last entry that its writer had seen, to which
    /// what is queued behind it goes along. All in one transaction.
    ///
    /// - Returns: `false`, and nothing is changed, where it is no longer queued, or cannot be a restart because it
    ///   confirms calls or its writer had seen no entry.
    public func branchOff(_ id: OperationID) throws(StoreError) -> Bool {
        try writeDurably { database in
            guard
                let item = try OutboxItem.fetchOne(
                    database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue]),
                item.kind == .append, item.state == .queued, let seen = item.seenEntryID,
                item.request["tool_confirmations"] == nil
            else { return false }
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
                    WHERE conversation = ? AND sequence >= ? AND state NOT IN ('delivered', 'cancelled')
                    """,
                arguments: [branch.key, parent.key, item.sequence])
            try database.execute(
                sql: "UPDATE operation SET kind = 'restart', request = ? WHERE id = ?",
                arguments: [item.request.setting("from_entry_id", to: .string(seen.rawValue)).text, id.rawValue])
            return true
        }
    }

    /// What was written here and is still queued has our own delivered turn in view: it moved the conversation on,
    /// no other writer did. Where more came in between than our own, nothing is changed: somebody else was there.
    ///
    /// - Parameter turn: how many entries our own turn has.
    public func noteOwnTurn(of item: OutboxItem, entries turn: Int) throws(StoreError) {
        guard let base = item.base else { return }
        let tip = try tip(of: item.conversation)
        guard tip.count == base.count + turn, let last = tip.entryID else { return }
        try noteSeen(last, in: item.conversation, by: base.entryID)
    }

    /// The same of a start or restart: what is queued behind it has the new conversation in view.
    public func noteOwnCreation(of item: OutboxItem) throws(StoreError) {
        guard let last = try tip(of: item.conversation).entryID else { return }
        try noteSeen(last, in: item.conversation, by: item.request["from_entry_id"]?.string.map { EntryID($0) })
    }

    /// Moves on what the writers have seen whose last seen entry was that one.
    ///
    /// A write that another copy of this database may have sent keeps its own: it is looked for behind that.
    private func noteSeen(_ last: EntryID, in id: LocalID, by seen: EntryID?) throws(StoreError) {
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
