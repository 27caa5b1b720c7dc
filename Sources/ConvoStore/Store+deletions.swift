package import ConvoModel
import ConvoSQLite

/// The numbers by which the engine decides whether it may mark more conversations as deleted, or a person must accept
/// that.
package struct DeletionCensus: Sendable, Hashable {
    /// How many conversations of this account the mirror holds that are not marked as deleted on the server.
    package let mirrored: Int
    /// How many conversations the engine has marked as deleted within the last day.
    ///
    /// Those that `convo delete` deleted do not count, nor do those that were marked before a person last accepted
    /// deletions.
    package let recentlyMarked: Int

    /// Makes a census of known numbers; ``Store/deletionCensus()`` counts them.
    package init(mirrored: Int, recentlyMarked: Int = 0) {
        self.mirrored = mirrored
        self.recentlyMarked = recentlyMarked
    }
}

/// Conversations that the server denies.
extension Store {
    private static let recentMicroseconds: Int64 = 86_400_000_000

    /// Counts the mirrored conversations and those that were marked as deleted lately.
    package func deletionCensus() throws(StoreError) -> DeletionCensus {
        let moment = environment.now().microseconds
        let now = Timestamp(microseconds: moment).text
        let dayAgo = Timestamp(microseconds: moment - Store.recentMicroseconds).text
        let dayAhead = Timestamp(microseconds: moment + Store.recentMicroseconds).text
        return try read { database in
            let accepted = try StoreMetadataKey.text(database, .deletionsAccepted) ?? dayAgo
            let ours = """
                SELECT COUNT(*) FROM conversation c
                WHERE remote_id IS NOT NULL AND local_only = 0 AND hidden = 0 AND other_account = 0
                """
            return DeletionCensus(
                mirrored: try database.count(sql: ours + " AND deleted_remotely_at IS NULL"),
                recentlyMarked: try database.count(
                    sql: ours + """
                         AND deleted_remotely_at > ?1 AND deleted_remotely_at <= ?2
                         AND (deleted_remotely_at <= ?3 OR deleted_remotely_at > ?4) AND NOT (\(Store.isDeletedFromHere))
                        """,
                    // A time that is ahead was written before the clock was set back. By less than a day, it is recent
                    // all the same, unless it was accepted then; what the acceptance covers of the last day is not known.
                    arguments: [accepted <= now ? max(dayAgo, accepted) : dayAgo, dayAhead, now, accepted]))
        }
    }

    /// Whether a person has deleted `conversation c` from here, and the server has done so.
    private static let isDeletedFromHere = """
        EXISTS (SELECT 1 FROM operation o WHERE o.conversation = c.key AND o.kind = 'delete' AND o.state = 'delivered')
        """

    /// Whether a person has deleted a conversation from here, and the server has done so.
    ///
    /// - Parameter id: the conversation.
    /// - Returns: `false` also for a conversation that is not here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func isDeletedFromHere(_ id: RemoteID) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql:
                    "SELECT EXISTS (SELECT 1 FROM conversation c WHERE c.remote_id = ? AND \(Store.isDeletedFromHere))",
                arguments: [id.rawValue])
        }
    }

    /// Whether our own start or restart has just made a conversation that no read has shown yet: a replica of the
    /// server may still lack it.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - moment: the earliest moment at which the write may have been sent to count as just made.
    ///   - now: the present moment; a write that was sent later was sent before the clock was set back.
    /// - Returns: `false` for a conversation that a read has shown, and for one that is not here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func isUnseen(
        _ id: RemoteID, madeSince moment: Timestamp, until now: Timestamp
    ) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM conversation c JOIN operation o ON o.conversation = c.key
                        WHERE c.remote_id = ? AND c.raw IS NULL AND o.kind IN ('start', 'restart') AND o.sent BETWEEN ? AND ?)
                    """,
                arguments: [id.rawValue, moment.microseconds, now.microseconds])
        }
    }

    /// Marks conversations as deleted on the server; their entries stay.
    ///
    /// Conversations that are marked already keep their time. Those of the previous account are not marked: the current
    /// account's key cannot tell whether they exist.
    ///
    /// - Parameters:
    ///   - ids: the conversations.
    ///   - isAccepted: whether a person has accepted the deletions. Then no conversation that is marked by now counts
    ///     in ``DeletionCensus/recentlyMarked`` any more.
    ///   - claim: with whose key it was found out; `nil` where that is known.
    /// - Throws: ``StoreError`` if the file cannot be written, or belongs to somebody else by now; nothing is changed then.
    package func markDeletedRemotely(
        _ ids: [RemoteID], isAccepted: Bool = false, readWith claim: OwnerClaim? = nil
    ) throws(StoreError) {
        let now = environment.now().text
        try write { database in
            try require(database, claim)
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE conversation SET deleted_remotely_at = ?,
                        -- A replica may have denied one whose first turn is under way; it is watched on when it is back.
                        history_due = CASE WHEN history_outdated_readings < 0 THEN history_due END
                    WHERE remote_id = ? AND deleted_remotely_at IS NULL AND other_account = 0
                    """)
            for id in ids { try statement.execute(arguments: [now, id.rawValue]) }
            if isAccepted { try StoreMetadataKey.set(database, .deletionsAccepted, now) }
        }
    }
}
