public import ConvoHTTP
public import ConvoModel

/// The Conversations API over HTTP.
///
/// Every method sends one request, unless a ``RetryPolicy`` says otherwise; ``whoAmI()`` may need two. The key goes into
/// the `Authorization` field, to ask whose it is into `x-api-key` too, and nowhere else; over plain `http` it goes to this
/// machine only.
public struct MistralAPI: ConversationsAPI {
    public static let defaultURL = "https://api.mistral.ai"
    public static let defaultUserAgent = "convo/1"

    private let client: APIClient

    /// - Parameters:
    ///   - baseURL: what `/v1/conversations` is appended to.
    ///   - apiKey: asked for each request, so that a new key needs no new client. `nil` is enough for a plain `http`
    ///     server on this machine only.
    ///   - clock: what waits between attempts.
    ///   - jitter: from zero to ``RetryPolicy/maxJitter``, for the waits.
    /// - Throws: ``APIError`` of kind `unusableRequest` if the URL is none, or libcurl is not there.
    public init(
        baseURL: String = defaultURL, apiKey: @escaping @Sendable () -> String?, transport: any HTTPTransport,
        userAgent: String = defaultUserAgent, limits: APILimits = APILimits(), retry: RetryPolicy = .none,
        clock: any Clock<Duration> = ContinuousClock(),
        jitter: @escaping @Sendable () -> Duration = { .microseconds(Int64.random(in: 0..<1_000_000)) }
    ) throws(APIError) {
        guard let url = HTTPURL(baseURL), url.query == nil else {
            throw APIError(
                .unusableRequest, effect: .none,
                message: CurlLibrary.failure ?? "the server's URL is no http or https URL")
        }
        client = APIClient(
            baseURL: url, apiKey: apiKey, transport: transport, userAgent: userAgent, limits: limits,
            retries: Retrier(policy: retry, clock: clock, jitter: jitter))
    }

    /// The same with one key.
    public init(
        baseURL: String = defaultURL, apiKey: String?, transport: any HTTPTransport,
        userAgent: String = defaultUserAgent, limits: APILimits = APILimits(), retry: RetryPolicy = .none
    ) throws(APIError) {
        try self.init(
            baseURL: baseURL, apiKey: { apiKey }, transport: transport, userAgent: userAgent, limits: limits,
            retry: retry)
    }

    // MARK: Reading

    public func whoAmI() async throws(APIError) -> Account {
        do {
            return try await client.value(MistralAPI.account("users", "me")) { answer throws(ModelError) in
                try AccountAnswer.user(answer)
            }
        } catch {
            guard error.isUntold else { throw error }
        }
        return try await client.value(MistralAPI.account("whoami")) { answer throws(ModelError) in
            try AccountAnswer.principal(answer)
        }
    }

    private static func account(_ path: String...) -> APIRequest {
        APIRequest(method: .get, segments: ["v1"] + path, expected: .account)
    }

    public func list(page: Int, pageSize: Int, metadata: JSONText?) async throws(APIError) -> ConversationPage {
        var call = MistralAPI.listing(page: page, pageSize: pageSize)
        if let metadata {
            guard metadata.kind == .object else {
                throw APIError(.unusableRequest, effect: .none, message: "a metadata filter is a JSON object")
            }
            call.query.append(("metadata", metadata.text))
        }
        return try await client.value(call) { answer throws(ModelError) in try ConversationPage(answer) }
    }

    public func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
        let call = MistralAPI.listing(page: page, pageSize: pageSize)
        let response = try await client.answer(to: call)
        if let known, response.body.withUnsafeBytes({ known.describes($0) }) { return .same }
        let listed = try client.value(of: response, to: call) { answer throws(ModelError) in
            try ConversationPage(answer)
        }
        return .read(listed, response.body.withUnsafeBytes { PageDigest(of: $0) })
    }

    private static func listing(page: Int, pageSize: Int) -> APIRequest {
        var call = APIRequest(method: .get, segments: APIRequest.root, expected: .list)
        call.query = [("page", String(page)), ("page_size", String(pageSize))]
        return call
    }

    public func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        try await client.value(.about(id, .get, expected: .conversation(id))) { answer throws(ModelError) in
            try Conversation(answer)
        }
    }

    public func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        try await client.value(.about(id, .get, ["history"], expected: .history(of: id))) {
            answer throws(ModelError) in try ConversationHistory(answer)
        }
    }

    public func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        try await client.value(.about(id, .get, ["messages"], expected: .messages(of: id))) {
            answer throws(ModelError) in try ConversationMessages(answer)
        }
    }

    // MARK: Writing

    public func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        let body = try APIRequest.body(of: request, isStream: false)
        return try await response(
            APIRequest(method: .post, segments: APIRequest.root, body: body, expected: .response(from: nil)))
    }

    public func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        // The server may answer an exchange with `store: false` under a new conversation id.
        let expected = ExpectedAnswer.response(from: request.store == false ? nil : id)
        return try await response(
            .about(id, .post, body: APIRequest.body(of: request, isStream: false), expected: expected))
    }

    public func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        let body = try APIRequest.body(of: request, isStream: false)
        return try await response(.about(id, .post, ["restart"], body: body, expected: .response(from: nil)))
    }

    public func delete(_ id: RemoteID) async throws(APIError) {
        _ = try await client.answer(to: .about(id, .delete, expected: .nothing))
    }

    private func response(_ call: APIRequest) async throws(APIError) -> ConversationResponse {
        try await client.value(call) { answer throws(ModelError) in try ConversationResponse(answer) }
    }

    // MARK: Streaming

    public func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(
            APIRequest(method: .post, segments: APIRequest.root, body: body, isStream: true, expected: .events))
    }

    public func appendStream(
        _ request: AppendRequest, to id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(.about(id, .post, body: body, isStream: true, expected: .events))
    }

    public func restartStream(
        _ request: RestartRequest, of id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(.about(id, .post, ["restart"], body: body, isStream: true, expected: .events))
    }
}

/// What `GET /v1/users/me` and `GET /v1/whoami` answer.
enum AccountAnswer {
    /// `{id, email, first_name, last_name, workspace, organization, api_key}`
    static func user(_ answer: JSONAnswer) throws(ModelError) -> Account {
        guard let json = answer.kept else { throw .unexpected(expected: "an account", in: "answer") }
        return try account(of: json, person: json)
    }

    /// `{principal{principal_type, id, …}, organization, workspace}`
    static func principal(_ answer: JSONAnswer) throws(ModelError) -> Account {
        guard let json = answer.kept, let principal = json["principal"] else {
            throw .missing(field: "principal", in: "account")
        }
        return try account(of: json, person: principal)
    }

    private static func account(of json: JSONText, person: JSONText) throws(ModelError) -> Account {
        guard let user = party(person) else { throw .missing(field: "id", in: "account") }
        return Account(
            user: user, workspace: json["workspace"].flatMap(party), organization: json["organization"].flatMap(party))
    }

    private static func party(_ json: JSONText) -> Account.Party? {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        let fullName = ["first_name", "last_name"].compactMap { json[$0]?.string }.joined(separator: " ")
        let names = [json["email"]?.string, json["name"]?.string, fullName]
        return Account.Party(id: id, name: names.compactMap { $0?.printable }.first)
    }
}
