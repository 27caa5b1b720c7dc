public import ConvoModel

/// What answers the API's operations. The server around it knows the wire and nothing of conversations.
///
/// Each request is authenticated first; the operation then learns who asks. A body is any JSON object: what it must hold is the service's to judge. A call whose task is cancelled means
/// that the client went away, or that the server stops; what becomes of the work is the service's choice too.
public protocol ConversationsService: Sendable {
    /// Whose key `token` is; `nil` where the request bears none.
    ///
    /// - Throws: the gateway's refusal.
    func principal(bearing token: String?) async throws(ServiceError) -> Principal

    /// An array of conversations.
    func list(_ query: ListQuery, by principal: Principal) async throws(ServiceError) -> Payload
    func get(_ id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText
    func getHistory(of id: RemoteID, by principal: Principal) async throws(ServiceError) -> Payload
    func getMessages(of id: RemoteID, by principal: Principal) async throws(ServiceError) -> Payload
    func delete(_ id: RemoteID, by principal: Principal) async throws(ServiceError)

    func start(_ body: JSONText, by principal: Principal) async throws(ServiceError) -> JSONText
    func append(_ body: JSONText, to id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText
    func restart(_ body: JSONText, of id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText

    /// The same three where the body says `"stream": true`. What is thrown here is an ordinary error answer; what
    /// goes wrong later is told in the stream.
    func startStream(_ body: JSONText, by principal: Principal) async throws(ServiceError) -> ServerEvents
    func appendStream(
        _ body: JSONText, to id: RemoteID, by principal: Principal
    ) async throws(ServiceError) -> ServerEvents
    func restartStream(
        _ body: JSONText, of id: RemoteID, by principal: Principal
    ) async throws(ServiceError) -> ServerEvents

    /// `GET /v1/users/me`: the user whose key it is.
    func getUser(_ principal: Principal) async throws(ServiceError) -> JSONText
    /// `GET /v1/whoami`: the user or the service account whose key it is.
    func whoAmI(_ principal: Principal) async throws(ServiceError) -> JSONText

    /// The bytes of a generated file.
    func downloadFile(_ id: String, by principal: Principal) async throws(ServiceError) -> [UInt8]
    /// `{"url"}`: where the file can be had without a key, for so many hours.
    func getSignedURL(of id: String, hours: Int, by principal: Principal) async throws(ServiceError) -> JSONText
    /// `{"id", "object", "deleted"}`
    func deleteFile(_ id: String, by principal: Principal) async throws(ServiceError) -> JSONText
}
