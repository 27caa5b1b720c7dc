package import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Queries by which the engine decides what to do next.
extension Store {
    /// What is true of a write that the engine can work on, in the names of `OutboxItem.source`.
    ///
    /// It is the first open write of its conversation, or the first of those whose answer is missing. Both are read of
    /// indexes, so that it does not matter how many others wait behind it.
    private static let readiness = """
        o.state IN ('queued', 'in_doubt')
            AND o.sequence IN (
                SELECT MIN(sequence) FROM operation WHERE state NOT IN ('delivered', 'cancelled') GROUP BY conversation
                UNION SELECT MIN(sequence) FROM operation WHERE state IN ('sending', 'in_doubt') GROUP BY conversation)
            AND (o.state = 'in_doubt' OR NOT EXISTS (SELECT 1 FROM operation first WHERE first.conversation = o.conversation
                AND first.state NOT IN ('delivered', 'cancelled') AND first.sequence < o.sequence))
            AND (o.state = 'queued' OR NOT EXISTS (SELECT 1 FROM operation first WHERE first.conversation = o.conversation
                AND first.state IN ('sending', 'in_doubt') AND first.sequence < o.sequence))
            AND (o.state = 'in_doubt' OR c.remote_id IS NULL OR NOT EXISTS (SELECT 1 FROM operation doubtful
                WHERE doubtful.conversation = o.conversation AND doubtful.kind <> 'delete'
                    AND doubtful.state IN ('sending', 'in_doubt')))
            AND (o.kind = 'start' OR (o.kind = 'restart' AND p.remote_id IS NOT NULL)
                OR (o.kind IN ('append', 'delete') AND c.remote_id IS NOT NULL))
            AND (o.kind <> 'restart' OR NOT EXISTS (SELECT 1 FROM operation maker
                WHERE maker.conversation = p.key AND maker.kind IN ('start', 'restart')
                    AND maker.state IN ('queued', 'sending', 'in_doubt')))
            AND (o.kind <> 'delete' OR NOT EXISTS (SELECT 1 FROM operation before
                JOIN conversation branch ON branch.key = before.conversation
                WHERE branch.parent = c.key AND before.kind = 'restart' AND before.sequence < o.sequence
                    AND before.state IN ('queued', 'sending', 'in_doubt')))
        """

    /// The writes that the engine can work on: the first open write of each conversation, if it is queued or in doubt.
    ///
    /// The conversation that an append or a deletion goes to must be on the server, as must a restart's parent, whose own
    /// start or restart must be settled. A deletion waits for the restarts from its conversation that were queued before
    /// it. A write in doubt comes before all others of a conversation on the server: one that a person lets go meanwhile
    /// could be taken for it. (A deletion cannot.) The ``OutboxItem/nextAttempt`` of a
    /// returned write may still lie ahead.
    ///
    /// If more than `limit` writes are ready, the store returns first the ones that a caller waits for, then the ones whose next
    /// attempt is due: a long queue of waiting writes must not hide the others.
    ///
    /// - Parameters:
    ///   - limit: the largest number of writes to return.
    ///   - only: the one conversation whose writes are returned; `nil` for all.
    ///   - awaited: the writes whose answers a caller waits for.
    ///   - now: the present moment by this machine's clock; `nil`: every write's time has come.
    /// - Returns: the writes, each group in the order of acceptance.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func readyOperations(
        limit: Int, in only: LocalID? = nil, awaited: Set<OperationID> = [], now: Timestamp? = nil
    ) throws(StoreError) -> [OutboxItem] {
        try read { database in
            func some(_ condition: String, _ value: (any DatabaseValueConvertible)?) throws -> [OutboxItem] {
                try OutboxItem.fetchAll(
                    database,
                    sql: OutboxItem.selection
                        + " WHERE \(Store.readiness) AND (?1 IS NULL OR c.id = ?1) AND \(condition) ORDER BY o.sequence LIMIT ?2",
                    arguments: [only?.rawValue, limit, value])
            }
            // The engine never waits longer than an hour: such a time was written before the clock was set back.
            let isLater = "IFNULL(o.next_attempt > ?3 AND o.next_attempt <= ?3 + 3600000000, 0)"
            let due = try some("NOT \(isLater)", now?.microseconds)
            let all = try due.count < limit ? due + some(isLater, now?.microseconds) : due
            guard !awaited.isEmpty else { return Array(all.prefix(limit)) }
            let ids = JSONText.array(awaited.map { .string($0.rawValue) }).text
            let first = try some("o.id IN (SELECT value FROM json_each(?3))", ids)
            return Array((first + all.filter { !awaited.contains($0.id) }).prefix(limit))
        }
    }

    /// Every write to a conversation, delivered and cancelled ones included, in the order of acceptance.
    package func operations(in id: LocalID) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database, sql: OutboxItem.selection + " WHERE c.id = ? ORDER BY o.sequence", arguments: [id.rawValue])
        }
    }

    /// The earliest ``OutboxItem/nextAttempt`` of the writes that the engine can work on (``readyOperations(limit:in:)``);
    /// `nil` if none of them has one.
    ///
    /// A write that waits for another one does not count: it is due as soon as that one is settled.
    package func nextAttempt() throws(StoreError) -> Timestamp? {
        try read { database in
            try Int64.fetchOne(
                database,
                sql:
                    "SELECT MIN(o.next_attempt) \(OutboxItem.source) WHERE o.next_attempt IS NOT NULL AND \(Store.readiness)"
            ).map { Timestamp(microseconds: $0) }
        }
    }

    /// The `updated_at` that our own last turn left in a conversation, as ``recordOwnVersion(_:of:)`` recorded it;
    /// `nil` if it is not known.
    package func ownVersion(of id: LocalID) throws(StoreError) -> String? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT own_version FROM conversation WHERE id = ?", arguments: [id.rawValue])
        }
    }

    /// Records the `updated_at` that the server shows after our own last turn: as long as it is the same, nobody else
    /// has written to the conversation since.
    package func recordOwnVersion(_ version: String, of id: LocalID) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: "UPDATE conversation SET own_version = ? WHERE id = ?", arguments: [version, id.rawValue])
        }
    }

    /// The conversation's end, behind which the next of its queued appends goes.
    ///
    /// - Parameter id: the conversation.
    /// - Returns: the tip, as ``tip(of:)`` returns it, and the conversation's own policy, if it has one; `nil` if no append is
    ///   queued.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func burst(in id: LocalID) throws(StoreError) -> (tip: OutboxItem.Base, policy: ConflictPolicy?)? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT \(Store.tip) AS tip, c.conflict_policy FROM conversation c WHERE c.id = ? AND EXISTS
                        (SELECT 1 FROM operation o WHERE o.conversation = c.key AND o.state NOT IN ('delivered', 'cancelled')
                        AND o.state = 'queued' AND o.kind = 'append')
                    """, arguments: [id.rawValue]
            ).map { row in
                (
                    OutboxItem.Base(entryID: (row["tip"] as String?).map { EntryID($0) }),
                    (row["conflict_policy"] as String?).flatMap { ConflictPolicy(rawValue: $0) }
                )
            }
        }
    }

    /// Whether the stored history of a conversation belongs to another `updated_at` than the one that is stored, or is
    /// missing.
    ///
    /// `false` for a conversation whose history the server does not have, or cannot be asked for.
    package func isHistoryBehind(of id: LocalID) throws(StoreError) -> Bool {
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

    /// The body of the server's response to a delivered write; `nil` if no response came or was needed.
    ///
    /// Of a write whose stream broke, and whose outcome is not known yet, this is an object with the `outputs` that
    /// ``keepPartial(of:conversation:entries:)`` has kept.
    package func response(to id: OperationID) throws(StoreError) -> JSONText? {
        try read { database in
            try String.fetchOne(database, sql: "SELECT response FROM operation WHERE id = ?", arguments: [id.rawValue])
        }.map { .stored($0) }
    }

    /// The response to the last write that was delivered to a conversation, if its history has not been read since.
    ///
    /// - Parameter id: the conversation.
    /// - Returns: the body; `nil` if the history was read, or the last write has no response, or the server did not store it, or
    ///   a later write was sent that the server has refused, or may have kept all the same.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func responseWithoutHistory(in id: LocalID) throws(StoreError) -> JSONText? {
        try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT o.request, o.response FROM conversation c JOIN operation o ON o.conversation = c.key
                    WHERE c.id = ? AND c.history_version IS NULL AND o.state = 'delivered'
                        AND NOT EXISTS (SELECT 1 FROM operation later WHERE later.conversation = o.conversation
                            AND later.sequence > o.sequence AND later.sent IS NOT NULL AND (later.state <> 'queued'
                                OR later.base_count IS NULL))  -- a person has retried it
                    ORDER BY o.sequence DESC LIMIT 1
                    """, arguments: [id.rawValue]
            ).flatMap { row in
                JSONText.stored(row["request"])["store"]?.bool == false
                    ? nil : (row["response"] as String?).map { .stored($0) }
            }
        }
    }

    /// The tip of a conversation's stored history: its last entry that the server still lists.
    ///
    /// Entries that are kept only here do not count. The `version` of the result is `nil`.
    package func tip(of id: LocalID) throws(StoreError) -> OutboxItem.Base {
        try read { database in
            let last = try String.fetchOne(
                database, sql: "SELECT \(Store.tip) FROM conversation c WHERE c.id = ?", arguments: [id.rawValue])
            return OutboxItem.Base(entryID: last.map { EntryID($0) })
        }
    }

    /// The id of the last entry of `conversation c` that the server still lists.
    static let tip = """
        (SELECT e.id FROM entry e WHERE e.conversation = c.key AND e.dropped_at IS NULL AND e.local_only = 0
            ORDER BY e.position DESC LIMIT 1)
        """

    /// The recheck by which the answer to a conversation's last turn is awaited; `nil` if the turn has an answer, or is
    /// not expected to get one.
    ///
    /// Also `nil` where the history is read again because it seems outdated: the entries that were stored before are
    /// the base of an append then.
    package func unansweredTurn(of id: LocalID) throws(StoreError) -> HistoryRecheck? {
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

    /// The `updated_at` that the stored history of a conversation belongs to.
    ///
    /// `nil` if no history is stored, and while the stored one is to be read again (``HistoryRecheck``): it may grow
    /// without a new `updated_at`.
    package func historyVersion(of id: LocalID) throws(StoreError) -> String? {
        try read { database in
            try String.fetchOne(
                database, sql: "SELECT history_version FROM conversation WHERE id = ? AND history_due IS NULL",
                arguments: [id.rawValue])
        }
    }
}
