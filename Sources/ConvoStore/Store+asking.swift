public import ConvoModel
import ConvoSQLite

/// What the engine asks of the outbox and the mirror before it acts.
extension Store {
    /// What can be worked on: the first open operation of each conversation that is queued or in doubt, where what
    /// it needs is on the server. One in doubt is looked for also where a stopped one stands before it. In the order of acceptance. Its ``OutboxItem/nextAttempt`` may still lie ahead.
    ///
    /// - Parameter only: the one conversation that is asked about; `nil` for all.
    public func readyOperations(limit: Int, in only: LocalID? = nil) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection + """

                    WHERE o.state IN ('queued', 'in_doubt')
                        AND o.sequence = (SELECT MIN(first.sequence) FROM operation first
                            WHERE first.conversation = o.conversation AND first.state NOT IN ('delivered', 'cancelled')
                                AND (o.state = 'queued' OR first.state NOT IN ('refused', 'held')))
                        AND (o.kind = 'start' OR (o.kind = 'restart' AND p.remote_id IS NOT NULL)
                            OR (o.kind IN ('append', 'delete') AND c.remote_id IS NOT NULL))
                        AND (?1 IS NULL OR c.id = ?1)
                    ORDER BY o.sequence LIMIT ?2
                    """,
                arguments: [only?.rawValue, limit])
        }
    }

    /// Every write to a conversation, delivered ones included, in the order of acceptance.
    public func operations(in id: LocalID) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database, sql: OutboxItem.selection + " WHERE c.id = ? ORDER BY o.sequence", arguments: [id.rawValue])
        }
    }

    /// The next moment for which a write that can be worked on waits.
    public func nextAttempt() throws(StoreError) -> Timestamp? {
        try read { database in
            try Int64.fetchOne(
                database, sql: "SELECT MIN(next_attempt) FROM operation WHERE state IN ('queued', 'in_doubt')"
            ).map { Timestamp(microseconds: $0) }
        }
    }

    /// The `updated_at` that our own last turn left in a conversation; `nil` where that is not known.
    public func ownVersion(of id: LocalID) throws(StoreError) -> String? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT own_version FROM conversation WHERE id = ?", arguments: [id.rawValue])
        }
    }

    /// Writes down the `updated_at` that our own last turn has left.
    public func recordOwnVersion(_ version: String, of id: LocalID) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: "UPDATE conversation SET own_version = ? WHERE id = ?", arguments: [version, id.rawValue])
        }
    }

    /// Whether a conversation has writes that wait to be sent.
    public func hasQueuedWrites(for id: LocalID) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM operation o JOIN conversation c ON c.key = o.conversation
                        WHERE c.id = ? AND o.state = 'queued' AND o.kind = 'append')
                    """,
                arguments: [id.rawValue])
        }
    }

    /// Whether the stored history of a conversation is behind what is known of it.
    public func isHistoryBehind(of id: LocalID) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: """
                    SELECT remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND other_account = 0
                        AND history_version IS NOT updated_at
                    FROM conversation WHERE id = ?
                    """,
                arguments: [id.rawValue])
        }
    }

    /// Whether the server gives back the `metadata` of what our own writes have made; `nil` where none of them tells.
    public func givesMetadataBack() throws(StoreError) -> Bool? {
        try read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT MAX(instr(c.raw, ?) > 0) FROM operation o JOIN conversation c ON c.key = o.conversation
                    WHERE o.kind IN ('start', 'restart') AND o.state = 'delivered' AND c.other_account = 0
                    """,
                arguments: [Store.operationKey])
        }
    }

    /// The newest conversation that one of our own delivered writes has made, and that the server still has.
    public func ownCreation() throws(StoreError) -> RemoteID? {
        try read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT c.remote_id FROM operation o JOIN conversation c ON c.key = o.conversation
                    WHERE o.kind IN ('start', 'restart') AND o.state = 'delivered' AND c.remote_id IS NOT NULL
                        AND c.deleted_remotely_at IS NULL AND c.local_only = 0 AND c.other_account = 0
                    ORDER BY o.sequence DESC LIMIT 1
                    """)
        }.map { RemoteID($0) }
    }

    /// Those of these conversations that one of our own writes has made.
    public func ownCreations(among ids: [RemoteID]) throws(StoreError) -> Set<RemoteID> {
        try read { database in
            let listed = JSONText.array(ids.map { .string($0.rawValue) }).text
            return Set(
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT c.remote_id FROM conversation c JOIN operation o ON o.conversation = c.key
                        WHERE c.remote_id IN (SELECT value FROM json_each(?)) AND o.kind IN ('start', 'restart')
                        """,
                    arguments: [listed]
                ).map { RemoteID($0) })
        }
    }

    /// The server's answer to a delivered operation, where one came.
    public func response(to id: OperationID) throws(StoreError) -> JSONText? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT response FROM operation WHERE id = ?", arguments: [id.rawValue])
        }.map { .stored($0) }
    }

    /// The tip of a conversation's stored history: what an append that is sent now is based on.
    public func tip(of id: LocalID) throws(StoreError) -> OutboxItem.Base {
        try read { database in
            let held = """
                FROM entry WHERE conversation = (SELECT key FROM conversation WHERE id = ?) AND dropped_at IS NULL
                    AND local_only = 0
                """
            let last = try String.fetchOne(
                database, sql: "SELECT id \(held) ORDER BY position DESC LIMIT 1", arguments: [id.rawValue])
            return OutboxItem.Base(
                entryID: last.map { EntryID($0) },
                count: try database.count(sql: "SELECT COUNT(*) \(held)", arguments: [id.rawValue]))
        }
    }

    /// How a conversation's last turn is waited for that has no answer yet; `nil` where it has one, or will get none.
    ///
    /// A history that is only older than the list is no such turn: what was held before is the base then.
    public func unansweredTurn(of id: LocalID) throws(StoreError) -> HistoryRecheck? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT history_looks, history_due FROM conversation
                    WHERE id = ? AND history_due IS NOT NULL AND history_outdated = 0
                    """,
                arguments: [id.rawValue]
            ).map {
                HistoryRecheck(attempts: $0["history_looks"], due: Timestamp(microseconds: $0["history_due"]))
            }
        }
    }

    /// The `updated_at` that the stored history of a conversation vouches for. `nil` while that history may still grow
    /// unannounced: then it vouches for nothing.
    public func historyVersion(of id: LocalID) throws(StoreError) -> String? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT history_version FROM conversation WHERE id = ? AND history_due IS NULL",
                arguments: [id.rawValue])
        }
    }
}
