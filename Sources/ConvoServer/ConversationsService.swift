public import ConvoModel
import HTTPTypes

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

/// Who bears a key: a user or a service account, in a workspace of an organization.
///
/// The names are the server's own words for them; a service makes its ids of them.
public struct Principal: Hashable, Sendable {
    /// A name that begins so is a service account's.
    public static let serviceAccountPrefix = "service:"

    public let user: String
    public let workspace: String
    public let organization: String
    /// The key's name, which is not the key.
    public let keyName: String

    public init(
        user: String = "sandbox", workspace: String = "default", organization: String = "sandbox",
        keyName: String = "key 1"
    ) {
        self.user = user
        self.workspace = workspace
        self.organization = organization
        self.keyName = keyName
    }

    public var isServiceAccount: Bool { user.hasPrefix(Principal.serviceAccountPrefix) }
}

/// What a request says of who makes it.
enum Credentials {
    /// The key: a bearer token, or `x-api-key`, which the description of `/v1/users/me` and `/v1/whoami` names.
    static func token(in headers: HTTPFields) -> String? {
        if let header = headers[.authorization] {
            let parts = header.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return String(parts[1])
        }
        return HTTPField.Name("x-api-key").flatMap { headers[$0] }
    }
}

/// The body of an answer that should be JSON.
public enum Payload: Hashable, Sendable {
    case json(JSONText)
    /// Bytes that JSON does not allow, or that nest deeper than ``JSONText`` does, as a faulty server sends them.
    case bytes([UInt8])

    public var utf8: [UInt8] {
        switch self {
        case .json(let json): Array(json.text.utf8)
        case .bytes(let bytes): bytes
        }
    }
}

/// One server-sent event of a streamed answer.
public struct ServerEvent: Hashable, Sendable {
    /// The `event:` line, and `type` in the data: the same word in every recorded stream.
    public let type: String
    public let data: JSONText

    public init(_ type: String, data: JSONText) {
        self.type = type
        self.data = data
    }

    /// As it goes over the wire: LF, one line of data, an empty line; no `id:`, no `retry:`.
    public var framed: String { "event: \(type)\ndata: \(data.text)\n\n" }
}

/// The events of one answer, in order. Ending without `conversation.response.done` is a cut stream; throwing
/// ``ServiceError/connectionReset`` is one that breaks. Dropping the sequence tells the service that the client left.
public typealias ServerEvents = AsyncThrowingStream<ServerEvent, any Error>
