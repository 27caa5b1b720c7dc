public import ConvoModel
import ConvoSQLite

/// The outbox as the engine moves it: every transition is one transaction, and starts from a state that allows it.
extension Store {
    /// Run by whoever has just taken the engine's lock: a write that is `sending` has lost its sender, and with it
    /// the answer. In a copy of another database every open write is held, with the reason `copied`.
    ///
    /// - Returns: how many are now in doubt.
    @discardableResult
    public func recoverInterrupted() throws(StoreError) -> Int {
        let isNeeded = try read { database in
            try database.isTrue(sql: "SELECT EXISTS (SELECT 1 FROM operation WHERE state = 'sending')")
                || !isOriginal(database)
        }
        guard isNeeded else { return 0 }
        return try writeDurably { database in
            try claimInstance(database)
            try database.execute(
                sql: """
                    UPDATE operation SET state = 'in_doubt', doubted = ?, doubted_uptime = ?, doubted_boot = ?,
                        next_attempt = NULL, reason_code = 'interrupted', reason_message = 'the sender stopped before the answer came'
                    WHERE state = 'sending'
                    """,
                arguments: StatementArguments(doubt()))
            return database.changesCount
        }
    }

    /// Commits, before the first byte leaves, that an operation is on its way.
    ///
    /// - Returns: `false` where it is no longer queued (cancelled, perhaps): then it must not be sent.
    /// - Throws: ``StoreError``, and it must not be sent then; ``StoreError/replaced(path:)`` where this is no longer the
    ///   file of that name: what is there now may hold the same write.
    public func markSending(_ id: OperationID, base: OutboxItem.Base?) throws(StoreError) -> Bool {
        let counted = try writeDurably { database -> InstanceFile.Content? in
            try claimInstance(database)
            let hasMoved = try move(
                database, id, from: [.queued], to: .sending, reason: nil,
                set: """
                    sent = ?, attempts = attempts + 1, base_entry_id = ?, base_count = ?, base_version = ?, doubted = NULL,
                    doubted_uptime = NULL, doubted_boot = NULL
                    """,
                [environment.now().microseconds, base?.entryID?.rawValue, base?.count, base?.version])
            return hasMoved ? try countSend(database) : nil
        }
        guard let counted else { return false }
        try confirmSend(counted)
        return true
    }

    /// The answer was lost.
    public func markInDoubt(
        _ id: OperationID, reason: OutboxItem.Reason, nextAttempt: Timestamp
    ) throws(StoreError) {
        _ = try transition(
            id, from: [.sending, .inDoubt], to: .inDoubt, reason: reason,
            set: """
                doubted = IFNULL(doubted, ?), doubted_uptime = IFNULL(doubted_uptime, ?),
                doubted_boot = IFNULL(doubted_boot, ?), next_attempt = ?
                """,
            doubt() + [nextAttempt.microseconds])
    }

    /// From now on, as the three columns say it.
    func doubt() -> [(any DatabaseValueConvertible)?] {
        let uptime = environment.uptime()
        return [environment.now().microseconds, uptime.microseconds, uptime.boot]
    }

    /// Back to the queue: certainly not on the server. `nextAttempt` says when it may be tried again.
    ///
    /// - Parameter state: the state that this was decided for. What is in doubt by now is not queued by a decision
    ///   that did not know of the doubt.
    public func markQueued(
        _ id: OperationID, from state: OperationState, reason: OutboxItem.Reason?, nextAttempt: Timestamp?
    ) throws(StoreError) {
        _ = try writeDurably { database in
            let blocker = state == .inDoubt ? try stopped(database, before: id) : nil
            return try move(
                database, id, from: Store.states(decidedFor: state), to: blocker == nil ? .queued : .held,
                reason: blocker.map { OutboxItem.Reason(code: Dependence.code, message: Dependence.message(on: $0)) }
                    ?? reason,
                set: "failures = failures + (state = 'in_doubt' AND reason_code LIKE 'http_5%'), next_attempt = ?",
                [nextAttempt?.microseconds])
        }
    }

    /// A refused or held operation that stands before this one in its conversation.
    func stopped(_ database: Database, before id: OperationID) throws -> OperationID? {
        try String.fetchOne(
            database,
            sql: """
                SELECT other.id FROM operation o JOIN operation other ON other.conversation = o.conversation
                WHERE o.id = ? AND other.sequence < o.sequence AND other.state IN ('refused', 'held')
                ORDER BY other.sequence LIMIT 1
                """,
            arguments: [id.rawValue]
        ).map { OperationID($0) }
    }

    private static func states(decidedFor state: OperationState) -> Set<OperationState> {
        state == .inDoubt ? [.inDoubt] : [.queued, .sending]
    }

    /// The server said no, or nothing can tell whether it said yes (`held`): the person decides. What comes after it
    /// in its conversation, and in branches that wait for it, is held.
    ///
    /// - Parameter known: the state that this was decided for, as for ``markQueued(_:from:reason:nextAttempt:)``.
    public func markStopped(
        _ id: OperationID, from known: OperationState, as state: OperationState, reason: OutboxItem.Reason
    ) throws(StoreError) {
        _ = try writeDurably { database in
            guard
                try move(
                    database, id, from: Store.states(decidedFor: known), to: state, reason: reason,
                    set: "next_attempt = NULL", [])
            else { return }
            try holdDependents(database, of: id)
        }
    }

    /// On the server. Takes in the answer where there is one; the history brings the rest. The answer to an exchange that
    /// the server does not store survives a power cut: nobody else has it.
    public func markDelivered(
        _ id: OperationID, as remoteID: RemoteID? = nil, response: ConversationResponse? = nil
    ) throws(StoreError) {
        let isOnlyHere = environment.syncsUnstoredAnswers ? try isUnstored(id) : false
        try write(isDurable: isOnlyHere) { database in
            guard
                let item = try OutboxItem.fetchOne(
                    database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue]),
                item.state == .sending || item.state == .inDoubt || item.state == .queued,
                let conversation = try ConversationRow.fetch(database, id: item.conversation)
            else { return }
            _ = try move(
                database, id, from: [.sending, .inDoubt, .queued], to: .delivered, reason: nil,
                set: "next_attempt = NULL, response = ?", [response?.raw.text])
            try unindex(database, operation: item.sequence, request: item.request)
            if let remoteID = remoteID ?? response?.conversationID { try name(database, conversation, remoteID) }
            if item.kind == .delete {
                try database.execute(
                    sql: "UPDATE conversation SET deleted_remotely_at = ? WHERE key = ?",
                    arguments: [environment.now().text, conversation.key])
            }
            try keep(database, response, of: item, in: conversation)
        }
    }

    /// Whether the server keeps nothing of it.
    func isUnstored(_ id: OperationID) throws(StoreError) -> Bool {
        try read { database in
            try String.fetchOne(database, sql: "SELECT request FROM operation WHERE id = ?", arguments: [id.rawValue])
        }.map { JSONText.stored($0)["store"]?.bool == false } ?? false
    }

    /// The answer's outputs are shown at once. Where the server stores nothing, the inputs are kept here as well, for
    /// no history will ever bring them.
    private func keep(
        _ database: Database, _ response: ConversationResponse?, of item: OutboxItem, in conversation: ConversationRow
    ) throws {
        guard let response else { return }
        let isLocalOnly = item.request["store"]?.bool == false
        if isLocalOnly, let inputs = try? Inputs(json: item.inputs) {
            let entries = inputs.asEntries.enumerated().map { number, entry in
                Entry(
                    raw: entry["id"] == nil ? entry.setting("id", to: .string("local_\(item.id)_\(number)")) : entry)
            }
            try add(database, entries, to: conversation.key, isLocalOnly: true)
        }
        try add(database, response.outputs, to: conversation.key, isLocalOnly: isLocalOnly)
        // The inputs and their ids are in the history alone: no history read before this one vouches for them.
        try database.execute(
            sql: "UPDATE conversation SET history_version = NULL WHERE key = ?", arguments: [conversation.key])
    }

    private func transition(
        _ id: OperationID, from states: Set<OperationState>, to state: OperationState,
        reason: OutboxItem.Reason? = nil, set: String, _ values: [(any DatabaseValueConvertible)?]
    ) throws(StoreError) -> Bool {
        try writeDurably { database in
            try move(database, id, from: states, to: state, reason: reason, set: set, values)
        }
    }

    func move(
        _ database: Database, _ id: OperationID, from states: Set<OperationState>, to state: OperationState,
        reason: OutboxItem.Reason?, set: String, _ values: [(any DatabaseValueConvertible)?]
    ) throws -> Bool {
        let allowed = states.map(\.rawValue).sorted()
        let partial = state == .inDoubt ? nil : try partial(database, of: id)
        try database.execute(
            sql: """
                UPDATE operation SET state = ?, reason_code = ?, reason_message = ?, reason_hint = ?, \(set)
                WHERE id = ? AND state IN (\(StatementArguments(allowed).placeholders))
                """,
            arguments: StatementArguments([state.rawValue, reason?.code, reason?.message, reason?.hint])
                + StatementArguments(values) + [id.rawValue] + StatementArguments(allowed))
        let hasMoved = database.changesCount > 0
        if hasMoved, let partial { try drop(database, partial, of: id) }
        return hasMoved
    }
}
