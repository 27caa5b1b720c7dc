import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// The outbox as a person reads and changes it.
extension Store {
    /// The writes of the outbox in the order of acceptance; with `all`, delivered and cancelled ones too.
    public func outbox(all: Bool = false) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection
                    + (all ? "" : " WHERE o.state NOT IN ('delivered', 'cancelled')") + " ORDER BY o.sequence")
        }
    }

    /// Retries a write, durably, and wakes a daemon.
    ///
    /// - A refused or held write goes back into the queue, with the writes that were held only because of it. Its
    ///   writer counts as having seen the mirror's last entry.
    /// - A queued write need not wait for its next attempt any more.
    /// - A write in doubt is looked for on the server at once; it is still not sent before the server is known not to
    ///   have it.
    /// - A write that is held as `copied`, or that was under way when the database changed hands, becomes in doubt: the
    ///   engine looks for it on the server first. So does a start or restart whose answer was lost and whose conversation a
    ///   pull has found since.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, delivered or cancelled, or waits for another one that is refused or held;
    ///   ``StoreError/accountBefore(_:)`` if its conversation, or that one's parent, belongs to the previous account.
    ///   Nothing is changed then.
    public func retry(_ id: OperationID) throws(StoreError) {
        try writeDurably { database in
            try claimInstance(database)
            try retry(database, try require(database, id))
        }
        notifyListener()
    }

    /// Retries every write in some states, as ``retry(_:)`` does, in one durable transaction.
    ///
    /// Skips each write that ``retry(_:)`` would refuse. A write that is held because of another one is released when
    /// that one is retried.
    ///
    /// - Parameter states: the states; only writes that are queued, in doubt, refused or held can be retried.
    /// - Returns: the writes that were retried themselves, in the order of acceptance.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    public func retryAll(in states: Set<OperationState>) throws(StoreError) -> [OperationID] {
        let retried = try writeDurably { database in
            try claimInstance(database)
            var retried: [OperationID] = []
            for item in try open(database, in: states.intersection([.queued, .inDoubt, .refused, .held])) {
                do {
                    try retry(database, item)
                    retried.append(item.id)
                } catch StoreError.wrongState {  // it waits for another one, which comes first
                } catch StoreError.accountBefore {}  // it stays held
            }
            return retried
        }
        notifyListener()
        return retried
    }

    private func retry(_ database: Database, _ item: OutboxItem) throws {
        // A program that was told of a failure did not want it sent again; the person does.
        try database.execute(sql: "UPDATE request SET is_wanted = 1 WHERE operation = ?", arguments: [item.sequence])
        if try isLookedForFirst(database, item) {
            try requireOwnConversation(database, of: item)
            return try lookAgain(database, for: item)
        }
        switch item.state {
        case .queued, .inDoubt:
            try database.execute(
                sql: "UPDATE operation SET next_attempt = NULL WHERE id = ?", arguments: [item.id.rawValue])
        case .held where item.reason?.code == OutboxItem.Reason.copied.code:
            // The engine looks for it in its conversation, which does not exist before the stopped write is delivered.
            if item.remoteID == nil, try stopped(database, before: item.id) != nil {
                throw StoreError.wrongState(item.id, state: item.state, action: "retried")
            }
            // `seen_entry_id` stays: the engine looks behind that entry for the write that the original may have sent.
            _ = try move(
                database, item.id, from: [.held], to: .inDoubt, reason: .copied,
                set: """
                    next_attempt = NULL, failures = 0, base_count = NULL, doubted = ?,
                    doubted_uptime = ?, doubted_boot = ?
                    """, present())
            try releaseDependents(database, of: item)
        case .refused where item.reason?.code != Dependence.code, .held where item.reason?.code != Dependence.code:
            try requireOwnConversation(database, of: item)
            _ = try move(
                database, item.id, from: [item.state], to: .queued, reason: nil,
                // The person has decided knowing what others wrote, so the mirror's last entry counts as seen.
                set: """
                    next_attempt = NULL, failures = 0, seen_entry_id =
                        (SELECT \(Store.tip) FROM conversation c WHERE c.key = operation.conversation)
                    """, [])
            try releaseDependents(database, of: item)
        default:
            throw StoreError.wrongState(item.id, state: item.state, action: "retried")
        }
    }

    /// Whether a held write was under way when the database changed hands, or a start or restart whose answer was lost has a
    /// conversation by now: a retry looks for it.
    private func isLookedForFirst(_ database: Database, _ item: OutboxItem) throws -> Bool {
        guard item.state == .held, item.doubtedAt != nil else { return false }
        if item.reason?.code == OutboxItem.Reason.otherOwnerCode { return true }
        guard item.kind == .start || item.kind == .restart, let id = item.remoteID,
            ![Dependence.code, OutboxItem.Reason.copiedCode].contains(item.reason?.code)
        else { return false }
        // One that the server has lost since is made again.
        let conversation = try ConversationRow.fetch(database, remoteID: id)
        return item.reason?.code != OutboxItem.Reason.goneCode && conversation?.isGoneRemotely == false
    }

    /// Makes a held write in doubt: it was under way when the database changed hands, or its conversation has been found,
    /// and the engine looks for it first.
    func lookAgain(_ database: Database, for item: OutboxItem) throws {
        _ = try move(
            database, item.id, from: [.held], to: .inDoubt, reason: item.reason,
            set: "next_attempt = NULL, failures = 0", [])
        try releaseDependents(database, of: item)
    }

    /// Throws if a write goes to a conversation of the previous account, or to a branch of one: the current account
    /// cannot deliver it.
    private func requireOwnConversation(_ database: Database, of item: OutboxItem) throws {
        for id in [item.remoteID, item.parentRemoteID].compactMap(\.self) {
            if let conversation = try ConversationRow.fetch(database, remoteID: id), conversation.isFromAccountBefore {
                throw StoreError.accountBefore(conversation.id)
            }
        }
    }

    /// Cancels a queued, refused or held write, durably, and wakes a daemon.
    ///
    /// Cancelling a start or restart cancels every open write behind it too, and hides the conversation that it would
    /// have made; a conversation that the server has named meanwhile stays. Otherwise the writes that were held only because of this one go back into the queue.
    ///
    /// - Parameter id: the write.
    /// - Returns: every write that was cancelled.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, in doubt, delivered or cancelled. Nothing is changed then.
    public func cancel(_ id: OperationID) throws(StoreError) -> [OperationID] {
        let cancelled = try writeDurably { database in try cancel(database, with: try require(database, id)) }
        notifyListener()
        return cancelled
    }

    /// Cancels every write in some states, as ``cancel(_:)`` does, in one durable transaction.
    ///
    /// - Parameter states: the states; only writes that are queued, refused or held can be cancelled.
    /// - Returns: every write that was cancelled, those behind a start or restart included.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    public func cancelAll(in states: Set<OperationState>) throws(StoreError) -> [OperationID] {
        let cancelled = try writeDurably { database in
            var cancelled: Set<OperationID> = []
            var inOrder: [OperationID] = []
            for item in try open(database, in: states.intersection(Store.cancellable))
            where !cancelled.contains(item.id) {
                let victims = try cancel(database, with: item)
                inOrder += victims.filter { !cancelled.contains($0) }
                cancelled.formUnion(victims)
            }
            return inOrder
        }
        notifyListener()
        return cancelled
    }

    private static let cancellable: Set<OperationState> = [.queued, .refused, .held]

    /// Throws if the write is in no state in which it can be cancelled.
    func requireCancellable(_ item: OutboxItem) throws {
        guard Store.cancellable.contains(item.state) else {
            throw StoreError.wrongState(item.id, state: item.state, action: "cancelled")
        }
    }

    func cancel(_ database: Database, with item: OutboxItem) throws -> [OperationID] {
        try requireCancellable(item)
        guard item.kind == .start || item.kind == .restart else {
            try cancel(database, item)
            // A write that was itself held by another one releases nothing: the other one still blocks the rest.
            if item.reason?.code != Dependence.code { try releaseDependents(database, of: item) }
            return [item.id]
        }
        try holdUnfindable(
            database, behind: item,
            reason: OutboxItem.Reason(code: Dependence.code, message: Dependence.message(on: item.id)))
        // A write that is under way or in doubt is not cancelled.
        let victims = try (dependents(database, of: item) + [item]).filter { try cancel(database, $0) }
        for victim in victims where victim.kind == .start || victim.kind == .restart {
            if let conversation = try ConversationRow.fetch(database, id: victim.conversation) {
                try withdraw(database, conversation)
            }
        }
        return victims.map(\.id)
    }

    /// The writes in these states, in the order of acceptance.
    private func open(_ database: Database, in states: Set<OperationState>) throws -> [OutboxItem] {
        let names = StatementArguments(states.map(\.rawValue).sorted())
        return try OutboxItem.fetchAll(
            database, sql: OutboxItem.selection + " WHERE o.state IN (\(names.placeholders)) ORDER BY o.sequence",
            arguments: names)
    }

    /// Replaces the inputs of a queued, refused or held write, durably; its state and its place in the order stay.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - inputs: the new inputs of its request.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, in doubt, delivered, cancelled or a deletion, or may be on the server already as it is: in a copied database,
    ///   or when it was under way as the database changed hands; ``StoreError/invalidRequest(_:)`` or
    ///   ``StoreError/requestTooLarge(bytes:limit:)`` if the inputs cannot be sent. Nothing is changed then.
    public func edit(_ id: OperationID, inputs: Inputs) throws(StoreError) {
        try writeDurably { database in
            try claimInstance(database)
            let item = try require(database, id)
            // Its text is what the engine looks for.
            let mayBeThere = try item.reason?.code == OutboxItem.Reason.copiedCode || isLookedForFirst(database, item)
            guard [.queued, .refused, .held].contains(item.state), item.kind != .delete, !mayBeThere else {
                throw StoreError.wrongState(id, state: item.state, action: "edited")
            }
            let request = item.request.setting("inputs", to: inputs.json)
            try Store.checkInputs(request)
            try unindex(database, operation: item.sequence, request: item.request)
            try database.execute(
                sql: "UPDATE operation SET request = ? WHERE id = ?", arguments: [request.text, id.rawValue])
            try index(database, operation: item.sequence, request: request)
        }
    }

    /// - Returns: whether the write was in a state in which it can be cancelled.
    @discardableResult
    private func cancel(_ database: Database, _ item: OutboxItem) throws -> Bool {
        let isCancelled = try move(
            database, item.id, from: [.queued, .refused, .held], to: .cancelled, reason: nil,
            set: "next_attempt = NULL", [])
        if isCancelled { try unindex(database, operation: item.sequence, request: item.request) }
        return isCancelled
    }

    func require(_ database: Database, _ id: OperationID) throws -> OutboxItem {
        guard
            let item = try OutboxItem.fetchOne(
                database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue])
        else { throw StoreError.noSuchOperation(id.rawValue) }
        return item
    }

    /// Holds the queued writes behind one that was refused or held.
    func holdDependents(_ database: Database, of id: OperationID) throws {
        let item = try require(database, id)
        let reason = OutboxItem.Reason(
            code: Dependence.code, message: Dependence.message(on: id))
        for dependent in try dependents(database, of: item) where dependent.state == .queued {
            _ = try move(
                database, dependent.id, from: [.queued], to: .held, reason: reason, set: "next_attempt = NULL", [])
        }
        try holdUnfindable(database, behind: item, reason: reason)
    }

    /// Holds the writes behind another one that are in doubt, and whose conversation is not known: another copy may have sent
    /// them, and the engine cannot look for them.
    private func holdUnfindable(_ database: Database, behind item: OutboxItem, reason: OutboxItem.Reason) throws {
        for dependent in try dependents(database, of: item)
        where dependent.state == .inDoubt && dependent.remoteID == nil {
            _ = try move(
                database, dependent.id, from: [.inDoubt], to: .held, reason: dependent.reason ?? reason,
                set: "next_attempt = NULL", [])
        }
    }

    /// Queues the writes that were held only because of an operation, in each conversation up to the next write that is
    /// refused or held for a reason of its own.
    private func releaseDependents(_ database: Database, of item: OutboxItem) throws {
        var blocked: Set<LocalID> = []
        for dependent in try dependents(database, of: item)
        where dependent.state == .held || dependent.state == .refused {
            if dependent.reason?.code != Dependence.code { blocked.insert(dependent.conversation) }
            guard !blocked.contains(dependent.conversation) else { continue }
            _ = try move(
                database, dependent.id, from: [.held], to: .queued, reason: nil, set: "next_attempt = NULL", [])
        }
    }

    /// The open writes behind an operation in its conversation and, while that conversation is not on the server, in
    /// the branches that will be made from it, in the order of acceptance.
    func dependents(_ database: Database, of item: OutboxItem) throws -> [OutboxItem] {
        try OutboxItem.fetchAll(
            database,
            sql: """
                WITH RECURSIVE family (key) AS (
                    SELECT key FROM conversation WHERE id = ?
                    UNION SELECT c.key FROM conversation c JOIN family f ON c.parent = f.key
                    WHERE (SELECT remote_id FROM conversation WHERE key = f.key) IS NULL
                ) \(OutboxItem.selection) JOIN family ON family.key = o.conversation
                WHERE o.sequence > ? AND o.state NOT IN ('delivered', 'cancelled') ORDER BY o.sequence
                """,
            arguments: [item.conversation.rawValue, item.sequence])
    }
}
