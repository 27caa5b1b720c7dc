package import ConvoJSON
package import ConvoModel
package import ConvoServer
package import MistralEmulator

/// The operations on conversations.
///
/// Each of them throws the answer of a fault where one strikes; a fault that comes after the commit is thrown after the
/// change is stored.
extension Sandbox: AccountService {
    /// Finds the principal of a key in ``Switches/keys``; while there are none, any key or none is the default
    /// principal.
    ///
    /// - Parameter token: the key; `nil` where the request has none.
    /// - Returns: the bearer of the key.
    /// - Throws: ``ServiceError`` (401) for an unknown or missing key.
    package func principal(bearing token: String?) async throws(ServiceError) -> Principal {
        try principal(of: token)
    }

    /// Lists a page of the conversations that the principal sees, newest first by creation.
    ///
    /// - Parameters:
    ///   - query: the page, from 0; a size over ``Switches/pageSizeLimit`` is reduced or refused.
    ///   - principal: the bearer of the request's key.
    /// - Returns: a bare array of conversation objects.
    /// - Throws: ``ServiceError``: 422 for a page or a size out of range; ``Switches/foreignList`` may refuse a
    ///   principal that sees none of the conversations there are.
    package func list(
        _ query: ListQuery, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let faults = try await begin(.list)
        let request = Emulator.Request.list(page: query.page, pageSize: query.pageSize, metadata: query.metadata)
        return try faults.delivered(handle(request, by: principal, faults)).payload
    }

    /// Returns a conversation's object as it was written.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the conversation object.
    /// - Throws: ``ServiceError``: 404 for a conversation that is not there; what ``Switches/foreignConversation``
    ///   chooses for one that the principal does not see.
    package func get(_ id: RemoteID, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        let faults = try await begin(.get, id)
        return try faults.delivered(handle(.get(id), by: principal, faults)).json
    }

    /// Returns all entries of a conversation.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"conversation_id", "entries", "object"}`; ``Switches/historyWhileBusy`` says what it shows of a
    ///   write in flight.
    /// - Throws: ``ServiceError``: as ``get(_:by:)``, and 409 where ``Switches/historyWhileBusy`` refuses.
    package func getHistory(
        of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let faults = try await begin(.getHistory, id)
        return try faults.delivered(handle(.getHistory(of: id), by: principal, faults)).payload
    }

    /// Returns the messages of a conversation, without the entries of tools and functions.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - principal: the bearer of the request's key.
    /// - Returns: `{"conversation_id", "messages", "object"}`; ``Switches/historyWhileBusy`` says what it shows of a
    ///   write in flight.
    /// - Throws: ``ServiceError``: as ``getHistory(of:by:)``.
    package func getMessages(
        of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let faults = try await begin(.getMessages, id)
        return try faults.delivered(handle(.getMessages(of: id), by: principal, faults)).payload
    }

    /// Deletes a conversation.
    ///
    /// - Parameters:
    ///   - id: the conversation; ``Switches/deleteUnknown`` may accept one that is not there.
    ///   - principal: the bearer of the request's key.
    /// - Throws: ``ServiceError``: as ``get(_:by:)``, 409 while a write is in flight, 500 where the disk takes no more.
    package func delete(_ id: RemoteID, by principal: Principal = Principal()) async throws(ServiceError) {
        let faults = try await begin(.delete, id)
        _ = try handle(.delete(id), by: principal, faults)
        if let loss = faults.loss { throw loss }
    }

    /// Starts a conversation and returns when the model has answered and, unless `store` is `false`, the result is
    /// stored.
    ///
    /// The run continues if the caller's task is cancelled.
    ///
    /// - Parameters:
    ///   - body: the request's object, with `inputs` and either `model` or `agent_id`.
    ///   - principal: the bearer of the key, who will own the conversation.
    /// - Returns: the `conversation.response` object.
    /// - Throws: ``ServiceError``: 422 for a body that the API refuses, other refusals of the rules, and the status
    ///   that the model fails with (``Trigger/error``).
    package func start(_ body: JSONText, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        try await whole(.start, nil, body, principal)
    }

    /// Appends to a conversation and returns when the model has answered, as ``start(_:by:)`` does.
    ///
    /// The run continues if the caller's task is cancelled; until it ends, the conversation is locked.
    ///
    /// - Parameters:
    ///   - body: the request's object, with `inputs` or `tool_confirmations`.
    ///   - id: the conversation.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the `conversation.response` object.
    /// - Throws: ``ServiceError``: as ``start(_:by:)`` and ``get(_:by:)``; 409 while another write is in flight, 400
    ///   where function calls and results do not match, 503 for ``Switches/brokenConversations``.
    package func append(
        _ body: JSONText, to id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        try await whole(.append, id, body, principal)
    }

    /// Starts a new conversation from an entry of another one, and returns when the model has answered.
    ///
    /// The new conversation copies the entries up to and including `from_entry_id`, as ``Switches/restartHistory``
    /// says. The original is neither changed nor locked. The run continues if the caller's task is cancelled.
    ///
    /// - Parameters:
    ///   - body: the request's object, with `from_entry_id` and `inputs`.
    ///   - id: the conversation to branch from.
    ///   - principal: the bearer of the key, who will own the new conversation.
    /// - Returns: the `conversation.response` object, with the new conversation's id.
    /// - Throws: ``ServiceError``: as ``start(_:by:)`` and ``get(_:by:)``; 404 for an entry that is not in the
    ///   conversation.
    package func restart(
        _ body: JSONText, of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        try await whole(.restart, id, body, principal)
    }

    /// Starts a conversation and streams the answer.
    ///
    /// - Parameters:
    ///   - body: as for ``start(_:by:)``.
    ///   - principal: the bearer of the key, who will own the conversation.
    /// - Returns: the events, beginning with `conversation.response.started`. A failure of the model is an event
    ///   `conversation.response.error`.
    /// - Throws: ``ServiceError``: as ``start(_:by:)``, but for the model's failure.
    package func startStream(
        _ body: JSONText, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.startStream, nil, body, principal)
    }

    /// Appends to a conversation and streams the answer.
    ///
    /// - Parameters:
    ///   - body: as for ``append(_:to:by:)``.
    ///   - id: the conversation.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the events, as of ``startStream(_:by:)``.
    /// - Throws: ``ServiceError``: as ``append(_:to:by:)``, but for the model's failure.
    package func appendStream(
        _ body: JSONText, to id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.appendStream, id, body, principal)
    }

    /// Starts a new conversation from an entry of another one, and streams the answer.
    ///
    /// - Parameters:
    ///   - body: as for ``restart(_:of:by:)``.
    ///   - id: the conversation to branch from.
    ///   - principal: the bearer of the key, who will own the new conversation.
    /// - Returns: the events, as of ``startStream(_:by:)``.
    /// - Throws: ``ServiceError``: as ``restart(_:of:by:)``, but for the model's failure.
    package func restartStream(
        _ body: JSONText, of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.restartStream, id, body, principal)
    }

    /// Runs a write that is not streamed, and returns its response.
    private func whole(
        _ operation: Operation, _ id: RemoteID?, _ body: JSONText, _ principal: Principal
    ) async throws(ServiceError) -> JSONText {
        let events = try await write(operation, id, body, principal)
        do {
            for try await event in events { return event.data }
        } catch {
            throw error as? ServiceError ?? .connectionReset
        }
        throw .connectionReset
    }
}

extension RequestFaults {
    /// Returns the result, unless a fault loses it.
    ///
    /// - Throws: the answer of a fault that comes after the work.
    func delivered<Result>(_ result: Result) throws(ServiceError) -> Result {
        if let loss { throw loss }
        return result
    }
}

extension Emulator.Answer {
    /// The body of the response.
    fileprivate var payload: Payload {
        switch self {
        case .json(let json): .json(json)
        case .bytes(let bytes): .bytes(bytes)
        case .nothing, .run: .bytes([])
        }
    }

    /// The JSON of an answer that is always JSON.
    var json: JSONText { if case .json(let json) = self { json } else { .null } }
}
