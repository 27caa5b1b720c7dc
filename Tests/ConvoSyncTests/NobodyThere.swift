import ConvoAPI
import ConvoJSON
import ConvoModel

/// A client of an API that cannot be reached.
struct NobodyThere: ConversationsAPI {
    func whoAmI() throws(APIError) -> Account { throw .unreachable }
    func list(page: Int, pageSize: Int, metadata: JSONText?) throws(APIError) -> ConversationPage { throw .unreachable }
    func list(page: Int, pageSize: Int, unless known: PageDigest?) throws(APIError) -> ListedPage { throw .unreachable }
    func get(_ id: RemoteID) throws(APIError) -> Conversation { throw .unreachable }
    func getHistory(of id: RemoteID) throws(APIError) -> ConversationHistory { throw .unreachable }
    func getMessages(of id: RemoteID) throws(APIError) -> ConversationMessages { throw .unreachable }
    func start(_ request: StartRequest) throws(APIError) -> ConversationResponse { throw .unreachable }
    func append(_ request: AppendRequest, to id: RemoteID) throws(APIError) -> ConversationResponse {
        throw .unreachable
    }
    func restart(_ request: RestartRequest, of id: RemoteID) throws(APIError) -> ConversationResponse {
        throw .unreachable
    }
    func delete(_ id: RemoteID) throws(APIError) { throw .unreachable }
    func startStream(_ request: StartRequest) throws(APIError) -> ConversationEventStream { throw .unreachable }
    func appendStream(_ request: AppendRequest, to id: RemoteID) throws(APIError) -> ConversationEventStream {
        throw .unreachable
    }
    func restartStream(_ request: RestartRequest, of id: RemoteID) throws(APIError) -> ConversationEventStream {
        throw .unreachable
    }
}
