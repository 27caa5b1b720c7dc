public import ConvoHTTP
internal import ConvoJSON
internal import ConvoModel

/// One operation as an HTTP request.
struct APIRequest {
    let method: HTTPRequest.Method
    let segments: [String]
    var query: [(name: String, value: String)] = []
    var body: JSONText?
    var isStream = false
    /// The first byte that is needed of a file; `nil` for all of it.
    var range: Int?
    let expected: ExpectedAnswer

    static let root = ["v1", "conversations"]

    /// Whether the request may change anything on the server.
    var isWrite: Bool { method != .get }

    /// A request about one conversation.
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

    /// The request's JSON with its `stream` field set.
    static func body(of request: some WriteRequest, isStream: Bool) throws(APIError) -> JSONText {
        guard request.json.kind == .object else {
            throw APIError(.unusableRequest, effect: .none, message: "the request is no JSON object")
        }
        return request.json.setting("stream", to: .bool(isStream))
    }
}

/// How long each kind of operation may take, and how large its answer may be.
public struct APILimits: Hashable, Sendable {
    /// The limits of every operation that only reads, and of delete.
    public var reading: HTTPLimits
    /// The limits of start, append and restart.
    ///
    /// The answer comes when the model has written it.
    public var completion: HTTPLimits
    /// The limits of the same three operations as streams.
    public var streaming: HTTPLimits
    /// The limits of a history, which the API does not page.
    public var history: HTTPLimits
    /// The greatest number of bytes of one entry of a history over a megabyte, and of what stands beside its entries.
    public var entry: Int

    /// Creates limits: the defaults, or the given ones.
    public init(
        reading: HTTPLimits = .reading, completion: HTTPLimits = .completion, streaming: HTTPLimits = .streaming,
        history: HTTPLimits = .history, entry: Int = HTTPLimits.defaultBody
    ) {
        self.reading = reading
        self.completion = completion
        self.streaming = streaming
        self.history = history
        self.entry = entry
    }

    func limits(of call: APIRequest) -> HTTPLimits {
        if call.expected == .file { return reading }
        if case .history = call.expected { return history }
        if call.isStream { return streaming }
        return call.method == .post ? completion : reading
    }
}

/// The shape that the API's answer must have to prove that an operation succeeded.
enum ExpectedAnswer: Equatable {
    case list
    case conversation(RemoteID)
    case history(of: RemoteID)
    case messages(of: RemoteID)
    /// The conversation that must have answered; `nil` if the server names a new one.
    case response(from: RemoteID?)
    case account
    /// 204 without a body.
    case nothing
    case events
    /// A file's bytes.
    case file

    /// The media types that the client accepts (`Accept`).
    var accepted: String {
        switch self {
        case .events: "text/event-stream"
        case .file: "*/*"
        default: "application/json"
        }
    }

    /// Why the answer's body does not have the expected shape; `nil` if it has.
    ///
    /// Only what tells the API from another program is checked. Elements of a list are checked one by one, when they
    /// are read.
    func flaw(of answer: JSONAnswer) -> String? {
        let json = answer.value
        return switch self {
        case .list: json.kind == .array ? nil : "the list is not an array"
        case .conversation(let id):
            !ExpectedAnswer.names(id, json["id"])
                ? "it is not the conversation that was asked for"
                : ExpectedAnswer.isConversation(json) ? nil : "it is no conversation"
        case .history(let id): ExpectedAnswer.flaw(of: json, with: "entries", of: id)
        case .messages(let id): ExpectedAnswer.flaw(of: json, with: "messages", of: id)
        case .response(let id): ExpectedAnswer.flaw(of: json, with: "outputs", of: id)
        case .account: json.kind == .object ? nil : "it is no account"
        case .nothing, .events, .file: nil
        }
    }

    private static func flaw(of json: JSONText, with list: String, of id: RemoteID?) -> String? {
        guard let given = json["conversation_id"]?.string, !given.isEmpty else { return "it has no conversation_id" }
        if let id, id != RemoteID(given) { return "it is about another conversation than was asked for" }
        return json.kind(of: list) == .array ? nil : "it has no \(list)"
    }

    private static func names(_ id: RemoteID, _ json: JSONText?) -> Bool { json?.string.map { RemoteID($0) } == id }

    private static func isConversation(_ json: JSONText) -> Bool {
        json["model"]?.kind == .string || json["agent_id"]?.kind == .string || json["object"]?.string == "conversation"
    }
}
