import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// The outbox as the engine changes it: every transition is one transaction, and starts from a state that allows it.
extension Store {
    /// Marks writes as in doubt whose sender died; in a copy of a database, holds every open write with the reason
    /// `copied`.
    ///
    /// Call it after taking the engine's lock (``ConvoIPC/FileLock/Purpose``): a write that is `sending` then has lost its
    /// sender, and with it the answer. If there is nothing to do, this only reads.
    ///
    /// - Returns: how many writes became in doubt.
    /// - Throws: ``StoreError`` if the file cannot be written, ``StoreError/replaced(path:)`` if another file has its
    ///   name now; nothing is changed then.
    @discardableResult
    package func recoverInterrupted() throws(StoreError) -> Int {
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
                arguments: StatementArguments(present()))
            return database.changesCount
        }
    }

    /// Commits durably that a write is being sent; call it before the first byte is sent.
    ///
    /// It also counts the send, in the database and in the file `<database>.instance`, and waits until the disk has
    /// both.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - base: the end of the conversation that an append goes to; `nil` for other kinds.
    /// - Returns: the write as it is to be sent: a person may have edited it since it was found ready, and cannot from here
    ///   on. `nil` if it must not be sent, because it is no longer queued (a person may have cancelled it).
    /// - Throws: ``StoreError``, and the write must not be sent then; ``StoreError/replaced(path:)`` if another file
    ///   has the database's name now: that one may hold the same write.
    package func markSending(_ id: OperationID, base: OutboxItem.Base?) throws(StoreError) -> OutboxItem? {
        let sending = try writeDurably { database -> (item: OutboxItem, count: InstanceFile.Content)? in
            try claimInstance(database)
            // Since it was found ready, a person may have let another one go that may be on the server already.
            let isBehindDoubt = try database.isTrue(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM operation o JOIN conversation c ON c.key = o.conversation
                        JOIN operation doubtful ON doubtful.conversation = o.conversation AND doubtful.id <> o.id
                        WHERE o.id = ? AND c.remote_id IS NOT NULL AND doubtful.kind <> 'delete'
                            AND doubtful.state IN ('sending', 'in_doubt'))
                    """, arguments: [id.rawValue])
            guard !isBehindDoubt else { return nil }
            let hasMoved = try move(
                database, id, from: [.queued], to: .sending, reason: nil,
                set: """
                    sent = ?, attempts = attempts + 1, base_entry_id = ?, base_count = ?, base_version = ?, doubted = NULL,
                    doubted_uptime = NULL, doubted_boot = NULL
                    """,
                [
                    environment.now().microseconds, base?.entryID?.rawValue, base.map { _ in 1 },
                    base?.version,
                ])
            guard hasMoved, let item = try OutboxItem.fetchOne(database, id) else { return nil }
            return (item, try countSend(database))
        }
        guard let sending else { return nil }
        try confirmSend(sending.count)
        return sending.item
    }

    /// Marks a write as in doubt after its answer was lost, or after a read could not tell whether it arrived; durable.
    ///
    /// The moment at which the answer was lost is kept from the first call, unless the machine was started anew and its clock
    /// says now that this moment is still to come: the doubt begins again then, because nothing else would end it. A write
    /// that is neither being sent nor in doubt stays as it is.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - reason: why it is in doubt.
    ///   - nextAttempt: when the engine may look for it on the server.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func markInDoubt(
        _ id: OperationID, reason: OutboxItem.Reason, nextAttempt: Timestamp
    ) throws(StoreError) {
        let moment = present()
        let begins = "IFNULL(doubted > ? AND doubted_boot <> ?, 1)"
        let condition: [(any DatabaseValueConvertible)?] = [moment[0], moment[2]]
        _ = try transition(
            id, from: [.sending, .inDoubt], to: .inDoubt, reason: reason,
            set: """
                doubted = iif(\(begins), ?, doubted), doubted_uptime = iif(\(begins), ?, doubted_uptime),
                doubted_boot = iif(\(begins), ?, doubted_boot), next_attempt = ?
                """,
            moment.flatMap { condition + [$0] } + [nextAttempt.microseconds])
    }

    /// The present moment by the wall clock, and by the time since the machine's start, with the name of that start: as the values
    /// of `doubted`, `doubted_uptime` and `doubted_boot`.
    func present() -> [(any DatabaseValueConvertible)?] {
        let uptime = environment.uptime()
        return [environment.now().microseconds, uptime.microseconds, uptime.boot]
    }

    /// Puts a write that is certainly not on the server back into the queue, durably.
    ///
    /// A write that was in doubt is held instead if another one before it in its conversation is refused or held; it is given up
    /// instead if its client was told that it failed (``noteUnwanted(_:)``). A start or restart whose conversation a pull has
    /// recognised since it was looked for stays in doubt.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - state: the state for which the engine decided this. A write that has become in doubt since stays as it is,
    ///     because the decision did not consider the doubt.
    ///   - reason: why it is queued again; `nil` if there is nothing to say.
    ///   - nextAttempt: when the engine may send it again; `nil` for at once.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func markQueued(
        _ id: OperationID, from state: OperationState, reason: OutboxItem.Reason?, nextAttempt: Timestamp?
    ) throws(StoreError) {
        _ = try writeDurably { database in
            if state == .inDoubt, try isNamedCreation(database, id) { return false }
            if state == .inDoubt, try isUnwanted(database, id), try abandon(database, id) { return true }
            let blocker = state == .inDoubt ? try stopped(database, before: id) : nil
            return try move(
                database, id, from: Store.states(decidedFor: state), to: blocker == nil ? .queued : .held,
                reason: blocker.map { Dependence.reason(on: $0) } ?? reason,
                set: "failures = failures + (state = 'in_doubt' AND reason_code LIKE 'http_5%'), next_attempt = ?",
                [nextAttempt?.microseconds])
        }
    }

    /// Whether the write is a start or restart whose conversation is known.
    private func isNamedCreation(_ database: Database, _ id: OperationID) throws -> Bool {
        let item = try OutboxItem.fetchOne(database, id)
        return item?.kind.makesConversation == true && item?.remoteID != nil
    }

    /// The first refused or held operation before this one in its conversation.
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

    /// Marks a write as refused by the server, or as held because nobody can tell whether it arrived, durably: a person
    /// decides what follows.
    ///
    /// The queued writes behind it in its conversation, and in branches that wait for it, are held. After a refusal the history
    /// is read again before the next append: the server may have kept the inputs that it refused.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - known: the state for which the engine decided this, as in ``markQueued(_:from:reason:nextAttempt:)``.
    ///   - state: ``OperationState/refused`` or ``OperationState/held``.
    ///   - reason: why, for the person.
    ///   - isUnnamed: whether the engine decided this for a start or restart whose conversation was not known. If a pull has
    ///     recognised it since, nothing is changed: the next look begins there.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func markStopped(
        _ id: OperationID, from known: OperationState, as state: OperationState, reason: OutboxItem.Reason,
        isUnnamed: Bool = false
    ) throws(StoreError) {
        _ = try writeDurably { database in
            if isUnnamed, known == .inDoubt, try isNamedCreation(database, id) { return }
            if state == .refused {
                try database.execute(
                    sql: """
                        UPDATE conversation SET history_version = NULL, own_version = NULL
                        WHERE key = (SELECT conversation FROM operation WHERE id = ? AND kind = 'append' AND attempts > 0)
                        """,
                    arguments: [id.rawValue])
            }
            guard
                try move(
                    database, id, from: Store.states(decidedFor: known), to: state, reason: reason,
                    set: "next_attempt = NULL", [])
            else { return }
            try holdDependents(database, of: id)
        }
    }

    /// Marks a write as delivered, and stores the response's outputs; the history brings the inputs.
    ///
    /// A delivered deletion marks the conversation as deleted on the server. If the server does not store the exchange
    /// (`store: false`), the inputs are stored here too, and the transaction is durable: nobody else has them. A write
    /// that is not queued, being sent or in doubt stays as it is.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - remoteID: the conversation that a start or restart made, where no response names it; `nil` if it is not
    ///     known. If a pull took another conversation for it, that one becomes a conversation of its own.
    ///   - response: the server's response; `nil` if it was lost, or the write is a deletion.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func markDelivered(
        _ id: OperationID, as remoteID: RemoteID? = nil, response: ConversationResponse? = nil
    ) throws(StoreError) {
        try write(durablyIf: { database in try environment.syncsUnstoredAnswers && isUnstored(database, id) }) {
            database in
            guard let item = try OutboxItem.fetchOne(database, id),
                item.state == .sending || item.state == .inDoubt || item.state == .queued,
                let conversation = try ConversationRow.fetch(database, id: item.conversation)
            else { return }
            _ = try move(
                database, id, from: [.sending, .inDoubt, .queued], to: .delivered, reason: nil,
                set: "next_attempt = NULL, response = ?", [response?.raw.text])
            if let remoteID = remoteID ?? response?.conversationID {
                try name(database, conversation, remoteID, after: item.kind)
            }
            if item.kind == .delete {
                try database.execute(
                    sql: "UPDATE conversation SET deleted_remotely_at = ? WHERE key = ?",
                    arguments: [environment.now().text, conversation.key])
            }
            try keep(database, response, of: item, in: conversation)
            // Last, because the index is written to the disk where a row id is smaller than the one before.
            try unindex(database, operation: item.sequence, request: item.request)
        }
    }

    /// Whether the server does not store the exchange (`store: false`).
    func isUnstored(_ database: Database, _ id: OperationID) throws -> Bool {
        try String.fetchOne(database, sql: "SELECT request FROM operation WHERE id = ?", arguments: [id.rawValue])
            .map { JSONText.stored($0)["store"]?.bool == false } ?? false
    }

    /// Stores a response's outputs, which are shown at once; if the server stores nothing, the inputs too, because no
    /// history will ever bring them.
    private func keep(
        _ database: Database, _ response: ConversationResponse?, of item: OutboxItem, in conversation: ConversationRow
    ) throws {
        guard let response else { return }
        let isLocalOnly = item.request["store"]?.bool == false
        if isLocalOnly {
            let inputs = ((try? Inputs(json: item.inputs))?.asEntries ?? []).enumerated().map { number, entry in
                Entry(
                    raw: entry["id"] == nil ? entry.setting("id", to: .string("local_\(item.id)_\(number)")) : entry)
            }
            try addUnstored(database, inputs + response.outputs, to: conversation.key)
        } else {
            try add(database, response.outputs, to: conversation.key, isLocalOnly: false)
        }
        // Only the history has the inputs and their ids, so a history that was read before is out of date.
        try database.execute(
            sql: "UPDATE conversation SET history_version = NULL WHERE key = ? AND history_version IS NOT NULL",
            arguments: [conversation.key])
    }

    private func transition(
        _ id: OperationID, from states: Set<OperationState>, to state: OperationState,
        reason: OutboxItem.Reason? = nil, set: String, _ values: [(any DatabaseValueConvertible)?]
    ) throws(StoreError) -> Bool {
        try writeDurably { database in
            try move(database, id, from: states, to: state, reason: reason, set: set, values)
        }
    }

    /// Moves an operation to another state, if it is in one of `states`; removes the kept part of an answer when the
    /// doubt ends.
    ///
    /// - Returns: whether it has moved.
    func move(
        _ database: Database, _ id: OperationID, from states: Set<OperationState>, to state: OperationState,
        reason: OutboxItem.Reason?, set: String, _ values: [(any DatabaseValueConvertible)?]
    ) throws -> Bool {
        let allowed = states.map(\.rawValue).sorted()
        let partial = state == .inDoubt ? nil : try partial(database, of: id)
        try database.execute(
            sql: """
                UPDATE operation SET state = ?, reason_code = ?, reason_message = ?, \(set)
                WHERE id = ? AND state IN (\(StatementArguments(allowed).placeholders))
                """,
            arguments: StatementArguments([state.rawValue, reason?.code, reason?.message])
                + StatementArguments(values) + [id.rawValue] + StatementArguments(allowed))
        let hasMoved = database.changesCount > 0
        if hasMoved, state == .delivered { try noteRequestSettled(database, id) }
        if hasMoved, let partial { try drop(database, partial, of: id) }
        return hasMoved
    }
}
