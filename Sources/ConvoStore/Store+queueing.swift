import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// Accepts writes of a person or a program.
///
/// A write is durable when the method returns: the disk has it. The method then wakes a daemon, which sends the write
/// when the server can be reached. A write is held, not queued, if one before it in its conversation is refused or
/// held. Each method throws ``StoreError/replaced(path:)`` if another file has the database's name now.
extension Store {
    /// The member of `metadata` in which a start or restart carries its operation's id: by it, the engine finds the
    /// conversation on the server if the answer was lost.
    package static let operationKey = "convo_operation_id"

    /// Queues a new conversation.
    ///
    /// - Parameter request: the body of the API's request; `store: false` makes a conversation that no append can
    ///   continue.
    /// - Returns: the new conversation's local id, and the write's id and state.
    /// - Throws: ``StoreError/invalidRequest(_:)`` if the request names neither or both of `model` and `agent_id`, or
    ///   has no valid inputs; ``StoreError/requestTooLarge(bytes:limit:)``. Nothing is queued then.
    public func start(_ request: StartRequest) throws(StoreError) -> QueuedWrite {
        guard (request.model == nil) != (request.agentID == nil) else {
            throw .invalidRequest("a conversation needs either a model or an agent")
        }
        try Store.checkInputs(request.json)
        return try queue { database in try start(database, request) }
    }

    /// Inserts a start and its conversation; with an id that was made before, if one is given.
    func start(_ database: Database, _ request: StartRequest, as id: OperationID? = nil) throws -> QueuedWrite {
        let conversation = try insertConversation(
            database, name: request.name, description: request.description, model: request.model,
            agentID: request.agentID,
            isLocalOnly: request.store == false)
        return try enqueue(database, .start, request.json, for: conversation, as: id)
    }

    /// Queues entries for a conversation, behind the writes that are already queued for it.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request: inputs, or confirmations of calls, or both.
    ///   - id: the conversation.
    /// - Returns: the write's id and state.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, ``StoreError/deletedRemotely(_:)``,
    ///   ``StoreError/localOnly(_:)`` or ``StoreError/accountBefore(_:)`` if the conversation cannot be continued;
    ///   ``StoreError/unansweredCalls(_:conversation:)`` if it waits for results of function calls that these entries
    ///   do not bring; ``StoreError/invalidRequest(_:)`` or ``StoreError/requestTooLarge(bytes:limit:)``. Nothing is
    ///   queued then.
    public func append(_ request: AppendRequest, to id: LocalID) throws(StoreError) -> QueuedWrite {
        if request.toolConfirmations == nil || request.json["inputs"] != nil {
            try Store.checkInputs(request.json)
        } else {
            try Store.checkSize(request.json)
        }
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

    /// Inserts an append of a program, which the server checks further, with an id that was made before.
    func append(
        _ database: Database, _ request: AppendRequest, to id: LocalID, as operation: OperationID
    ) throws -> QueuedWrite {
        try enqueue(database, .append, request.json, for: try requireWritable(database, id), as: operation)
    }

    /// Queues a branch: a new conversation with the entries of this one up to and with `request.fromEntryID`.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request, with `from_entry_id` and inputs.
    ///   - id: the conversation to branch from.
    /// - Returns: the new conversation's local id, and the write's id and state.
    /// - Throws: ``StoreError/noSuchEntry(_:conversation:)`` if the mirror does not hold that entry;
    ///   ``StoreError/invalidRequest(_:)`` if the request lacks the entry or valid inputs; otherwise as
    ///   ``append(_:to:)``. Nothing is queued then.
    public func restart(_ request: RestartRequest, of id: LocalID) throws(StoreError) -> QueuedWrite {
        try Store.checkInputs(request.json)
        guard let from = request.fromEntryID else { throw .invalidRequest("a restart needs the entry to start from") }
        return try queue { database in
            let parent = try requireWritable(database, id)
            let isThere = try database.isTrue(
                sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE conversation = ? AND id = ?)",
                arguments: [parent.key, from.rawValue])
            guard isThere else { throw StoreError.noSuchEntry(from.rawValue, conversation: id) }
            return try restart(database, request, of: parent, from: from)
        }
    }

    /// Inserts a branch of a program, which the server checks further, with an id that was made before.
    func restart(
        _ database: Database, _ request: RestartRequest, of id: LocalID, as operation: OperationID
    ) throws -> QueuedWrite {
        guard let from = request.fromEntryID else {
            throw StoreError.invalidRequest("a restart needs the entry to start from")
        }
        return try restart(database, request, of: try requireWritable(database, id), from: from, as: operation)
    }

    private func restart(
        _ database: Database, _ request: RestartRequest, of parent: ConversationRow, from: EntryID,
        as id: OperationID? = nil
    ) throws -> QueuedWrite {
        let branch = try insertConversation(
            database, name: parent.name, description: parent.description, model: parent.model,
            agentID: parent.agentID,
            isLocalOnly: request.store == false)
        try database.execute(
            sql: "UPDATE conversation SET parent = ?, parent_entry_id = ? WHERE key = ?",
            arguments: [parent.key, from.rawValue, branch.key])
        return try enqueue(database, .restart, request.json, for: branch, as: id)
    }

    /// Inserts the deletion of a conversation on the server, with an id that was made before; our copy stays.
    func deleteRemotely(_ database: Database, _ id: LocalID, as operation: OperationID) throws -> QueuedWrite {
        try enqueue(database, .delete, .object([]), for: try requireWritable(database, id), as: operation)
    }

    /// Makes an id for a write that is about to be queued.
    package func makeOperationID() -> OperationID { OperationID(environment.makeName(prefix: OperationID.prefix)) }

    /// Deletes a conversation here at once, queues its deletion on the server, or both.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - scope: where to delete it. A conversation that is not on the server, is marked as deleted there, or was
    ///     imported, is deleted here only; nothing happens if only the server was asked for.
    /// - Returns: the receipt of the queued deletion; `nil` if there is nothing to do on the server.
    /// - Throws: ``StoreError/noSuchConversation(_:)``; ``StoreError/pendingWrites(_:conversation:)`` if deleting it
    ///   here would lose writes that are not delivered; ``StoreError/accountBefore(_:)`` if the current account has not
    ///   shown it, and it is to be deleted on the server. Nothing is changed then.
    public func delete(_ id: LocalID, _ scope: DeletionScope) throws(StoreError) -> QueuedWrite? {
        let (receipt, files, attempts) = try writeDurably { database -> (QueuedWrite?, [String], [String]) in
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
            let isImported = try isImported(database, conversation.key)
            if scope != .local, conversation.remoteID != nil, !conversation.isGoneRemotely, !isImported {
                if conversation.isFromAccountBefore { throw StoreError.accountBefore(id) }
                receipt = try enqueue(database, .delete, .object([]), for: conversation)
            }
            guard scope != .remote else { return (receipt, [], []) }
            let files = try fileDigests(database, of: conversation.key)
            let attempts = try pendingFileLabels(database, of: conversation.key)
            try hide(database, conversation.key)
            return (receipt, files, attempts)
        }
        try? removeFiles(files)  // what stays takes room, and nothing else
        for label in attempts { fileFolder.discard(label) }
        notifyListener()
        return receipt
    }

    private func queue(_ work: (Database) throws -> QueuedWrite) throws(StoreError) -> QueuedWrite {
        let receipt = try writeDurably { database in
            try claimInstance(database)
            return try work(database)
        }
        notifyListener()
        return receipt
    }

    /// Checks a request's size and inputs before it is accepted.
    ///
    /// - Parameter request: the body of the request.
    /// - Throws: ``StoreError/requestTooLarge(bytes:limit:)`` or ``StoreError/invalidRequest(_:)``.
    static func checkInputs(_ request: JSONText) throws(StoreError) {
        try checkSize(request)
        guard let inputs = request["inputs"] else { throw .invalidRequest("it has no inputs") }
        do { _ = try Inputs(json: inputs) } catch { throw .invalidRequest("\(error)") }
        if inputs.kind == .array, inputs.elements.isEmpty { throw .invalidRequest("its inputs are empty") }
    }

    static func checkSize(_ request: JSONText) throws(StoreError) {
        let size = request.text.utf8.count
        guard size <= requestLimit else { throw .requestTooLarge(bytes: size, limit: requestLimit) }
    }

    private func enqueue(
        _ database: Database, _ kind: OperationKind, _ request: JSONText, for conversation: ConversationRow,
        as given: OperationID? = nil
    ) throws -> QueuedWrite {
        let id = given ?? makeOperationID()
        let now = environment.now()
        let blocker = try String.fetchOne(
            database,
            sql: """
                SELECT id FROM operation WHERE conversation = ? AND state IN ('refused', 'held')
                ORDER BY sequence LIMIT 1
                """,
            arguments: [conversation.key])
        let state: OperationState = blocker == nil ? .queued : .held
        // Only what the server lists can be the base of a branch, or show that another writer was there.
        let tip = try String.fetchOne(
            database, sql: "SELECT \(Store.tip) FROM conversation c WHERE c.key = ?", arguments: [conversation.key])
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
        try index(database, conversation: key, SearchedNames(name: name, description: description))
        return try ConversationRow.fetch(database, key: key)
    }

    /// The row of a conversation that can be continued on the server, now or once its start is delivered.
    private func requireWritable(_ database: Database, _ id: LocalID) throws -> ConversationRow {
        let conversation = try require(database, id)
        if conversation.isLocalOnly { throw StoreError.localOnly(id) }
        if conversation.isGoneRemotely { throw StoreError.deletedRemotely(id) }
        if conversation.isFromAccountBefore { throw StoreError.accountBefore(id) }
        return conversation
    }

    /// The row of a conversation that is here and was not deleted here.
    ///
    /// - Throws: ``StoreError/noSuchConversation(_:)`` if there is none.
    func require(_ database: Database, _ id: LocalID) throws -> ConversationRow {
        guard let conversation = try ConversationRow.fetch(database, id: id), !conversation.isHidden else {
            throw StoreError.noSuchConversation(id.rawValue)
        }
        return conversation
    }
}
