package import ConvoAPI
package import ConvoJSON
package import ConvoModel
import Synchronization

/// The simulated world behind the real client's protocol, as one of our processes sees it.
package final class SimulatedClient: ConversationsAPI {
    private let world: SharedWorld
    private let pace: any Pace
    private let sender: Int
    private let access: Access?
    private let identify: @Sendable (SimulatedRequest) -> OperationID?

    /// - Parameters:
    ///   - world: the world that the requests go to.
    ///   - pace: how virtual time passes for the client, and where its process dies.
    ///   - sender: the number of the process, for the audit.
    ///   - access: the server and key that each request carries; `nil` for those that our processes use at its moment.
    ///   - identify: returns the outbox's write that a request is sent for; the audit records it.
    package init(
        _ world: SharedWorld, pace: any Pace, sender: Int = 0, access: Access? = nil,
        identify: @escaping @Sendable (SimulatedRequest) -> OperationID? = { _ in nil }
    ) {
        self.world = world
        self.pace = pace
        self.sender = sender
        self.access = access
        self.identify = identify
    }

    package func whoAmI() async throws(APIError) -> Account {
        let answer = try await exchange(.whoAmI)
        return Account(user: answer.object["id"]?.string.map { .init(id: $0) })
    }
    package func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage {
        let answer = try await exchange(.list(page: page, pageSize: pageSize, metadata: metadata))
        return ConversationPage(elements: answer.elements)
    }
    package func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
        let answer = try await exchange(.list(page: page, pageSize: pageSize, metadata: nil))
        let bytes = Array(answer.elements.map(\.text).joined(separator: ",").utf8)
        if let known, bytes.withUnsafeBytes({ known.describes($0) }) { return .same }
        return .read(ConversationPage(elements: answer.elements), bytes.withUnsafeBytes { PageDigest(of: $0) })
    }
    package func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        let answer = try await exchange(.get(id))
        return try understood { try Conversation(raw: answer.object) }
    }
    package func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        let answer = try await exchange(.history(id))
        return try understood { try ConversationHistory(try answer.parsed()) }
    }
    package func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        let answer = try await exchange(.messages(id))
        return try understood { try ConversationMessages(raw: answer.object) }
    }
    package func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        try await response(to: .start(request))
    }
    package func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await response(to: .append(request, to: id))
    }
    package func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await response(to: .restart(request, of: id))
    }
    package func delete(_ id: RemoteID) async throws(APIError) { _ = try await exchange(.delete(id)) }

    package func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        try await stream(.start(request))
    }
    package func appendStream(
        _ request: AppendRequest, to id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        try await stream(.append(request, to: id))
    }
    package func restartStream(
        _ request: RestartRequest, of id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        try await stream(.restart(request, of: id))
    }

    /// All events at once, when the answer is complete; if the stream breaks, the first event, which names the
    /// conversation, and then the error.
    private func stream(_ request: SimulatedRequest) async throws(APIError) -> ConversationEventStream {
        var sent: SimulatedWorld.Exchange?
        do throws(APIError) {
            let answer = try await exchange(request, &sent)
            return try understood {
                ConversationEventStream(try SimulatedStream.events(of: try ConversationResponse(raw: answer.object)))
            }
        } catch {
            guard error.kind == .truncatedStream, let named = sent?.conversation else { throw error }
            return try understood { ConversationEventStream([try SimulatedStream.started(named)], error: error) }
        }
    }

    private func response(to request: SimulatedRequest) async throws(APIError) -> ConversationResponse {
        let answer = try await exchange(request)
        return try understood { try ConversationResponse(raw: answer.object) }
    }

    private func exchange(_ request: SimulatedRequest) async throws(APIError) -> APIAnswer {
        var sent: SimulatedWorld.Exchange?
        return try await exchange(request, &sent)
    }

    private func exchange(
        _ request: SimulatedRequest, _ sent: inout SimulatedWorld.Exchange?
    ) async throws(APIError) -> APIAnswer {
        do {
            try await pace.reach(.before(request))
            let exchange = world.state.withLock { $0.send(request, for: identify(request), by: sender, with: access) }
            sent = exchange
            try await pace.reach(.during(request))
            try await pace.wait(until: exchange.finishesAt)
            try await pace.reach(.after(request))
            return try exchange.result.get()
        } catch let error as APIError {
            throw error
        } catch {
            if let sent { world.state.withLock { $0.hangUp(on: sent.number) } }
            let effect: APIError.Effect = sent != nil && request.isWrite ? .unknown : .none
            throw APIError(.cancelled, effect: effect, message: "the request was cancelled")
        }
    }

    private func understood<Value>(_ read: () throws -> Value) throws(APIError) -> Value {
        do { return try read() } catch {
            throw APIError(.notTheAPI(status: 200), effect: .unknown, message: "\(error)")
        }
    }
}

extension APIAnswer {
    package var elements: [JSONText] {
        if case .conversations(let elements) = self { elements } else { [] }
    }
    /// The answer as the real client parses it.
    package func parsed() throws(JSONSyntaxError) -> JSONAnswer {
        if case .bytes(let bytes) = self { try JSONAnswer(bytes) } else { JSONAnswer(object) }
    }
    package var object: JSONText {
        if case .object(let object) = self { object } else { .null }
    }
}
