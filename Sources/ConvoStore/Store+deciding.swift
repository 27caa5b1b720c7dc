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
        guard item.kind.makesConversation else {
            try cancel(database, item)
            // A write that was itself held by another one releases nothing: the other one still blocks the rest.
            if item.reason?.code != Dependence.code { try releaseDependents(database, of: item) }
            return [item.id]
        }
        try holdUnfindable(database, behind: item, reason: Dependence.reason(on: item.id))
        // A write that is under way or in doubt is not cancelled.
        let victims = try (dependents(database, of: item) + [item]).filter { try cancel(database, $0) }
        for victim in victims where victim.kind.makesConversation {
            if let conversation = try ConversationRow.fetch(database, id: victim.conversation) {
                try withdraw(database, conversation)
            }
        }
        return victims.map(\.id)
    }

    /// The writes in these states, in the order of acceptance.
    func open(_ database: Database, in states: Set<OperationState>) throws -> [OutboxItem] {
        let names = StatementArguments(states.map(\.rawValue).sorted())
        return try OutboxItem.fetchAll(
            database, sql: OutboxItem.selection + " WHERE o.state IN (\(names.placeholders)) ORDER BY o.sequence",
            arguments: names)
    }

    /// Replaces the inputs of a queued, refused or held write, durably; its state and its place in the order stay.
    ///
    /// One that may be on the server with its present inputs cannot be edited: it would pass for delivered with the new ones.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - inputs: the new inputs of its request.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, in doubt, delivered, cancelled or a deletion, or may be on the server already as it is: in a copied database, when
    ///   it was under way as the database changed hands, or as a start or restart whose answer was lost; ``StoreError/invalidRequest(_:)`` or
    ///   ``StoreError/requestTooLarge(bytes:limit:)`` if the inputs cannot be sent. Nothing is changed then.
    public func edit(_ id: OperationID, inputs: Inputs) throws(StoreError) {
        try writeDurably { database in
            try claimInstance(database)
            let item = try require(database, id)
            guard [.queued, .refused, .held].contains(item.state), item.kind != .delete, try !mayBeThere(database, item)
            else {
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

    /// Whether the engine may find a write on the server that was sent with its present inputs.
    ///
    /// It finds an append by them, and a start or restart by its id, whatever inputs it has.
    private func mayBeThere(_ database: Database, _ item: OutboxItem) throws -> Bool {
        if try item.reason?.code == OutboxItem.Reason.copiedCode || isLookedForFirst(database, item) { return true }
        guard item.kind.makesConversation, item.attempts > 0 else { return false }
        return item.remoteID != nil || item.doubtedAt != nil
    }

    /// - Returns: whether the write was in a state in which it can be cancelled.
    @discardableResult
    private func cancel(_ database: Database, _ item: OutboxItem) throws -> Bool {
        let isCancelled = try move(
            database, item.id, from: Store.cancellable, to: .cancelled, reason: nil, set: "next_attempt = NULL", [])
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
}
