public import ConvoModel
public import ConvoServer

extension Sandbox: ConversationsService {
    public func list(_ query: ListQuery) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.list)
        let page = library.page(try checked(query), matching: switches.metadataMatch)
        return try plan.delivered(page)
    }

    public func get(_ id: RemoteID) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.get, id)
        return try plan.delivered(find(id).object)
    }

    public func getHistory(of id: RemoteID) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getHistory, id)
        return try plan.delivered(visible(id).history)
    }

    public func getMessages(of id: RemoteID) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getMessages, id)
        return try plan.delivered(visible(id).messages)
    }

    public func delete(_ id: RemoteID) async throws(ServiceError) {
        let plan = try await begin(.delete, id)
        if library[id] == nil, switches.deleteUnknown == .noContent { return }
        _ = try find(id)
        try refuseIfBusy(id)
        try apply(.remove(id))
        if let loss = plan.loss { throw loss }
    }

    public func start(_ body: JSONText) async throws(ServiceError) -> JSONText {
        try await whole(.start, nil, body)
    }

    public func append(_ body: JSONText, to id: RemoteID) async throws(ServiceError) -> JSONText {
        try await whole(.append, id, body)
    }

    public func restart(_ body: JSONText, of id: RemoteID) async throws(ServiceError) -> JSONText {
        try await whole(.restart, id, body)
    }

    public func startStream(_ body: JSONText) async throws(ServiceError) -> ServerEvents {
        try await write(.startStream, nil, body)
    }

    public func appendStream(_ body: JSONText, to id: RemoteID) async throws(ServiceError) -> ServerEvents {
        try await write(.appendStream, id, body)
    }

    public func restartStream(_ body: JSONText, of id: RemoteID) async throws(ServiceError) -> ServerEvents {
        try await write(.restartStream, id, body)
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
    private func visible(_ id: RemoteID) throws(ServiceError) -> StoredConversation {
        var conversation = try find(id)
        guard let inputs = busy[id] else { return conversation }
        switch switches.historyWhileBusy {
        case .before: break
        case .partial: conversation.entries += inputs
        case .refuse: try refuseIfBusy(id)
        }
        return conversation
    }

    /// The one result of a write that is not streamed.
    private func whole(
        _ operation: Operation, _ id: RemoteID?, _ body: JSONText
    ) async throws(ServiceError) -> JSONText {
        let events = try await write(operation, id, body)
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
    fileprivate func delivered(_ result: JSONText) throws(ServiceError) -> JSONText {
        if let loss { throw loss }
        return result
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
