public import ConvoModel
import ConvoSQLite

/// Writes of a person or a program: durable when these return, sent when the server can be reached.
extension Store {
    /// The member of `metadata` that carries our operation's name, by which a start or restart whose answer was lost
    /// is found again.
    public static let operationKey = "convo_operation_id"

    /// Queues a new conversation.
    ///
    /// - Throws: ``StoreError/invalidRequest(_:)`` if it names neither or both of model and agent, or has no inputs.
    public func start(_ request: StartRequest) throws(StoreError) -> QueuedWrite {
        guard (request.model == nil) != (request.agentID == nil) else {
            throw .invalidRequest("a conversation needs either a model or an agent")
        }
        try Store.checkInputs(request.json)
        return try queue { database in
            let conversation = try insertConversation(
                database, name: request.name, description: request.description, model: request.model,
                agentID: request.agentID,
                isLocalOnly: request.store == false)
            return try enqueue(database, .start, request.json, for: conversation)
        }
    }

    /// Queues entries for a conversation, behind what is already queued for it.
    ///
    /// - Throws: ``StoreError``: not there, deleted on the server, never stored there, of the account before, or waiting for the results of
    ///   function calls that these entries do not bring.
    public func append(_ request: AppendRequest, to id: LocalID) throws(StoreError) -> QueuedWrite {
        if request.toolConfirmations == nil || request.json["inputs"] != nil { try Store.checkInputs(request.json) }
        return try queue { database in
            let conversation = try requireWritable(database, id)
            if request.toolConfirmations == nil {
                let missing = try unansweredCalls(database, in: conversation.key)
                    .filter { !Store.results(in: request.json).contains($0) }
                guard missing.isEmpty else { throw StoreError.unansweredCalls(missing, conversation: id) }
            }
            return try enqueue(database, .append, request.json, for: conversation)
        }
    }

    /// Queues a branch: a new conversation with the entries of this one up to and with `request.fromEntryID`.
    ///
    /// - Throws: ``StoreError/noSuchEntry(_:conversation:)`` if the mirror does not hold that entry.
    public func restart(_ request: RestartRequest, of id: LocalID) throws(StoreError) -> QueuedWrite {
        try Store.checkInputs(request.json)
        guard let from = request.fromEntryID else { throw .invalidRequest("a restart needs the entry to start from") }
        return try queue { database in
            let parent = try requireWritable(database, id)
            let isThere = try database.isTrue(
                sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE conversation = ? AND id = ?)",
                arguments: [parent.key, from.rawValue])
            guard isThere else { throw StoreError.noSuchEntry(from.rawValue, conversation: id) }
            let branch = try insertConversation(
                database, name: parent.name, description: parent.description, model: parent.model,
                agentID: parent.agentID,
                isLocalOnly: request.store == false)
            try database.execute(
                sql: "UPDATE conversation SET parent = ?, parent_entry_id = ? WHERE key = ?",
                arguments: [parent.key, from.rawValue, branch.key])
            return try enqueue(database, .restart, request.json, for: branch)
        }
    }

    /// Deletes a conversation here at once, and queues its deletion on the server, as the scope says.
    ///
    /// - Returns: the receipt of the queued deletion, `nil` where nothing is to be done on the server.
    /// - Throws: ``StoreError/pendingWrites(_:conversation:)`` if it has writes that are not delivered: they would be lost.
    public func delete(_ id: LocalID, _ scope: DeletionScope) throws(StoreError) -> QueuedWrite? {
        let receipt = try writeDurably { database -> QueuedWrite? in
            try claimInstance(database)
            let conversation = try require(database, id)
            let waiting = try database.count(
                sql:
                    "SELECT COUNT(*) FROM operation WHERE conversation = ? AND state NOT IN ('delivered', 'cancelled')",
                arguments: [conversation.key])
            guard waiting == 0 || scope == .remote else {
                throw StoreError.pendingWrites(waiting, conversation: id)
            }
            var receipt: QueuedWrite?
            if scope != .local, conversation.remoteID != nil, !conversation.isGoneRemotely {
                if conversation.isFromAccountBefore { throw StoreError.accountBefore(id) }
                receipt = try enqueue(database, .delete, .object([]), for: conversation)
            }
            if scope != .remote { try hide(database, conversation.key) }
            return receipt
        }
        WakeupChannel.notify(beside: path)
        return receipt
    }

    private func queue(_ work: (Database) throws -> QueuedWrite) throws(StoreError) -> QueuedWrite {
        let receipt = try writeDurably { database in
            try claimInstance(database)
            return try work(database)
        }
        WakeupChannel.notify(beside: path)
        return receipt
    }

    static func checkInputs(_ request: JSONText) throws(StoreError) {
        let size = request.text.utf8.count
        guard size <= requestLimit else { throw .requestTooLarge(bytes: size, limit: requestLimit) }
        guard let inputs = request["inputs"] else { throw .invalidRequest("it has no inputs") }
        do { _ = try Inputs(json: inputs) } catch { throw .invalidRequest("\(error)") }
        if inputs.kind == .array, inputs.elements.isEmpty { throw .invalidRequest("its inputs are empty") }
    }

    /// The calls that a request answers.
    private static func results(in request: JSONText) -> [String] {
        (request["inputs"]?.elements ?? []).compactMap { $0["tool_call_id"]?.string }
    }

    /// Calls that neither the mirror nor the outbox holds a result or a confirmation for.
    private func unansweredCalls(_ database: Database, in key: Int64) throws -> [String] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT type, raw FROM entry WHERE conversation = ? AND dropped_at IS NULL
                AND type IN ('function.call', 'function.result') ORDER BY position
                """,
            arguments: [key])
        let queued = try String.fetchAll(
            database,
            sql: "SELECT request FROM operation WHERE conversation = ? AND state NOT IN ('cancelled', 'refused')",
            arguments: [key])
        var answered = Set(
            queued.flatMap { request in
                let request = JSONText.stored(request)
                return Store.results(in: request)
                    + (request["tool_confirmations"]?.elements ?? []).compactMap { $0["tool_call_id"]?.string }
            })
        var calls: [String] = []
        for row in rows {
            guard let call = try (row["raw"] as PackedJSON).unpacked()["tool_call_id"]?.string else { continue }
            if row["type"] == "function.call" { calls.append(call) } else { answered.insert(call) }
        }
        return calls.filter { !answered.contains($0) }
    }

    private func enqueue(
        _ database: Database, _ kind: OperationKind, _ request: JSONText, for conversation: ConversationRow
    ) throws -> QueuedWrite {
        let id = OperationID(environment.makeName(prefix: "op_"))
        let now = environment.now()
        let blocker = try String.fetchOne(
            database,
            sql: """
                SELECT id FROM operation WHERE conversation = ? AND state IN ('refused', 'held')
                ORDER BY sequence LIMIT 1
                """,
            arguments: [conversation.key])
        let state: OperationState = blocker == nil ? .queued : .held
        let tip = try String.fetchOne(
            database,
            sql: "SELECT id FROM entry WHERE conversation = ? AND dropped_at IS NULL ORDER BY position DESC LIMIT 1",
            arguments: [conversation.key])
        try database.execute(
            sql: """
                INSERT INTO operation (id, conversation, kind, request, state, seen_entry_id, created_at,
                    reason_code, reason_message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, conversation.key, kind.rawValue, request.text, state.rawValue, tip, now.text,
                blocker.map { _ in Dependence.code }, blocker.map { Dependence.message(on: OperationID($0)) },
            ])
        try index(database, operation: database.lastInsertedRowID, request: request)
        try database.execute(
            sql: "UPDATE conversation SET activity = MAX(activity, ?) WHERE key = ?",
            arguments: [now.microseconds, conversation.key])
        return QueuedWrite(conversation: conversation.id, operation: id, state: state)
    }

    func insertConversation(
        _ database: Database, name: String?, description: String?, model: String?, agentID: String?, isLocalOnly: Bool
    ) throws -> ConversationRow {
        let id = LocalID(environment.makeName())
        let now = environment.now()
        try database.execute(
            sql: """
                INSERT INTO conversation (id, name, description, model, agent_id, created_at, updated_at, activity, local_only)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, name, description, model, agentID, now.text, now.text, now.microseconds, isLocalOnly,
            ])
        let key = database.lastInsertedRowID
        try index(database, conversation: key, name: name, description: description)
        return try ConversationRow.fetch(database, key: key)
    }

    /// A conversation that can be continued on the server, now or once its start is delivered.
    private func requireWritable(_ database: Database, _ id: LocalID) throws -> ConversationRow {
        let conversation = try require(database, id)
        if conversation.isGoneRemotely { throw StoreError.deletedRemotely(id) }
        if conversation.isLocalOnly { throw StoreError.localOnly(id) }
        if conversation.isFromAccountBefore { throw StoreError.accountBefore(id) }
        return conversation
    }

    func require(_ database: Database, _ id: LocalID) throws -> ConversationRow {
        guard let conversation = try ConversationRow.fetch(database, id: id), !conversation.isHidden else {
            throw StoreError.noSuchConversation(id.rawValue)
        }
        return conversation
    }
}

/// Why an operation is held when another one is in its way.
enum Dependence {
    static let code = "dependency"
    static func message(on blocker: OperationID) -> String { "waits for operation \(blocker), which is not delivered" }
}
