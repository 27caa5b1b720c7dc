import ConvoAPI
import ConvoModel

/// The API behind the gate that holds requests back during an outage.
struct GatedAPI: ConversationsAPI {
    let api: any ConversationsAPI
    let gate: OutageGate

    func whoAmI() async throws(APIError) -> Account {
        try await gate.pass { () throws(APIError) in try await api.whoAmI() }
    }
    func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage {
        try await gate.pass { () throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, metadata: metadata)
        }
    }
    func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
        try await gate.pass { () throws(APIError) in
            try await api.list(page: page, pageSize: pageSize, unless: known)
        }
    }
    func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        try await gate.pass { () throws(APIError) in try await api.get(id) }
    }
    func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        try await gate.pass { () throws(APIError) in try await api.getHistory(of: id) }
    }
    func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        try await gate.pass { () throws(APIError) in try await api.getMessages(of: id) }
    }
    func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        try await gate.pass { () throws(APIError) in try await api.start(request) }
    }
    func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await gate.pass { () throws(APIError) in try await api.append(request, to: id) }
    }
    func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        try await gate.pass { () throws(APIError) in try await api.restart(request, of: id) }
    }
    func delete(_ id: RemoteID) async throws(APIError) {
        try await gate.pass { () throws(APIError) in try await api.delete(id) }
    }
    func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        try await gate.pass { () throws(APIError) in try await api.startStream(request) }
    }
    func appendStream(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationEventStream {
        try await gate.pass { () throws(APIError) in try await api.appendStream(request, to: id) }
    }
    func restartStream(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationEventStream {
        try await gate.pass { () throws(APIError) in try await api.restartStream(request, of: id) }
    }
}
