public import ConvoAPI
public import ConvoModel
public import Synchronization

/// The whole simulated world behind the client's own protocol. A call takes virtual time and never really waits.
public final class SimulatedClient: ConversationsAPI {
    /// The write that the calls within are sent for; the audit files them under it.
    @TaskLocal public static var operation: OperationID?

    public let world: Mutex<SimulatedWorld>

    public init(_ world: sending SimulatedWorld) { self.world = Mutex(world) }

    public func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> [Conversation] {
        let answer = try exchange(.list(page: page, pageSize: pageSize, metadata: metadata))
        return try understood { try answer.elements.map { try Conversation(raw: $0) } }
    }
    public func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        let answer = try exchange(.get(id))
        return try understood { try Conversation(raw: answer.object) }
    }
    public func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        let answer = try exchange(.history(id))
        return try understood { try ConversationHistory(raw: answer.object) }
    }
    public func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        let answer = try exchange(.messages(id))
        return try understood { try ConversationMessages(raw: answer.object) }
    }
    public func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        try response(to: .start(request))
    }
    public func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        try response(to: .append(request, to: id))
    }
    public func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        try response(to: .restart(request, of: id))
    }
    public func delete(_ id: RemoteID) async throws(APIError) { _ = try exchange(.delete(id)) }

    public func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        throw .notSimulated
    }
    public func appendStream(
        _ request: AppendRequest, to id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        throw .notSimulated
    }
    public func restartStream(
        _ request: RestartRequest, of id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        throw .notSimulated
    }

    private func response(to request: APIRequest) throws(APIError) -> ConversationResponse {
        let answer = try exchange(request)
        return try understood { try ConversationResponse(raw: answer.object) }
    }

    /// Sends, and moves the clock to the answer.
    private func exchange(_ request: APIRequest) throws(APIError) -> APIAnswer {
        let operation = SimulatedClient.operation
        return try world.withLock { world in
            let exchange = world.send(request, for: operation)
            world.advance(to: exchange.finishesAt)
            return exchange.result
        }.get()
    }

    private func understood<Value>(_ read: () throws -> Value) throws(APIError) -> Value {
        do { return try read() } catch { throw APIError(.malformed, effect: .unknown, message: "\(error)") }
    }
}

extension APIAnswer {
    public var elements: [JSONText] {
        if case .conversations(let elements) = self { elements } else { [] }
    }
    public var object: JSONText {
        if case .object(let object) = self { object } else { .null }
    }
}

extension APIError {
    fileprivate static let notSimulated = APIError(
        .unusableRequest, effect: .none, message: "the simulation does not stream")
}
