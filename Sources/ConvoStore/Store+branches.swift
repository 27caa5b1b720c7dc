import ConvoModel
import ConvoSQLite

/// Recognises branches that were made elsewhere: the API has no parent field, but where a restart keeps the ids of the
/// entries that it copies, they tell.
extension Store {
    /// Looks for the parent of a conversation, and for conversations that it may be the parent of, because histories
    /// come in any order.
    ///
    /// A parent that was recorded when a restart was queued here is never changed.
    func inferBranches(_ database: Database, around key: Int64) throws {
        let relatives = try Int64.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT other.conversation FROM entry mine
                    JOIN entry other ON other.id = mine.id AND other.conversation <> mine.conversation
                    WHERE mine.conversation = ? AND mine.position = 0 AND other.position = 0
                    """),
            arguments: [key])
        guard !relatives.isEmpty else { return }
        for member in [key] + relatives { try inferParent(database, of: member, among: [key] + relatives) }
    }

    /// Records the older conversation with the most entries in common as the parent; the oldest of several.
    ///
    /// The branch starts from the last common entry: SQLite takes a bare column from the row with the maximum
    /// (sqlite.org/lang_select.html#bareagg).
    private func inferParent(_ database: Database, of key: Int64, among family: [Int64]) throws {
        let marks = StatementArguments(family).placeholders
        let parent = try Row.fetchOne(
            database,
            sql: """
                SELECT elder.key, COUNT(*) AS common, MAX(mine.position), mine.id AS fork
                FROM conversation child
                JOIN entry mine ON mine.conversation = child.key
                JOIN entry theirs ON theirs.id = mine.id AND theirs.position = mine.position
                JOIN conversation elder ON elder.key = theirs.conversation AND elder.created_at < child.created_at
                WHERE child.key = ? AND (child.parent IS NULL OR child.parent_inferred = 1) AND elder.key IN (\(marks))
                GROUP BY elder.key ORDER BY common DESC, elder.created_at, elder.key LIMIT 1
                """,
            arguments: [key] + StatementArguments(family))
        guard let parent else { return }
        try database.execute(
            sql: "UPDATE conversation SET parent = ?, parent_entry_id = ?, parent_inferred = 1 WHERE key = ?",
            arguments: [parent["key"] as Int64, parent["fork"] as String?, key])
    }
}
