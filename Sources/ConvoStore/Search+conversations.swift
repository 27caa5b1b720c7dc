import ConvoSQLite

/// The conversations in which a search finds something, however many of their entries match.
extension Search {
    /// The keys of the conversations in whose entries, name or description something is found.
    ///
    /// - Parameter withQueued: whether writes that are not delivered are looked at, too.
    /// - Returns: the keys.
    /// - Throws: ``DatabaseError``.
    func conversationKeys(withQueued: Bool) throws -> Set<Int64> {
        var keys = try keys(
            .entries, table: "entry e", key: "e.key", offset: 0, from: span.first,
            to: min(span.last, EntryKey.firstOperation - 1))
        if withQueued {
            keys.formUnion(
                try self.keys(
                    .outbox, table: "operation e", key: "e.sequence", offset: EntryKey.firstOperation, from: 0,
                    to: .max - EntryKey.firstOperation, only: "e.state NOT IN ('delivered', 'cancelled')"))
        }
        guard !query.isAboutEntries else { return keys }
        let (test, values) = SearchSource.conversations.sql(query.conditions)
        guard let expression = query.expression else {
            // A tagged conversation may have no entry yet.
            guard query.conditions.contains(where: \.isOfTag) else { return keys }
            let sql = "SELECT c.key FROM conversation c WHERE c.hidden = 0 \(test)"
            return keys.union(try Int64.fetchAll(database, sql: sql, arguments: values))
        }
        keys.formUnion(
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT c.key FROM conversation_fts CROSS JOIN conversation c ON c.key = conversation_fts.rowid
                    WHERE conversation_fts MATCH ? \(test)
                    """,
                arguments: [expression] + values))
        return keys
    }

    /// The keys of the conversations of the rows of one kind that are found.
    ///
    /// - Parameters:
    ///   - place: which rows.
    ///   - table: their table, with the alias `e`.
    ///   - key: their key.
    ///   - offset: how much greater their row id in the index is.
    ///   - first: the first key that is looked at.
    ///   - last: the last one.
    ///   - only: a further condition on `e`.
    /// - Returns: the keys of the conversations.
    /// - Throws: ``DatabaseError``.
    private func keys(
        _ place: SearchSource, table: String, key: String, offset: Int64, from first: Int64, to last: Int64,
        only: String = "1"
    ) throws -> Set<Int64> {
        let (test, values) = place.sql(query.conditions)
        var (source, arguments) = (table, StatementArguments())
        var condition = "\(key) BETWEEN ? AND ?"
        if let expression = query.expression {
            source = "entry_fts CROSS JOIN \(table) ON \(key) = entry_fts.rowid - \(offset)"
            condition = "entry_fts MATCH ? AND entry_fts.rowid BETWEEN ? AND ?"
            arguments = [expression]
        }
        let shift = query.expression == nil ? 0 : offset
        return Set(
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT e.conversation FROM \(source) CROSS JOIN conversation c ON c.key = e.conversation
                    WHERE \(condition) AND \(only) \(test)
                    """,
                arguments: arguments + [first + shift, last + shift] + values))
    }
}
