import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

/// A client with a mistake in how it reads the server's answers.
struct MutantClient: ConversationsAPI {
    struct Reading: Sendable {
        /// The error that it reports in place of an error.
        var error: @Sendable (SimulatedRequest, APIError) -> APIError = { $1 }
        /// Whether it takes a deletion that failed with this error for done.
        var isDeleted: @Sendable (APIError) -> Bool = { _ in false }
        /// Throws if it does not accept a page.
        var page: @Sendable (ConversationPage) throws(APIError) -> Void = { _ throws(APIError) in }
        /// Throws if it does not accept a history.
        var history: @Sendable (ConversationHistory) throws(APIError) -> Void = { _ throws(APIError) in }
    }

    private let api: any ConversationsAPI
    private let reading: Reading

    init(_ api: any ConversationsAPI, _ reading: Reading) { (self.api, self.reading) = (api, reading) }

    func whoAmI() async throws(APIError) -> Account {
        try await read(.whoAmI) { () throws(APIError) in try await api.whoAmI() }
    }
    func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage {
        let listed = try await read(.list(page: page, pageSize: pageSize, metadata: metadata)) { () throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, metadata: metadata)
        }
        try reading.page(listed)
        return listed
    }
    func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
        let listed = try await read(.list(page: page, pageSize: pageSize, metadata: nil)) { () throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, unless: known)
        }
        if case .read(let page, _) = listed { try reading.page(page) }
        return listed
    }
    func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        try await read(.get(id)) { () throws(APIError) in try await api.get(id) }
    }
    func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        let history = try await read(.history(id)) { () throws(APIError) in try await api.getHistory(of: id) }
        try reading.history(history)
        return history
    }
    func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        try await read(.messages(id)) { () throws(APIError) in try await api.getMessages(of: id) }
    }
    func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        try await read(.start(request)) { () throws(APIError) in try await api.start(request) }
    }
    func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await read(.append(request, to: id)) { () throws(APIError) in try await api.append(request, to: id) }
    }
    func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await read(.restart(request, of: id)) { () throws(APIError) in try await api.restart(request, of: id) }
    }
    func delete(_ id: RemoteID) async throws(APIError) {
        do throws(APIError) {
            try await api.delete(id)
        } catch {
            if !reading.isDeleted(error) { throw reading.error(.delete(id), error) }
        }
    }
    func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        try await read(.start(request)) { () throws(APIError) in try await api.startStream(request) }
    }
    func appendStream(
        _ request: AppendRequest, to id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        try await read(.append(request, to: id)) { () throws(APIError) in try await api.appendStream(request, to: id) }
    }
    func restartStream(
        _ request: RestartRequest, of id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        try await read(.restart(request, of: id)) { () throws(APIError) in
            try await api.restartStream(request, of: id)
        }
    }

    private func read<Answer>(
        _ request: SimulatedRequest, _ ask: () async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        do throws(APIError) { return try await ask() } catch { throw reading.error(request, error) }
    }
}

extension APIError {
    /// The error with another kind, and with another effect if one is given.
    func taken(for kind: Kind, effect: Effect? = nil) -> APIError {
        APIError(kind, effect: effect ?? self.effect, message: message, retryAfter: retryAfter)
    }
}
