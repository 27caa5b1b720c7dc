public import ConvoModel
public import ConvoServer

extension Sandbox: ConversationsService {
    public func principal(bearing token: String?) async throws(ServiceError) -> Principal {
        if switches.keys.isEmpty { return Principal() }
        if let token, let principal = switches.keys[token] { return principal }
        throw switches.unauthorized(because: token == nil ? "Unauthorized" : "Invalid API Key")
    }

    public func list(
        _ query: ListQuery, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let plan = try await begin(.list)
        return try plan.delivered(view(plan, for: principal).list(checked(query)))
    }

    public func get(_ id: RemoteID, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.get, id)
        let view = view(plan, for: principal)
        return try plan.delivered(view.object(of: view.find(id)))
    }

    public func getHistory(
        of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let plan = try await begin(.getHistory, id)
        let view = view(plan, for: principal)
        return try plan.delivered(view.history(of: withInputsInFlight(view.find(id))))
    }

    public func getMessages(
        of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> Payload {
        let plan = try await begin(.getMessages, id)
        let view = view(plan, for: principal)
        return try plan.delivered(view.messages(of: withInputsInFlight(view.find(id))))
    }

    public func delete(_ id: RemoteID, by principal: Principal = Principal()) async throws(ServiceError) {
        let plan = try await begin(.delete, id)
        do {
            _ = try view(for: principal).find(id)
        } catch {
            if error == switches.notFound, switches.deleteUnknown == .noContent { return }
            throw error
        }
        try refuseIfBusy(id)
        try apply(.remove(id))
        if let loss = plan.loss { throw loss }
    }

    public func start(_ body: JSONText, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        try await whole(.start, nil, body, principal)
    }

    public func append(
        _ body: JSONText, to id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        try await whole(.append, id, body, principal)
    }

    public func restart(
        _ body: JSONText, of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        try await whole(.restart, id, body, principal)
    }

    public func startStream(
        _ body: JSONText, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.startStream, nil, body, principal)
    }

    public func appendStream(
        _ body: JSONText, to id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.appendStream, id, body, principal)
    }

    public func restartStream(
        _ body: JSONText, of id: RemoteID, by principal: Principal = Principal()
    ) async throws(ServiceError) -> ServerEvents {
        try await write(.restartStream, id, body, principal)
    }

    // MARK: Rules

    private func checked(_ query: ListQuery) throws(ServiceError) -> ListQuery {
        var query = query
        guard query.page >= 0 else { throw .outOfRange("page", query.page, "greater than or equal to 0", ("ge", 0)) }
        guard query.pageSize >= 1 else {
            throw .outOfRange("page_size", query.pageSize, "greater than or equal to 1", ("ge", 1))
        }
        let limit = switches.pageSizeLimit
        if limit > 0, query.pageSize > limit {
            guard switches.pageSizeOverLimit == .clamp else {
                throw .outOfRange("page_size", query.pageSize, "less than or equal to \(limit)", ("le", limit))
            }
            query.pageSize = limit
        }
        return query
    }

    /// What a history shows while a request is in flight.
    private func withInputsInFlight(_ conversation: StoredConversation) throws(ServiceError) -> StoredConversation {
        guard let inputs = busy[conversation.id] else { return conversation }
        var conversation = conversation
        switch switches.historyWhileBusy {
        case .before: break
        case .partial: conversation.entries += inputs
        case .refuse: try refuseIfBusy(conversation.id)
        }
        return conversation
    }

    /// The one result of a write that is not streamed.
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

extension FaultPlan {
    /// The result, or what comes in its place.
    func delivered<Result>(_ result: Result) throws(ServiceError) -> Result {
        if let loss { throw loss }
        return result
    }
}

extension Switches {
    fileprivate func unauthorized(because detail: String) -> ServiceError {
        switch unauthorized {
        case .detail: .answer(status: 401, .detail(detail))
        case .message: .answer(status: 401, .router(message: "Unauthorized"))
        }
    }
}

extension ServiceError {
    fileprivate static func outOfRange(
        _ parameter: String, _ value: Int, _ bound: String, _ context: (String, Int)
    ) -> ServiceError {
        .validation([
            ValidationIssue(
                context.0 == "ge" ? "greater_than_equal" : "less_than_equal", at: ["query", .name(parameter)],
                "Input should be \(bound)", input: .string(String(value)),
                context: .object([(context.0, .int(context.1))]))
        ])
    }
}
