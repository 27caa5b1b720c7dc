public import ConvoModel
import ConvoSQLite

/// The outbox as a person moves it.
extension Store {
    /// The operation of that id, or of the only one that begins so.
    public func operation(matching name: String) throws(StoreError) -> OutboxItem {
        try read { database in
            let items = try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection
                    + " WHERE o.id >= ?1 AND o.id < ?1 || char(127) ORDER BY o.sequence LIMIT 11",
                arguments: [name])
            if let exact = items.first(where: { $0.id.rawValue == name }) { return exact }
            guard let first = items.first, !name.isEmpty else { throw StoreError.noSuchOperation(name) }
            guard items.count == 1 else {
                throw StoreError.ambiguousOperation(name, candidates: items.map(\.id.rawValue))
            }
            return first
        }
    }

    /// The outbox in the order of acceptance; with `all`, what is delivered and cancelled too.
    public func outbox(all: Bool = false) throws(StoreError) -> [OutboxItem] {
        try read { database in
            try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection
                    + (all ? "" : " WHERE o.state NOT IN ('delivered', 'cancelled')") + " ORDER BY o.sequence")
        }
    }

    /// Puts a refused or held operation back into the queue, with what waited for it; and lets a queued one go at
    /// once. One in doubt is asked about again at once: it is still not sent blindly. Nor is one that is held as `copied`:
    /// it is in doubt then, from now on, and the server is searched for it.
    ///
    /// - Throws: ``StoreError/wrongState(_:state:action:)`` if it is delivered, cancelled, or held by another;
    ///   ``StoreError/accountBefore(_:)`` if its conversation is of the account before.
    public func retry(_ id: OperationID) throws(StoreError) {
        try writeDurably { database in
            try claimInstance(database)
            try retry(database, try require(database, id))
        }
        WakeupChannel.notify(beside: path)
    }

    /// Retries every operation in these states, as ``retry(_:)`` does, but for what waits for another one only: that goes
    /// with the other one. All in one transaction.
    ///
    /// - Returns: those that were retried, in the order of acceptance.
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
        WakeupChannel.notify(beside: path)
        return retried
    }

    private func retry(_ database: Database, _ item: OutboxItem) throws {
        switch item.state {
        case .queued, .inDoubt:
            try database.execute(
                sql: "UPDATE operation SET next_attempt = NULL WHERE id = ?", arguments: [item.id.rawValue])
        case .held where item.reason?.code == OutboxItem.Reason.copied.code:
            // It is looked for in its conversation, which a stopped write must make known first.
            if item.remoteID == nil, try stopped(database, before: item.id) != nil {
                throw StoreError.wrongState(item.id, state: item.state, action: "retried")
            }
            // What its writer had seen stays: the original's is looked for behind that.
            _ = try move(
                database, item.id, from: [.held], to: .inDoubt, reason: .copied,
                set: """
                    next_attempt = NULL, failures = 0, base_count = NULL, doubted = ?,
                    doubted_uptime = ?, doubted_boot = ?
                    """, doubt())
            try releaseDependents(database, of: item)
        case .held where item.reason?.code == OutboxItem.Reason.otherOwnerCode && item.doubtedAt != nil:
            try requireOwnConversation(database, of: item)
            // It was under way when the database changed hands: it is looked for first.
            _ = try move(
                database, item.id, from: [.held], to: .inDoubt, reason: item.reason,
                set: "next_attempt = NULL, failures = 0", [])
            try releaseDependents(database, of: item)
        case .refused where item.reason?.code != Dependence.code, .held where item.reason?.code != Dependence.code:
            try requireOwnConversation(database, of: item)
            _ = try move(
                database, item.id, from: [item.state], to: .queued, reason: nil,
                // The person has decided knowing what others wrote: that is seen now.
                set: """
                    next_attempt = NULL, failures = 0, seen_entry_id = (SELECT id FROM entry
                        WHERE conversation = operation.conversation AND dropped_at IS NULL
                        ORDER BY position DESC LIMIT 1)
                    """, [])
            try releaseDependents(database, of: item)
        default:
            throw StoreError.wrongState(item.id, state: item.state, action: "retried")
        }
    }

    /// A write to a conversation of the account before, or to a branch of one, has nowhere to go.
    private func requireOwnConversation(_ database: Database, of item: OutboxItem) throws {
        for id in [item.remoteID, item.parentRemoteID].compactMap(\.self) {
            if let conversation = try ConversationRow.fetch(database, remoteID: id), conversation.isFromAccountBefore {
                throw StoreError.accountBefore(conversation.id)
            }
        }
    }

    /// Takes an operation back that is certainly not on the server. Cancelling a start or restart takes back what is
    /// queued behind it too, and the conversation that it would have made.
    ///
    /// - Returns: every operation that was cancelled.
    /// - Throws: ``StoreError/wrongState(_:state:action:)`` if it is on its way, in doubt, delivered or cancelled.
    public func cancel(_ id: OperationID) throws(StoreError) -> [OperationID] {
        let cancelled = try writeDurably { database in try cancel(database, with: try require(database, id)) }
        WakeupChannel.notify(beside: path)
        return cancelled
    }

    /// Cancels every operation in these states that can be, as ``cancel(_:)`` does, and with it what goes along. All in one
    /// transaction.
    ///
    /// - Returns: every operation that was cancelled.
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
        WakeupChannel.notify(beside: path)
        return cancelled
    }

    private static let cancellable: Set<OperationState> = [.queued, .refused, .held]

    private func cancel(_ database: Database, with item: OutboxItem) throws -> [OperationID] {
        guard Store.cancellable.contains(item.state) else {
            throw StoreError.wrongState(item.id, state: item.state, action: "cancelled")
        }
        guard item.kind == .start || item.kind == .restart else {
            try cancel(database, item)
            // One that was itself held by another releases nothing: that other still stands in the way.
            if item.reason?.code != Dependence.code { try releaseDependents(database, of: item) }
            return [item.id]
        }
        let victims = try dependents(database, of: item) + [item]
        for victim in victims { try cancel(database, victim) }
        for victim in victims where victim.kind == .start || victim.kind == .restart {
            if let conversation = try ConversationRow.fetch(database, id: victim.conversation) {
                try hide(database, conversation.key)
            }
        }
        return victims.map(\.id)
    }

    /// In the order of acceptance.
    private func open(_ database: Database, in states: Set<OperationState>) throws -> [OutboxItem] {
        let names = StatementArguments(states.map(\.rawValue).sorted())
        return try OutboxItem.fetchAll(
            database, sql: OutboxItem.selection + " WHERE o.state IN (\(names.placeholders)) ORDER BY o.sequence",
            arguments: names)
    }

    /// Changes what a write says that is certainly not on the server; it stays where it stands.
    ///
    /// - Throws: ``StoreError/wrongState(_:state:action:)`` if it is on its way, in doubt, delivered, cancelled or a
    ///   deletion; ``StoreError/invalidRequest(_:)`` for inputs that cannot be sent.
    public func edit(_ id: OperationID, inputs: Inputs) throws(StoreError) {
        try writeDurably { database in
            let item = try require(database, id)
            guard [.queued, .refused, .held].contains(item.state), item.kind != .delete else {
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

    private func cancel(_ database: Database, _ item: OutboxItem) throws {
        if try move(
            database, item.id, from: [.queued, .refused, .held], to: .cancelled, reason: nil,
            set: "next_attempt = NULL", [])
        {
            try unindex(database, operation: item.sequence, request: item.request)
        }
    }

    private func require(_ database: Database, _ id: OperationID) throws -> OutboxItem {
        guard
            let item = try OutboxItem.fetchOne(
                database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue])
        else { throw StoreError.noSuchOperation(id.rawValue) }
        return item
    }

    func holdDependents(_ database: Database, of id: OperationID) throws {
        let item = try require(database, id)
        let reason = OutboxItem.Reason(
            code: Dependence.code, message: Dependence.message(on: id),
            hint: "Run `convo outbox retry \(id)` or `convo outbox cancel \(id)`.")
        for dependent in try dependents(database, of: item) where dependent.state == .queued {
            _ = try move(
                database, dependent.id, from: [.queued], to: .held, reason: reason, set: "next_attempt = NULL", [])
        }
        // What another copy may have sent cannot be looked for while its conversation is not known.
        for dependent in try dependents(database, of: item)
        where dependent.state == .inDoubt && dependent.remoteID == nil {
            _ = try move(
                database, dependent.id, from: [.inDoubt], to: .held, reason: dependent.reason ?? reason,
                set: "next_attempt = NULL", [])
        }
    }

    /// Lets go of what waited for an operation only, up to the next one that is stopped for a reason of its own.
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

    /// What comes after an operation in its conversation, and, where that conversation is not on the server yet,
    /// in the branches that will be made from it. In the order of acceptance.
    private func dependents(_ database: Database, of item: OutboxItem) throws -> [OutboxItem] {
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
