package import ConvoJSON
package import ConvoModel
package import HTTPTypes
import Hummingbird

/// A service that carries out the API's operations; the server in front of it knows HTTP and nothing of conversations.
///
/// The server authenticates each request with ``principal(bearing:)`` and calls one operation for the principal. The
/// server has read a `body` as a JSON object; the service checks the members. A call whose task is cancelled tells the
/// service that the client has left or that the server is stopping; the service decides what becomes of the work.
///
/// A ``ServiceError`` that an operation throws becomes the response.
package protocol ConversationsService: Sendable {
    /// The bearer of a key, on whose behalf an operation is carried out.
    associatedtype Principal: Sendable

    /// Finds the principal of a request's key.
    ///
    /// - Parameter token: the key; `nil` where the request has none.
    /// - Returns: the principal on whose behalf the operation is called.
    /// - Throws: the gateway's refusal, such as 401.
    func principal(bearing token: String?) async throws(ServiceError) -> Principal

    /// Finds the principal of a request, for a service that needs more of the request than its key.
    ///
    /// - Parameter request: the request's head.
    /// - Returns: the principal; may be one of this request alone.
    /// - Throws: the gateway's refusal, such as 401.
    func principal(of request: RequestHead) async throws(ServiceError) -> Principal
    /// The headers that the service adds to the response; asked for when the operation has ended.
    func headers(for principal: Principal) -> [String: String]
    /// Called when the whole response to a write is in the kernel's hands, on the connection's event loop; must not block.
    func responded(to principal: Principal)

    /// `GET /v1/conversations`: returns an array of conversation objects.
    func list(_ query: ListQuery, by principal: Principal) async throws(ServiceError) -> Payload
    /// `GET /v1/conversations/{id}`: returns the conversation object.
    func get(_ id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText
    /// `GET /v1/conversations/{id}/history`: returns a `conversation.history` object.
    func getHistory(of id: RemoteID, by principal: Principal) async throws(ServiceError) -> Payload
    /// `GET /v1/conversations/{id}/messages`: returns a `conversation.messages` object.
    func getMessages(of id: RemoteID, by principal: Principal) async throws(ServiceError) -> Payload
    /// `DELETE /v1/conversations/{id}`: deletes the conversation; the response is 204 without a body.
    func delete(_ id: RemoteID, by principal: Principal) async throws(ServiceError)

    /// `POST /v1/conversations`: starts a conversation, waits for the model and returns a `conversation.response`
    /// object.
    func start(_ body: JSONText, by principal: Principal) async throws(ServiceError) -> JSONText
    /// `POST /v1/conversations/{id}`: appends, waits for the model and returns a `conversation.response` object.
    func append(_ body: JSONText, to id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText
    /// `POST /v1/conversations/{id}/restart`: branches, waits for the model and returns a `conversation.response`
    /// object.
    func restart(_ body: JSONText, of id: RemoteID, by principal: Principal) async throws(ServiceError) -> JSONText

    /// Starts a conversation where the body has `"stream": true`.
    ///
    /// - Parameters:
    ///   - body: the request's object.
    ///   - principal: the bearer of the request's key.
    /// - Returns: the events of the response; a failure after the first event is told in the stream.
    /// - Throws: the response in place of a stream.
    func startStream(_ body: JSONText, by principal: Principal) async throws(ServiceError) -> ServerEvents
    /// Appends where the body has `"stream": true`; returns and throws as ``startStream(_:by:)`` does.
    func appendStream(
        _ body: JSONText, to id: RemoteID, by principal: Principal
    ) async throws(ServiceError) -> ServerEvents
    /// Branches where the body has `"stream": true`; returns and throws as ``startStream(_:by:)`` does.
    func restartStream(
        _ body: JSONText, of id: RemoteID, by principal: Principal
    ) async throws(ServiceError) -> ServerEvents
}

extension ConversationsService {
    /// Finds the principal by the request's key alone.
    package func principal(of request: RequestHead) async throws(ServiceError) -> Principal {
        try await principal(bearing: request.token)
    }
    /// None.
    package func headers(for principal: Principal) -> [String: String] { [:] }
    /// Does nothing.
    package func responded(to principal: Principal) {}
}

/// A service that also knows users and files.
package protocol AccountService: ConversationsService {
    /// `GET /v1/users/me`: returns the user who has the key.
    func getUser(_ principal: Principal) async throws(ServiceError) -> JSONText
    /// `GET /v1/whoami`: returns the user or the service account that has the key.
    func whoAmI(_ principal: Principal) async throws(ServiceError) -> JSONText

    /// `GET /v1/files/{id}/content`: returns the bytes of a generated file.
    func downloadFile(_ id: String, by principal: Principal) async throws(ServiceError) -> [UInt8]
    /// `GET /v1/files/{id}/url`: returns `{"url"}`, under which a client downloads the file without a key for `hours`
    /// hours.
    func getSignedURL(of id: String, hours: Int, by principal: Principal) async throws(ServiceError) -> JSONText
    /// `DELETE /v1/files/{id}`: deletes the file and returns `{"id", "object", "deleted"}`.
    func deleteFile(_ id: String, by principal: Principal) async throws(ServiceError) -> JSONText
}

/// What a service may read of a request beside its body.
package struct RequestHead: Sendable {
    /// The key in the request; `nil` where there is none.
    package let token: String?
    /// The request's target, as it was sent.
    package let target: String
    /// The client's connection.
    package let connection: ClientConnection
    private let headers: HTTPFields

    init(_ request: Request, _ connection: ClientConnection) {
        (headers, target, self.connection) = (request.headers, request.head.path ?? "", connection)
        token = Credentials.token(in: headers)
    }

    /// The value of a header field; several of one name are joined by a comma. `nil` where there is none.
    package subscript(name: String) -> String? { HTTPField.Name(name).flatMap { headers[$0] } }
}

/// The credentials in a request's headers.
package enum Credentials {
    /// The key in a request; `nil` where there is none.
    ///
    /// It is a bearer token, or the value of `x-api-key`, which the API's description names for `/v1/users/me` and
    /// `/v1/whoami`; an `Authorization` header of another scheme hides the latter.
    package static func token(in headers: HTTPFields) -> String? {
        if let header = headers[.authorization] {
            return bearer(header)
        }
        return HTTPField.Name("x-api-key").flatMap { headers[$0] }
    }

    /// The token in a value of `Authorization`; `nil` where it has another scheme, or another form.
    static func bearer(_ value: String) -> String? {
        let parts = value.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        return String(parts[1])
    }
}

/// The body of a response that should be JSON.
package enum Payload: Hashable, Sendable {
    /// A body that is JSON.
    case json(JSONText)
    /// A body as a faulty server sends it: one that JSON does not allow, or that nests deeper than ``JSONText`` does.
    case bytes([UInt8])

    /// The bytes of the body; those of ``bytes(_:)`` need not be UTF-8.
    package var utf8: [UInt8] {
        switch self {
        case .json(let json): Array(json.text.utf8)
        case .bytes(let bytes): bytes
        }
    }
}

/// One server-sent event of a streamed response.
package struct ServerEvent: Hashable, Sendable {
    /// The value of the `event:` line; in every recorded stream, the `type` in the data is the same.
    package let type: String
    /// The value of the `data:` line.
    package let data: JSONText

    /// Makes an event; `type` is not written into `data`.
    package init(_ type: String, data: JSONText) {
        self.type = type
        self.data = data
    }

    /// The event as it is sent: an `event:` line, one `data:` line and an empty line, each ended by LF.
    package var framed: String { "event: \(type)\ndata: \(data.text)\n\n" }
}

/// The events of one response, in order.
///
/// A service ends the sequence without `conversation.response.done` to cut the stream, and throws
/// ``ServiceError/connectionReset`` to reset the connection. The server drops the sequence when the client leaves.
package typealias ServerEvents = AsyncThrowingStream<ServerEvent, any Error>
