package import ConvoModel
import ConvoSQLite

/// Where the reading of a conversation's entries begins.
package enum EntryPlace: Sendable, Hashable {
    /// Before the first entry.
    case start
    /// Behind the last entry.
    case end
    /// With this entry.
    case at(EntryID)
    /// Behind this entry, or before it where entries are read backwards.
    case beside(EntryID)
}

extension Store {
    /// Reads a conversation's entries one after the other until the reader has enough, so that one of any length, and with
    /// entries of any length, takes the memory of one entry.
    ///
    /// All of them are of one moment; entries that the server no longer lists are left out. Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - place: where to begin.
    ///   - backwards: whether the entries before the place are read, the last one first.
    ///   - body: takes an entry, and returns whether it wants the next one. It must not write to the store.
    /// - Returns: whether the reader has ended it, so that the entry it was given last may not be the last one.
    /// - Throws: ``StoreError/noSuchConversation(_:)``; ``StoreError/noSuchEntry(_:conversation:)`` if the conversation does not
    ///   hold the entry of the place; another ``StoreError`` if the file cannot be read.
    package func readEntries(
        of id: LocalID, from place: EntryPlace, backwards: Bool = false, _ body: (StoredEntry) -> Bool
    ) throws(StoreError) -> Bool {
        try read { database in
            let key = try require(database, id).key
            var (condition, arguments): (String, StatementArguments) = ("", [key])
            if let (entry, isIncluded) = place.entry {
                let row = try Row.fetchOne(
                    database, sql: "SELECT position, key FROM entry WHERE conversation = ? AND id = ?",
                    arguments: [key, entry.rawValue])
                guard let row else { throw StoreError.noSuchEntry(entry.rawValue, conversation: id) }
                condition = " AND (position, key) \(backwards ? "<" : ">")\(isIncluded ? "=" : "") (?2, ?3)"
                arguments = [key, row["position"] as Int64, row["key"] as Int64]
            } else if (place == .start) == backwards {
                return false
            }
            let order = backwards ? "DESC" : "ASC"
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(StoredEntry.columns) FROM entry WHERE conversation = ?1 AND dropped_at IS NULL\(condition)
                    ORDER BY position \(order), key \(order)
                    """, arguments: arguments)
            while try rows.advance() {
                guard body(StoredEntry(columnsFrom: 0, of: rows)) else { return true }
            }
            return false
        }
    }
}

extension EntryPlace {
    fileprivate var entry: (EntryID, isIncluded: Bool)? {
        switch self {
        case .start, .end: nil
        case .at(let entry): (entry, true)
        case .beside(let entry): (entry, false)
        }
    }
}
