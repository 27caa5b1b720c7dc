import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Queries by which the engine looks for the conversation that a start or restart made whose answer was lost.
extension Store {
    /// Whether the server returns the `metadata` that our own starts and restarts sent; `nil` if the mirror holds no
    /// conversation of theirs that tells.
    package func givesMetadataBack() throws(StoreError) -> Bool? {
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

    /// The conversation that our latest delivered start or restart made, of those that the server still has; `nil` if
    /// there is none.
    package func ownCreation() throws(StoreError) -> RemoteID? {
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

    /// Picks the conversations that our own starts made.
    ///
    /// A restart is left out: its conversation may begin with copies of the entries that it continues from.
    ///
    /// - Parameter ids: the conversations that are asked about.
    /// - Returns: those of them that belong to a start of this outbox.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func ownStarts(among ids: [RemoteID]) throws(StoreError) -> Set<RemoteID> {
        try read { database in
            let listed = JSONText.array(ids.map { .string($0.rawValue) }).text
            return Set(
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT c.remote_id FROM conversation c JOIN operation o ON o.conversation = c.key
                        WHERE c.remote_id IN (SELECT value FROM json_each(?)) AND o.kind = 'start'
                        """,
                    arguments: [listed]
                ).map { RemoteID($0) })
        }
    }

    /// Picks the conversations that a start or restart cannot have made: another write of ours made them, or the mirror
    /// held them before the write was queued.
    ///
    /// - Parameters:
    ///   - id: the start or restart.
    ///   - ids: the conversations that are asked about.
    /// - Returns: those of them that are not the write's.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func conversationsNotMade(by id: OperationID, among ids: [RemoteID]) throws(StoreError) -> Set<RemoteID> {
        try read { database in
            let listed = JSONText.array(ids.map { .string($0.rawValue) }).text
            return Set(
                try String.fetchAll(
                    database,
                    // A conversation's key is greater than that of every conversation that was there before it.
                    sql: """
                        SELECT c.remote_id FROM conversation c
                        WHERE c.remote_id IN (SELECT value FROM json_each(?))
                            AND (c.key < (SELECT conversation FROM operation WHERE id = ?)
                                OR EXISTS (SELECT 1 FROM operation o
                                    WHERE o.conversation = c.key AND o.kind IN ('start', 'restart')))
                        """,
                    arguments: [listed, id.rawValue]
                ).map { RemoteID($0) })
        }
    }

    /// The conversations that came into the mirror after a start or restart was queued, that are gone by now, and that
    /// do not tell who made them, or name this write.
    ///
    /// - Parameters:
    ///   - id: the start or restart.
    ///   - listed: the conversations that the server has listed just now, as far as they were made since `moment`. One
    ///     that is missing from them is gone, although no pull has noticed it yet.
    ///   - moment: how far back the list was read.
    /// - Returns: the conversations, and whether they were deleted here, so that none of their entries is left.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func goneConversations(
        since id: OperationID, listed: Set<RemoteID>, backTo moment: Timestamp
    ) throws(StoreError) -> [(id: LocalID, isHidden: Bool)] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT c.id, c.hidden, c.remote_id, c.created_at, c.deleted_remotely_at IS NOT NULL AS deleted
                    FROM conversation c
                    WHERE c.key > (SELECT conversation FROM operation WHERE id = ?1) AND c.remote_id IS NOT NULL
                        AND c.other_account = 0 AND c.local_only = 0
                        AND (IFNULL(c.raw ->> '$.metadata', '{}') = '{}' OR instr(c.raw ->> '$.metadata', ?1) > 0)
                        AND NOT EXISTS (SELECT 1 FROM operation o
                            WHERE o.conversation = c.key AND o.kind IN ('start', 'restart'))
                    """,
                arguments: [id.rawValue]
            ).filter { row in
                if row["deleted"] || row["hidden"] { return true }
                let isRecent =
                    Timestamp(lenient: row["created_at"] as String).map { $0 >= moment || $0.isUnknown } ?? true
                return isRecent && !listed.contains(RemoteID(row["remote_id"]))
            }.map { (LocalID($0["id"]), $0["hidden"]) }
        }
    }

    /// The starts and restarts, other than this one, that may have made a conversation that is not known yet.
    ///
    /// - Parameter id: the start or restart that is left out.
    /// - Returns: those that are being sent, in doubt or held, and those that were sent and are refused, cancelled or queued again by
    ///   now: a server may list what a run has made and refuse it all the same.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func unsettledCreations(besides id: OperationID) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection + """
                     WHERE o.id <> ? AND o.kind IN ('start', 'restart') AND c.remote_id IS NULL
                        AND (o.state IN ('sending', 'in_doubt', 'held')
                            OR (o.state IN ('queued', 'refused', 'cancelled') AND o.sent IS NOT NULL))
                    """,
                arguments: [id.rawValue])
        }
    }
}
