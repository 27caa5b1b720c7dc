package import ConvoJSON
package import ConvoModel

/// The Conversations API, one method for each of its operations.
///
/// A method that throws ``APIError`` tells by it whether the server may have acted (``APIError/effect``), whether
/// another attempt can help, and what a person can do. Every method waits for the server, and ends its request if the
/// task is cancelled.
package protocol ConversationsAPI: Sendable {
    /// Asks the server whose key the client uses.
    ///
    /// - Returns: the user or service account, with the workspace and organization as far as the server tells them.
    /// - Throws: ``APIError``; one with ``APIError/isUntold`` if the server does not tell.
    func whoAmI() async throws(APIError) -> Account
    /// Reads one page of the list, newest first by creation.
    ///
    /// The last page is the one shorter than `pageSize`.
    ///
    /// - Parameters:
    ///   - page: the page's number, from 0.
    ///   - pageSize: conversations per page (`page_size`).
    ///   - metadata: a JSON object by which the server filters; `nil` for all conversations.
    /// - Returns: the page. Elements that cannot be read are set aside in it.
    /// - Throws: ``APIError``; of kind `unusableRequest` if `metadata` is not an object.
    func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage
    /// Reads one page of the list, unless it is byte for byte the one that `known` was made from.
    ///
    /// - Parameters:
    ///   - page: the page's number, from 0.
    ///   - pageSize: conversations per page (`page_size`).
    ///   - known: the digest of an earlier answer; `nil` to read the page whatever it is.
    /// - Returns: the page with its digest, or that it has not changed.
    /// - Throws: ``APIError``.
    func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage
    /// Reads a conversation's description, without its entries.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the conversation.
    /// - Throws: ``APIError``; one with ``APIError/isNotFound`` if the server does not have it.
    func get(_ id: RemoteID) async throws(APIError) -> Conversation
    /// Reads all entries of a conversation, in the order in which they were appended.
    ///
    /// The API has no paging for it.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the entries. Those that cannot be read are set aside.
    /// - Throws: ``APIError``; one with ``APIError/isAnswerTooLarge`` if the history is over the client's limit.
    func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory
    /// Reads the messages of a conversation: its history without entries of other types.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the messages. Those that cannot be read are set aside.
    /// - Throws: ``APIError``; one with ``APIError/isAnswerTooLarge`` if the answer is over the client's limit.
    func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages
    /// Starts a conversation, and waits for the model's answer.
    ///
    /// Not idempotent: each call makes another conversation.
    ///
    /// - Parameter request: the inputs, the model or agent, and their options.
    /// - Returns: the new conversation's id and the outputs, without the inputs.
    /// - Throws: ``APIError``.
    func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse
    /// Appends inputs to a conversation, and waits for the model's answer.
    ///
    /// Not idempotent: each call adds another turn.
    ///
    /// - Parameters:
    ///   - request: the inputs, or confirmations of tool calls, and their options.
    ///   - id: the conversation's id on the server.
    /// - Returns: the outputs, without the inputs. With `store: false` the conversation's id may be a new one.
    /// - Throws: ``APIError``; one with ``APIError/isBusy`` if another request is at work on the conversation.
    func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse
    /// Starts a new conversation from an entry of another one, and waits for the model's answer.
    ///
    /// Not idempotent: each call makes another conversation.
    ///
    /// - Parameters:
    ///   - request: the inputs, the entry to continue from (`from_entry_id`), and options.
    ///   - id: the id of the conversation that has this entry.
    /// - Returns: the new conversation's id and the outputs, without the inputs.
    /// - Throws: ``APIError``.
    func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse
    /// Deletes a conversation on the server.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Throws: ``APIError``; one with ``APIError/isNotFound`` if it is not there (any more).
    func delete(_ id: RemoteID) async throws(APIError)

    /// Starts a conversation as ``start(_:)`` does, with `stream: true`.
    ///
    /// Returns as soon as the server has accepted the request.
    ///
    /// - Parameter request: the inputs, the model or agent, and their options.
    /// - Returns: the answer's events as they come. Ending the iteration early ends the request.
    /// - Throws: ``APIError`` if the server does not accept the request. Later errors are thrown by the iteration.
    func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream
    /// Appends to a conversation as ``append(_:to:)`` does, with `stream: true`.
    ///
    /// Returns as soon as the server has accepted the request.
    ///
    /// - Parameters:
    ///   - request: the inputs, or confirmations of tool calls, and their options.
    ///   - id: the conversation's id on the server.
    /// - Returns: the answer's events as they come. Ending the iteration early ends the request.
    /// - Throws: ``APIError`` if the server does not accept the request. Later errors are thrown by the iteration.
    func appendStream(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationEventStream
    /// Restarts a conversation as ``restart(_:of:)`` does, with `stream: true`.
    ///
    /// Returns as soon as the server has accepted the request.
    ///
    /// - Parameters:
    ///   - request: the inputs, the entry to continue from (`from_entry_id`), and options.
    ///   - id: the id of the conversation that has this entry.
    /// - Returns: the answer's events as they come. Ending the iteration early ends the request.
    /// - Throws: ``APIError`` if the server does not accept the request. Later errors are thrown by the iteration.
    func restartStream(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationEventStream
}

/// A page of the list, compared with an earlier answer.
package enum ListedPage: Sendable {
    /// The answer is byte for byte the earlier one.
    case same
    /// The page as it is now, and the digest by which it is known from now on.
    case read(ConversationPage, PageDigest)
}
