import ConvoAPI
import ConvoJSON
import ConvoModel

/// The API as the engine uses it: over the verified connection, behind the circuit breaker.
///
/// If the server refuses the key, the key is read again from its source before the refusal counts.
struct GuardedAPI: ConversationsAPI {
    let account: AccountGuard
    let breaker: CircuitBreakerGate
    /// Whether a cheap read probes the breaker in place of a write.
    ///
    /// `false` only in tests that check the simulation's checkers.
    var probesWithReads = true

    /// Page size of the list request that probes the breaker.
    ///
    /// A write is no probe, because a run may take minutes.
    private static let probeSize = 1

    private func read<Answer: Sendable>(
        isList: Bool = false, within limit: Duration = HTTPLimits.reading.total,
        _ request: (any ConversationsAPI) async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        try await breaker.pass(isList: isList) { () throws(APIError) in try await attempt(within: limit, request) }
    }

    private func write<Answer: Sendable>(
        within limit: Duration = HTTPLimits.completion.total,
        _ request: (any ConversationsAPI) async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        guard probesWithReads else {
            return try await breaker.pass { () throws(APIError) in try await attempt(within: limit, request) }
        }
        return try await breaker.pass(
            probe: { () throws(APIError) in
                try await attempt(within: HTTPLimits.reading.total) { api throws(APIError) in
                    _ = try await api.list(page: 0, pageSize: GuardedAPI.probeSize, metadata: nil)
                }
            },
            { () throws(APIError) in try await attempt(within: limit, request) })
    }

    /// Sends a request; if the server refuses the key, and the key's source has another one by now, sends it once more
    /// with that key.
    ///
    /// - Parameters:
    ///   - limit: how long the transport lets the request take.
    ///   - request: sends it over a connection.
    /// - Returns: the answer, or why it was not sent again.
    /// - Throws: the request's error.
    private func attempt<Answer: Sendable>(
        within limit: Duration, _ request: (any ConversationsAPI) async throws(APIError) -> Answer
    ) async throws(APIError) -> CircuitBreakerGate.Attempt<Answer> {
        guard let connection = account.connection else {
            throw APIError(.cancelled, effect: .none, message: "the database's account is not verified")
        }
        let openings = breaker.openings
        do throws(APIError) {
            return .answered(
                try await ProgressMonitor.request(limit: limit) { () throws(APIError) in
                    try await request(connection.api)
                })
        } catch {
            guard error.kind == .status(401) else { throw error }
            // Another request has shown meanwhile that nothing can be asked now.
            if let rejection = breaker.rejection(sinceOpening: openings) { return .rejected(rejection) }
            guard let renewed = await account.renewed(after: connection) else { throw error }
            if let rejection = breaker.rejection(sinceOpening: openings) { return .rejected(rejection) }
            return .answered(
                try await ProgressMonitor.request(limit: limit) { () throws(APIError) in try await request(renewed.api)
                }
            )
        }
    }

    func whoAmI() async throws(APIError) -> Account {
        try await read { api throws(APIError) in try await api.whoAmI() }
    }
    func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage {
        try await read(isList: true) { api throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, metadata: metadata)
        }
    }
    func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
        try await read(isList: true) { api throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, unless: known)
        }
    }
    func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        try await read { api throws(APIError) in try await api.get(id) }
    }
    func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        try await read(within: HTTPLimits.history.total) { api throws(APIError) in try await api.getHistory(of: id) }
    }
    func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        try await read { api throws(APIError) in try await api.getMessages(of: id) }
    }
    func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        try await write { api throws(APIError) in try await api.start(request) }
    }
    func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await write { api throws(APIError) in try await api.append(request, to: id) }
    }
    func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await write { api throws(APIError) in try await api.restart(request, of: id) }
    }
    func delete(_ id: RemoteID) async throws(APIError) {
        try await write { api throws(APIError) in try await api.delete(id) }
    }
    func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        try await write(within: HTTPLimits.streaming.total) { api throws(APIError) in try await api.startStream(request)
        }
    }
    func appendStream(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationEventStream {
        try await write(within: HTTPLimits.streaming.total) { api throws(APIError) in
            try await api.appendStream(request, to: id)
        }
    }
    func restartStream(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationEventStream {
        try await write(within: HTTPLimits.streaming.total) { api throws(APIError) in
            try await api.restartStream(request, of: id)
        }
    }
}
