public import ConvoModel

/// What answers the API's operations. The server around it knows the wire and nothing of conversations.
///
/// A body is any JSON object: what it must hold is the service's to judge. A call whose task is cancelled means
/// that the client went away, or that the server stops; what becomes of the work is the service's choice too.
public protocol ConversationsService: Sendable {
    /// An array of conversations.
    func list(_ query: ListQuery) async throws(ServiceError) -> JSONText
    func get(_ id: RemoteID) async throws(ServiceError) -> JSONText
    func getHistory(of id: RemoteID) async throws(ServiceError) -> JSONText
    func getMessages(of id: RemoteID) async throws(ServiceError) -> JSONText
    func delete(_ id: RemoteID) async throws(ServiceError)

    func start(_ body: JSONText) async throws(ServiceError) -> JSONText
    func append(_ body: JSONText, to id: RemoteID) async throws(ServiceError) -> JSONText
    func restart(_ body: JSONText, of id: RemoteID) async throws(ServiceError) -> JSONText

    /// The same three where the body says `"stream": true`. What is thrown here is an ordinary error answer; what
    /// goes wrong later is told in the stream.
    func startStream(_ body: JSONText) async throws(ServiceError) -> ServerEvents
    func appendStream(_ body: JSONText, to id: RemoteID) async throws(ServiceError) -> ServerEvents
    func restartStream(_ body: JSONText, of id: RemoteID) async throws(ServiceError) -> ServerEvents
}
