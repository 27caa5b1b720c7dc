internal import ConvoHTTP
internal import ConvoModel

/// One operation as HTTP sees it.
struct APIRequest {
    let method: HTTPRequest.Method
    let segments: [String]
    var query: [(name: String, value: String)] = []
    var body: JSONText?
    var isStream = false
    let expected: ExpectedAnswer

    static let root = ["v1", "conversations"]

    /// Whether it may change anything on the server.
    var isWrite: Bool { method != .get }

    /// A call about one conversation.
    ///
    /// - Throws: ``APIError`` for an id that would name something else in a URL.
    static func about(
        _ id: RemoteID, _ method: HTTPRequest.Method, _ rest: [String] = [], body: JSONText? = nil,
        isStream: Bool = false, expected: ExpectedAnswer
    ) throws(APIError) -> APIRequest {
        guard !["", ".", ".."].contains(id.rawValue) else {
            throw APIError(.unusableRequest, effect: .none, message: "`\(id)` is no conversation's id")
        }
        return APIRequest(
            method: method, segments: root + [id.rawValue] + rest, body: body, isStream: isStream, expected: expected)
    }

    /// The request's JSON with `stream` as the operation has it.
    static func body(of request: some WriteRequest, isStream: Bool) throws(APIError) -> JSONText {
        guard request.json.kind == .object else {
            throw APIError(.unusableRequest, effect: .none, message: "the request is no JSON object")
        }
        return request.json.setting("stream", to: .bool(isStream))
    }
}
