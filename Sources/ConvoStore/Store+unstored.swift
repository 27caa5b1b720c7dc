import ConvoJSON
import ConvoModel
import ConvoSQLite

/// Exchanges that the server does not store (`store: false`), between those that it does.
extension Store {
    /// The position of entries that the server does not store while it is not known which of its entries they follow.
    private static let unplaced = -1

    /// Adds the entries of an exchange that the server does not store beside the last entry that it has.
    ///
    /// The server numbers its entries without them. They have the position of the entry before them, and keys in their order
    /// behind its key, by which readers order entries of one position; so the next turn comes behind them. While no entry is known
    /// they come first, and the first history gives them their place. A history that was read during the run may have brought some
    /// of them already: they are of this exchange.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - entries: the entries in their order.
    ///   - conversation: the key of the conversation's row.
    /// - Throws: ``DatabaseError``.
    func addUnstored(_ database: Database, _ entries: [Entry], to conversation: Int64) throws {
        for id in entries.compactMap(\.id?.rawValue) {
            if let known = try held(database, id, in: conversation) { try remove(database, known.key, known.raw) }
        }
        // No history ever comes of a conversation that the server does not have.
        let isAlone = try database.isTrue(
            sql: "SELECT local_only FROM conversation WHERE key = ?", arguments: [conversation])
        if isAlone { return try add(database, entries, to: conversation, isLocalOnly: true) }
        let anchor = try lastStored(database, in: conversation, until: nil)
        try addUnstored(database, entries, to: conversation, behind: anchor ?? lastUnplaced(database, in: conversation))
    }

    /// The place of an entry among those of its conversation.
    private struct Anchor {
        let position: Int
        let key: Int64
    }

    /// The last entry of a conversation that the server lists and that is not newer than a moment (`nil`: of any time), with what
    /// stands beside it already; `nil` if none is known.
    private func lastStored(_ database: Database, in conversation: Int64, until moment: Int64?) throws -> Anchor? {
        let last = try Row.fetchOne(
            database,
            sql: """
                SELECT position, MAX(key) AS key FROM entry WHERE conversation = ?1 AND dropped_at IS NULL
                    AND position = (SELECT MAX(position) FROM entry WHERE conversation = ?1 AND dropped_at IS NULL
                        AND local_only = 0 AND (?2 IS NULL OR created IS NULL OR created <= ?2))
                """,
            arguments: [conversation, moment])
        guard let last, !last.isNull("position") else { return nil }
        return Anchor(position: last["position"], key: last["key"])
    }

    /// Behind the exchanges that wait for the first history, whatever our clock showed when they were made.
    private func lastUnplaced(_ database: Database, in conversation: Int64) throws -> Anchor {
        let last = try Int64.fetchOne(
            database, sql: "SELECT MAX(key) FROM entry WHERE conversation = ? AND position = ?",
            arguments: [conversation, Store.unplaced])
        return Anchor(position: Store.unplaced, key: last ?? 0)
    }

    private func addUnstored(
        _ database: Database, _ entries: [Entry], to conversation: Int64, behind anchor: Anchor
    ) throws {
        let position = anchor.position
        var behind = anchor.key
        var batch = IndexBatch()
        for (number, entry) in entries.enumerated() {
            let id = entry.id?.rawValue ?? "~\(position)-\(behind)-\(number)"
            _ = try insert(
                database, PreparedEntry(entry), id: id, at: position, in: conversation, isLocalOnly: true,
                behind: behind,
                &batch)
            behind =
                try Int64.fetchOne(
                    database, sql: "SELECT MAX(key) FROM entry WHERE conversation = ? AND position = ?",
                    arguments: [conversation, position]) ?? behind
        }
        try index(database, batch)
    }

    /// Moves the exchanges that the server does not store with the entry that they follow.
    func carry(
        _ database: Database, besides key: Int64, from old: Int, to new: Int, _ progress: inout MergeProgress
    ) throws {
        guard old != new else { return }
        let keys = try Int64.fetchAll(
            database,
            sql: """
                SELECT key FROM entry WHERE conversation = (SELECT conversation FROM entry WHERE key = ?1)
                    AND position = ?2 AND key > ?1 AND local_only = 1 AND dropped_at IS NULL
                """,
            arguments: [key, old])
        for follower in keys where progress.carried.insert(follower).inserted {
            try database.execute(sql: "UPDATE entry SET position = ? WHERE key = ?", arguments: [new, follower])
        }
    }

    /// Puts the exchanges that the server does not store, and that were made before any other entry was known, behind the last entry
    /// that is not newer.
    func placeUnstored(_ database: Database, in conversation: Int64) throws {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT key, raw, created FROM entry WHERE conversation = ? AND position = ? AND dropped_at IS NULL ORDER BY key
                """,
            arguments: [conversation, Store.unplaced])
        guard !rows.isEmpty else { return }
        let moment = rows.compactMap { $0["created"] as Int64? }.min()
        guard let anchor = try lastStored(database, in: conversation, until: moment) else { return }
        for row in rows { try remove(database, row["key"], row.json("raw")) }
        try addUnstored(database, rows.map { Entry(raw: $0.json("raw")) }, to: conversation, behind: anchor)
    }

    /// Marks the inputs of an exchange that the server was not to store, and stores all the same, as dropped: its history brings
    /// them under ids of its own.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - key: the key of an output that the history has brought.
    /// - Throws: ``DatabaseError``.
    func dropInputs(_ database: Database, besideOutput key: Int64) throws {
        try database.execute(
            sql: """
                UPDATE entry SET local_only = 0, dropped_at = ?2 WHERE local_only = 1
                    AND conversation = (SELECT conversation FROM entry WHERE key = ?1) AND EXISTS (
                        SELECT 1 FROM operation o, json_each(o.response, '$.outputs') output
                        WHERE o.conversation = entry.conversation AND o.state = 'delivered'
                            AND CASE WHEN output.type = 'object' THEN output.value ->> '$.id' END
                                = (SELECT id FROM entry WHERE key = ?1)
                            AND entry.id GLOB 'local_' || o.id || '_*')
                """,
            arguments: [key, environment.now().text])
    }

    private func remove(_ database: Database, _ key: Int64, _ raw: JSONText) throws {
        try unindex(database, entry: key, raw: raw)
        try database.execute(sql: "DELETE FROM entry WHERE key = ?", arguments: [key])
    }
}
