import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Which histories are to be read, and which again: an answer is awaited, or the last reading may have been an old one.
extension Store {
    /// The conversations whose history has to be fetched, newest activity first.
    ///
    /// Their stored history is missing, or belongs to another `updated_at`, or its ``HistoryRecheck`` is due. Those
    /// whose history is known to be unreadable at this `updated_at` are left out.
    ///
    /// - Parameters:
    ///   - limit: the largest number of conversations to return. A result that is as long may hide more.
    ///   - now: the present moment by this machine's clock.
    /// - Returns: the conversations, each with the `updated_at` that its history is to be stored for.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func staleConversations(limit: Int, now: Timestamp) throws(StoreError) -> [StaleConversation] {
        try read { database in
            // Each half has an index of its own, so conversations that are up to date are not read.
            let isMirrored =
                "remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0 AND other_account = 0"
            return try Row.fetchAll(
                database,
                sql: """
                    SELECT id, remote_id, updated_at, activity FROM (
                        SELECT id, remote_id, updated_at, activity FROM conversation
                        WHERE \(isMirrored) AND history_version IS NOT updated_at
                            AND unreadable_version IS NOT updated_at ORDER BY activity DESC LIMIT ?3)
                    UNION SELECT id, remote_id, updated_at, activity FROM conversation
                    WHERE \(isMirrored) AND history_due IS NOT NULL AND (history_due <= ?1 OR history_due > ?1 + ?2)
                            AND unreadable_version IS NOT updated_at
                    ORDER BY activity DESC, id LIMIT ?3
                    """,
                arguments: [now.microseconds, HistoryRecheck.longestWaitMicroseconds, limit]
            ).map { row in
                StaleConversation(
                    id: LocalID(row["id"]), remoteID: RemoteID(row["remote_id"]), version: row["updated_at"])
            }
        }
    }

    /// What the store knows of a conversation's history before it merges another reading of it.
    struct RecheckState {
        let createdAt: Timestamp?
        /// The decision after the last reading; `nil` if that was of another version.
        var before: HistoryRecheck?
        /// The recheck by which the answer to an unanswered turn was awaited, of whatever version; `nil` if none was.
        let otherWait: HistoryRecheck?
        /// Whether the stored history is of another version.
        let hasMoved: Bool
        /// Whether this version is the one that our own last turn left.
        let isOurs: Bool
        /// Whether the engine was to read the history again when the store forgot of which version it is.
        let wasReadingDue: Bool
        /// Whether the last reading of this version was to be followed by another one.
        var isReadingDue: Bool { wasReadingDue || before.map { $0.due.microseconds > 0 } ?? false }

        /// Goes on with the wait of another version, for a history that has brought nothing new.
        ///
        /// The server's list and its `get` may give different values of `updated_at`. Without this, the store would
        /// begin the wait anew at each reading and never end it.
        mutating func keepWaiting() { before = before ?? otherWait }
    }

    func recheckState(_ database: Database, of key: Int64, _ version: String) throws -> RecheckState {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT created_at, history_version, history_due, history_looks, history_outdated,
                        history_outdated_readings, own_version
                    FROM conversation WHERE key = ?
                    """),
            arguments: [key])
        guard let row else {
            return RecheckState(
                createdAt: nil, before: nil, otherWait: nil, hasMoved: false, isOurs: false, wasReadingDue: false)
        }
        let held: String? = row["history_version"]
        let isSame = held.hasSameBytes(as: version)
        let readings: Int = row["history_outdated_readings"]
        let isOutdated: Bool = row["history_outdated"]
        let last = HistoryRecheck(
            attempts: row["history_looks"], due: Timestamp(microseconds: row["history_due"] ?? 0),
            cause: isOutdated ? (readings < 0 ? .firstTurn : .outdated) : .unanswered,
            outdatedReadings: max(readings, 0), firstTurnReadings: max(-readings, 0))
        let isWaiting = !row.isNull("history_due") && last.cause == .unanswered
        return RecheckState(
            createdAt: Timestamp(row["created_at"] as String), before: isSame ? last : nil,
            otherWait: isWaiting ? last : nil, hasMoved: held != nil && !isSame,
            isOurs: (row["own_version"] as String?).hasSameBytes(as: version),
            wasReadingDue: held == nil && !row.isNull("history_due"))
    }

    func hasGap(_ database: Database, _ intake: FetchedHistory, _ state: RecheckState) throws -> Bool {
        guard !state.isOurs, let updatedAt = Timestamp(lenient: intake.version),
            HistoryRecheck.isGap(between: intake.history.entries, and: updatedAt)
        else { return false }
        return try isRecent(database, updatedAt)
    }

    /// Whether the message or call with which the history of a first turn ends may stand in its middle: the model may say something before
    /// it uses a tool or hands over to another agent. To be asked before the history is merged.
    ///
    /// The answer to our own start is held before its history is read, and ends the turn.
    func mayGoOn(
        _ database: Database, _ intake: FetchedHistory, of conversation: ConversationRow, _ state: RecheckState
    ) throws -> Bool {
        guard !environment.believesFirstMessages, let createdAt = state.createdAt,
            let updatedAt = Timestamp(lenient: intake.version),
            HistoryRecheck.isFirstTurn(createdAt: createdAt, updatedAt: updatedAt),
            let last = HistoryRecheck.lastTold(intake.history.entries),
            !HistoryRecheck.lacksAnswer(intake.history.entries, createdAt: createdAt)
        else { return false }
        // A stream that broke may have brought this message (`local_only`); the answer may come behind it.
        let isHeld = try database.isTrue(
            sql: """
                SELECT EXISTS (SELECT 1 FROM entry
                    WHERE id = ? AND conversation = ? AND local_only = 0 AND dropped_at IS NULL)
                """,
            arguments: [last.id?.rawValue, conversation.key])
        // While another reading is due, a stale one may have come in between.
        guard !isHeld || (state.isReadingDue && !state.isOurs) else { return false }
        return try isRecent(database, updatedAt) && hasTools(database, conversation)
    }

    private func hasTools(_ database: Database, _ conversation: ConversationRow) throws -> Bool {
        if conversation.agentID != nil { return true }
        let raw = try String.fetchOne(
            database, sql: "SELECT raw FROM conversation WHERE key = ?", arguments: [conversation.key])
        return raw.map { JSONText.stored($0)["tools"]?.elements.isEmpty == false } ?? false
    }

    private func isRecent(_ database: Database, _ updatedAt: Timestamp) throws -> Bool {
        if HistoryRecheck.isRecent(updatedAt, at: environment.now()) { return true }
        // Our clock may be wrong. The server's shows at least the newest change that the list has told of.
        return try newestChange(database).map { HistoryRecheck.isRecent(updatedAt, at: $0) } ?? false
    }

    /// The latest `updated_at` of the conversations with the newest activity, which the server's clock has passed; `nil` if
    /// none is known.
    package func newestChange() throws(StoreError) -> Timestamp? { try read { try newestChange($0) } }

    /// The latest `updated_at` of the conversations with the newest activity.
    ///
    /// A conversation that the server has not described yet has a time by our own clock, which does not count here.
    private func newestChange(_ database: Database) throws -> Timestamp? {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT updated_at FROM conversation WHERE raw IS NOT NULL ORDER BY activity DESC LIMIT 10
                    """)
        ).compactMap { Timestamp(lenient: $0) }.max()
    }

    /// Records that the stored history belongs to the `updated_at` that was read before it, and whether and when it is
    /// to be read again.
    func settle(
        _ database: Database, _ key: Int64, _ intake: FetchedHistory, _ state: RecheckState, isOutdated: Bool,
        mayGoOn: Bool
    ) throws {
        let next = HistoryRecheck.next(
            after: state.before, entries: intake.history.entries, createdAt: state.createdAt, isOutdated: isOutdated,
            mayGoOn: mayGoOn, now: environment.now())
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET history_version = ?, history_due = ?, history_looks = ?, history_outdated = ?,
                    history_outdated_readings = ?
                WHERE key = ?
                """
        ).execute(arguments: [
            intake.version, next?.due.microseconds, next?.attempts ?? state.before?.attempts ?? 0,
            next.map { $0.cause != .unanswered } ?? false,
            // Below zero: the readings of a first turn, which prove nothing about what a history leaves out.
            next.map { $0.firstTurnReadings > 0 ? -$0.firstTurnReadings : $0.outdatedReadings } ?? 0, key,
        ])
    }
}
