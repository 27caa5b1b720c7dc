public import ConvoModel

/// The Conversations API, one method for each of its operations.
///
/// A method that throws ``APIError`` says by it whether the server may have acted (``APIError/effect``), whether a
/// retry can help, and what a person can do.
public protocol ConversationsAPI: Sendable {
    /// Whose key it is.
    ///
    /// - Throws: ``APIError``; one with ``APIError/isUntold`` where the server does not tell.
    func whoAmI() async throws(APIError) -> Account
    /// One page, newest first by creation. The last page is the one shorter than `pageSize`.
    func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage
    /// The same, but nothing is read of a page that is, byte for byte, the one that `known` was made of.
    func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage
    func get(_ id: RemoteID) async throws(APIError) -> Conversation
    func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory
    func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages
    func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse
    func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse
    func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse
    func delete(_ id: RemoteID) async throws(APIError)

    /// The same three with `stream: true`: the events as they come. Ending the iteration early ends the request.
    func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream
    func appendStream(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationEventStream
    func restartStream(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationEventStream
}

/// A page of the list, beside one that was read before.
public enum ListedPage: Sendable {
    /// It says what that one said.
    case same
    case read(ConversationPage, PageDigest)
}
