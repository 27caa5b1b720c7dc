public import ConvoModel
public import ConvoStore

/// Writes. Each is accepted when the disk has it, also without a network, and reaches the server exactly once: when
/// ``run(polling:sweeping:observe:)`` or the `convod` daemon runs, or ``deliver(_:)`` is called.
extension Convo {
    /// Begins a conversation with a message.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - model: the model that answers; either this or an agent.
    ///   - agent: the id of the agent that answers.
    ///   - name: the conversation's name; `nil` for none.
    /// - Returns: the new conversation's id here, and the write's id and state.
    /// - Throws: as ``start(_:)``.
    public func start(
        _ text: String, model: String? = nil, agent: String? = nil, name: String? = nil
    ) async throws(ConvoError) -> QueuedWrite {
        try await start(StartRequest(text, model: model, agent: agent, name: name))
    }

    /// Begins a conversation.
    ///
    /// - Parameter request: the body of the API's request.
    /// - Returns: the new conversation's id here, and the write's id and state.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/invalidRequest(_:)`` or
    ///   ``ConvoStore/StoreError/requestTooLarge(bytes:limit:)``.
    public func start(_ request: StartRequest) async throws(ConvoError) -> QueuedWrite {
        try await writing { store throws(StoreError) in try store.start(request) }
    }

    /// Appends a message to a conversation, behind what already waits for it.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - id: the conversation.
    /// - Returns: the write's id and state.
    /// - Throws: as ``append(_:to:)-(AppendRequest,_)``.
    @discardableResult
    public func append(_ text: String, to id: LocalID) async throws(ConvoError) -> QueuedWrite {
        try await append(AppendRequest(inputs: .text(text)), to: id)
    }

    /// Appends entries to a conversation, behind what already waits for it.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request: inputs, or confirmations of calls, or both.
    ///   - id: the conversation.
    /// - Returns: the write's id and state.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)``,
    ///   ``ConvoStore/StoreError/deletedRemotely(_:)``, ``ConvoStore/StoreError/localOnly(_:)``,
    ///   ``ConvoStore/StoreError/unansweredCalls(_:conversation:)``, ``ConvoStore/StoreError/invalidRequest(_:)`` or
    ///   ``ConvoStore/StoreError/requestTooLarge(bytes:limit:)``.
    @discardableResult
    public func append(_ request: AppendRequest, to id: LocalID) async throws(ConvoError) -> QueuedWrite {
        try await writing { store throws(StoreError) in try store.append(request, to: id) }
    }

    /// Makes a branch: a new conversation with the entries of another one up to and with one of them, and a message.
    ///
    /// - Parameters:
    ///   - text: the message.
    ///   - id: the conversation to branch from.
    ///   - entry: the last entry that the branch has of it.
    /// - Returns: the new conversation's id here, and the write's id and state.
    /// - Throws: as ``append(_:to:)-(AppendRequest,_)``; ``ConvoStore/StoreError/noSuchEntry(_:conversation:)``.
    public func restart(
        _ text: String, of id: LocalID, from entry: EntryID
    ) async throws(ConvoError) -> QueuedWrite {
        try await restart(RestartRequest(from: entry, inputs: .text(text)), of: id)
    }

    /// Makes a branch.
    ///
    /// - Parameters:
    ///   - request: the body of the API's request, with `from_entry_id` and inputs.
    ///   - id: the conversation to branch from.
    /// - Returns: the new conversation's id here, and the write's id and state.
    /// - Throws: as ``restart(_:of:from:)``.
    public func restart(_ request: RestartRequest, of id: LocalID) async throws(ConvoError) -> QueuedWrite {
        try await writing { store throws(StoreError) in try store.restart(request, of: id) }
    }

    /// Deletes a conversation here at once, queues its deletion on the server, or both.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - scope: where to delete it.
    /// - Returns: the queued deletion; `nil` if there is nothing to do on the server.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)``, or
    ///   ``ConvoStore/StoreError/pendingWrites(_:conversation:)`` if writes would be lost.
    @discardableResult
    public func delete(_ id: LocalID, _ scope: DeletionScope = .both) async throws(ConvoError) -> QueuedWrite? {
        try await writing { store throws(StoreError) in try store.delete(id, scope) }
    }

    /// Gives a conversation a name of the person's own. It is kept here: nothing of it is sent, and no sync changes it.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - name: one line of at most 512 bytes; `nil` takes the name away.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` or
    ///   ``ConvoStore/StoreError/invalidName(_:)``.
    public func rename(_ id: LocalID, to name: String?) async throws(ConvoError) {
        try await writing { store throws(StoreError) in try store.rename(id, to: name) }
    }

    /// Adds tags to a conversation and takes others away. They are kept here: nothing of them is sent.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - added: the tags to add, each one word of at most 64 bytes; case and diacritics do not matter.
    ///   - removed: the tags to take away; one that the conversation does not have is ignored.
    /// - Returns: the conversation's tags, in their order.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` or
    ///   ``ConvoStore/StoreError/invalidTag(_:reason:)``.
    @discardableResult
    public func tag(
        _ id: LocalID, adding added: [String] = [], removing removed: [String] = []
    ) async throws(ConvoError) -> [String] {
        try await writing { store throws(StoreError) in try store.tag(id, adding: added, removing: removed) }
    }

    /// Takes back a write that is not on its way, and with it those that need it.
    ///
    /// - Parameter id: the write.
    /// - Returns: the writes that were cancelled.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/wrongState(_:state:action:)`` if it was sent.
    @discardableResult
    public func cancel(_ id: OperationID) async throws(ConvoError) -> [OperationID] {
        try await writing { store throws(StoreError) in try store.cancel(id) }
    }

    /// Queues a refused or held write again, because a person decided so. If the write may have been sent, the engine searches
    /// the server for it before it sends it.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/wrongState(_:state:action:)`` if it is not stopped.
    public func retry(_ id: OperationID) async throws(ConvoError) {
        try await writing { store throws(StoreError) in try store.retry(id) }
    }

    /// Gives a write other inputs that is not on its way.
    ///
    /// - Parameters:
    ///   - id: the write.
    ///   - inputs: what it says from now on.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/wrongState(_:state:action:)`` if it was sent.
    public func edit(_ id: OperationID, inputs: Inputs) async throws(ConvoError) {
        try await writing { store throws(StoreError) in try store.edit(id, inputs: inputs) }
    }
}

extension StartRequest {
    init(_ text: String, model: String?, agent: String?, name: String?) {
        self.init(inputs: .text(text))
        self.model = model
        agentID = agent
        self.name = name
    }
}
