public import ConvoModel
import ConvoSQLite

/// Finds conversations, entries and writes by what a person calls them.
extension Store {
    /// The conversation with a local or remote id, or the only one whose id begins with a text.
    ///
    /// - Parameter name: the id, or the beginning of one.
    /// - Returns: the conversation.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, also for an empty text, or
    ///   ``StoreError/ambiguousConversation(_:candidates:)`` with at most ten candidates.
    public func conversation(matching name: String) throws(StoreError) -> StoredConversation {
        try read { database in try conversation(database, identify(database, name)) }
    }

    /// The local id of the conversation that ``conversation(matching:)`` finds.
    ///
    /// - Parameter name: the local or remote id, or the beginning of one.
    /// - Returns: the local id.
    /// - Throws: as ``conversation(matching:)``.
    public func localID(matching name: String) throws(StoreError) -> LocalID {
        try read { database in try identify(database, name) }
    }

    /// The write with an id, or the only one whose id begins with a text; the `op_` before the text may be left out.
    ///
    /// - Parameter name: the id, or the beginning of one.
    /// - Returns: the write.
    /// - Throws: ``StoreError/noSuchOperation(_:)``, also for an empty text, or
    ///   ``StoreError/ambiguousOperation(_:candidates:)`` with at most ten candidates.
    public func operation(matching name: String) throws(StoreError) -> OutboxItem {
        try read { database in
            guard !name.isEmpty else { throw StoreError.noSuchOperation(name) }
            let (whole, bare) = (Store.beginning("o.id", 1), Store.beginning("o.id", 2))
            let items = try OutboxItem.fetchAll(
                database, sql: OutboxItem.selection + " WHERE (\(whole)) OR (\(bare)) ORDER BY o.sequence LIMIT 11",
                arguments: [name, OperationID.prefix + name])
            if let exact = items.first(where: { $0.id.rawValue == name }) { return exact }
            guard let first = items.first else { throw StoreError.noSuchOperation(name) }
            guard items.count == 1 else {
                throw StoreError.ambiguousOperation(name, candidates: items.prefix(10).map(\.id.rawValue))
            }
            return first
        }
    }

    /// The ids of a conversation's entries that begin with a text; dropped entries are left out.
    ///
    /// - Parameters:
    ///   - beginning: the text.
    ///   - id: the conversation.
    ///   - limit: the largest number of ids to return.
    /// - Returns: the ids in the conversation's order; the id alone that is the text itself, if there is one.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    package func entryIDs(
        beginningWith beginning: String, in id: LocalID, limit: Int
    ) throws(StoreError) -> [EntryID] {
        try read { database in
            let key = try require(database, id).key
            let ids = try String.fetchAll(
                database,
                sql: """
                    SELECT id FROM entry WHERE conversation = ?2 AND dropped_at IS NULL AND (\(Store.beginning("id", 1)))
                    ORDER BY id = ?1 DESC, position, key LIMIT ?3
                    """,
                arguments: [beginning, key, limit]
            ).map { EntryID($0) }
            return ids.first?.rawValue == beginning ? Array(ids.prefix(1)) : ids
        }
    }

    /// The SQL test whether a column begins with the text of a numbered parameter, as the column's index answers it.
    private static func beginning(_ column: String, _ parameter: Int) -> String {
        // No character is behind U+10FFFF.
        "\(column) >= ?\(parameter) AND \(column) < ?\(parameter) || char(1114111)"
    }

    private func identify(_ database: Database, _ name: String) throws -> LocalID {
        guard !name.isEmpty else { throw StoreError.noSuchConversation(name) }  // all of them begin so
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT id, remote_id FROM conversation
                WHERE hidden = 0 AND ((\(Store.beginning("id", 1))) OR (\(Store.beginning("remote_id", 1))))
                ORDER BY id = ?1 OR remote_id = ?1 DESC, activity DESC LIMIT 11
                """,
            arguments: [name]
        ).map { (id: $0["id"] as String, remoteID: $0["remote_id"] as String?) }
        if let exact = rows.first(where: { $0.id == name || $0.remoteID == name }) { return LocalID(exact.id) }
        guard let first = rows.first else { throw StoreError.noSuchConversation(name) }
        guard rows.count == 1 else {
            let candidates = rows.prefix(10).map { $0.id.hasPrefix(name) ? $0.id : $0.remoteID ?? $0.id }
            throw StoreError.ambiguousConversation(name, candidates: candidates)
        }
        return LocalID(first.id)
    }
}
