package import ConvoModel
import ConvoSQLite

/// The numbers by which people call entries: each entry's place in its conversation, from 1, among those that the server lists.
///
/// A number is true until the conversation's order changes, which it does where the server inserts or drops an entry. Programs
/// use the entry's id.
extension Store {
    /// The number of an entry.
    ///
    /// Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - id: its conversation.
    /// - Returns: the number; `nil` if the conversation does not hold the entry, or if the server no longer lists it.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func entryNumber(of entry: EntryID, in id: LocalID) throws(StoreError) -> Int? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT count(*) FROM entry WHERE conversation = own.conversation AND dropped_at IS NULL
                            AND (position, key) <= (own.position, own.key)) AS number
                    FROM entry own WHERE own.id = ? AND own.dropped_at IS NULL
                        AND own.conversation = (SELECT key FROM conversation WHERE id = ? AND hidden = 0)
                    """, arguments: [entry.rawValue, id.rawValue]
            )?["number"]
        }
    }

    /// The entry that has a number.
    ///
    /// Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - number: the number, from 1.
    ///   - id: the conversation.
    /// - Returns: the entry; `nil` if the conversation has no so many.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func entryID(numbered number: Int, in id: LocalID) throws(StoreError) -> EntryID? {
        guard number > 0 else { return nil }
        return try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT id FROM entry WHERE dropped_at IS NULL
                        AND conversation = (SELECT key FROM conversation WHERE id = ? AND hidden = 0)
                    ORDER BY position, key LIMIT 1 OFFSET ?
                    """, arguments: [id.rawValue, number - 1])
            return row.map { EntryID($0["id"] as String) }
        }
    }

    /// How many entries with a number stand before a place.
    ///
    /// Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - cursor: the place.
    ///   - id: the conversation.
    /// - Returns: the number of entries.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func entryCount(before cursor: HistoryPage.Cursor, in id: LocalID) throws(StoreError) -> Int {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*) AS count FROM entry WHERE dropped_at IS NULL AND (position, key) < (?, ?)
                        AND conversation = (SELECT key FROM conversation WHERE id = ? AND hidden = 0)
                    """, arguments: [cursor.position, cursor.key, id.rawValue]
            )?["count"] ?? 0
        }
    }
}
