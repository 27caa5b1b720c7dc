public import ConvoHTTP
public import ConvoJSON
public import ConvoModel

/// The Conversations API over HTTP.
///
/// Every method sends one request, unless a ``RetryPolicy`` says otherwise; ``whoAmI()`` may need two. The key is sent
/// in the `Authorization` field, by ``whoAmI()`` also in `x-api-key`, and nowhere else. Over plain `http` it is sent to
/// this machine only. No write is idempotent: a start or restart that is repeated makes another conversation, an append
/// another turn.
public struct MistralAPI: ConversationsAPI {
    /// The URL of Mistral's own server.
    public static let defaultURL = "https://api.mistral.ai"
    /// The `User-Agent` that the client sends unless told otherwise.
    public static let defaultUserAgent = "convo/\(ConvoVersion.current)"

    let client: APIClient

    /// Creates a client with an HTTP transport of its own, which the client's copies share: libcurl, with the proxies that
    /// the environment names.
    ///
    /// Sends nothing yet. Certificates are always verified.
    ///
    /// - Parameters:
    ///   - baseURL: the URL that `/v1/conversations` is appended to, without a query.
    ///   - apiKey: the key; `nil` is accepted only for a plain `http` server on this machine.
    ///   - certificateFile: the path of a PEM file of certificate authorities to trust in place of the system's; `nil` for the
    ///     system's.
    ///   - userAgent: the value of the `User-Agent` field.
    ///   - limits: how long each kind of operation may take, and how large its answer may be.
    ///   - retry: when the client itself repeats a request. The default is one attempt.
    ///   - spoolFolder: a folder for the entries of histories over a megabyte, while they are used; the file there has no name.
    ///     `nil`, or where nothing can be written: they are kept in memory.
    /// - Throws: ``APIError`` of kind `unusableRequest` if the URL is invalid, or libcurl cannot be loaded.
    public init(
        baseURL: String = defaultURL, apiKey: String?, certificateFile: String? = nil,
        userAgent: String = defaultUserAgent, limits: APILimits = APILimits(), retry: RetryPolicy = .none,
        spoolFolder: String? = nil
    ) throws(APIError) {
        try self.init(
            baseURL: baseURL, apiKey: apiKey,
            transport: CurlTransport(options: CurlOptions(certificateFile: certificateFile)),
            userAgent: userAgent, limits: limits, retry: retry, spoolFolder: spoolFolder)
    }

    /// Creates a client that sends its requests by a given transport, and otherwise as
    /// ``init(baseURL:apiKey:certificateFile:userAgent:limits:retry:spoolFolder:)``.
    public init(
        baseURL: String = defaultURL, apiKey: String?, transport: any HTTPTransport,
        userAgent: String = defaultUserAgent, limits: APILimits = APILimits(), retry: RetryPolicy = .none,
        spoolFolder: String? = nil
    ) throws(APIError) {
        try self.init(
            baseURL: baseURL, apiKey: { apiKey }, transport: transport, userAgent: userAgent, limits: limits,
            retry: retry, spoolFolder: spoolFolder)
    }

    /// Creates a client that asks for its key before each request, so that a new key needs no new client.
    ///
    /// - Parameters:
    ///   - baseURL: the URL that `/v1/conversations` is appended to, without a query.
    ///   - apiKey: called for each request. `nil` is accepted only for a plain `http` server on this machine.
    ///   - transport: sends the HTTP requests.
    ///   - userAgent: the value of the `User-Agent` field.
    ///   - limits: how long each kind of operation may take, and how large its answer may be.
    ///   - retry: when the client itself repeats a request. The default is one attempt.
    ///   - spoolFolder: a folder for the entries of histories over a megabyte, while they are used; the file there has no name.
    ///     `nil`, or where nothing can be written: they are kept in memory.
    ///   - clock: the clock that waits between attempts.
    ///   - jitter: called for each wait; from zero to ``RetryPolicy/maxJitter``.
    /// - Throws: ``APIError`` of kind `unusableRequest` if the URL is invalid, or libcurl cannot be loaded.
    package init(
        baseURL: String = defaultURL, apiKey: @escaping @Sendable () -> String?, transport: any HTTPTransport,
        userAgent: String = defaultUserAgent, limits: APILimits = APILimits(), retry: RetryPolicy = .none,
        spoolFolder: String? = nil, clock: any Clock<Duration> = ContinuousClock(),
        jitter: @escaping @Sendable () -> Duration = { .microseconds(Int64.random(in: 0..<1_000_000)) }
    ) throws(APIError) {
        guard let url = HTTPURL(baseURL), url.query == nil else {
            throw APIError(
                .unusableRequest, effect: .none,
                message: PlatformTransport.failure ?? "the server's URL is no http or https URL")
        }
        client = APIClient(
            baseURL: url, apiKey: apiKey, transport: transport, userAgent: userAgent, limits: limits,
            retries: Retrier(policy: retry, clock: clock, jitter: jitter), spoolFolder: spoolFolder)
    }

    // MARK: Reading

    /// Asks `GET /v1/users/me`, and if that does not tell, `GET /v1/whoami`.
    ///
    /// - Returns: the user or service account, with the workspace and organization as far as the server tells them.
    /// - Throws: ``APIError``; one with ``APIError/isUntold`` if neither tells whose key it is.
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

    /// Reads one page of the list: `GET /v1/conversations`.
    ///
    /// - Parameters:
    ///   - page: the page's number, from 0.
    ///   - pageSize: conversations per page (`page_size`).
    ///   - metadata: a JSON object, sent as the query's `metadata`; `nil` for all conversations.
    /// - Returns: the page, newest first by creation.
    /// - Throws: ``APIError``; of kind `unusableRequest`, before anything is sent, if `metadata` is not an object.
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

    /// Reads one page of the list: `GET /v1/conversations`.
    ///
    /// The whole body is received either way; if it has not changed, it is not parsed.
    ///
    /// - Parameters:
    ///   - page: the page's number, from 0.
    ///   - pageSize: conversations per page (`page_size`).
    ///   - known: the digest of an earlier answer; `nil` to read the page whatever it is.
    /// - Returns: the page with its digest, or that it has not changed.
    /// - Throws: ``APIError``.
    package func list(page: Int, pageSize: Int, unless known: PageDigest?) async throws(APIError) -> ListedPage {
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

    /// Reads a conversation's description: `GET /v1/conversations/{id}`.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the conversation.
    /// - Throws: ``APIError``; of kind `notTheAPI` if the answer is about another conversation.
    public func get(_ id: RemoteID) async throws(APIError) -> Conversation {
        try await client.value(.about(id, .get, expected: .conversation(id))) { answer throws(ModelError) in
            try Conversation(answer)
        }
    }

    /// Reads all entries of a conversation: `GET /v1/conversations/{id}/history`.
    ///
    /// A history over a megabyte is read while it arrives, and its entries are kept in the spool folder, so that it takes
    /// little memory.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the entries in the order in which they were appended.
    /// - Throws: ``APIError``; of kind `notTheAPI` if the answer is about another conversation, of kind `answerTooLarge` if
    ///   the answer is larger than ``APILimits/history`` allows, an entry larger than ``APILimits/entry``, or there are more than
    ///   a million entries.
    public func getHistory(of id: RemoteID) async throws(APIError) -> ConversationHistory {
        try await client.history(.about(id, .get, ["history"], expected: .history(of: id)))
    }

    /// Reads the messages of a conversation: `GET /v1/conversations/{id}/messages`.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Returns: the history's messages, without entries of other types.
    /// - Throws: ``APIError``; of kind `notTheAPI` if the answer is about another conversation.
    public func getMessages(of id: RemoteID) async throws(APIError) -> ConversationMessages {
        try await client.value(.about(id, .get, ["messages"], expected: .messages(of: id))) {
            answer throws(ModelError) in try ConversationMessages(answer)
        }
    }

    // MARK: Writing

    /// Starts a conversation: `POST /v1/conversations` with `stream: false`.
    ///
    /// - Parameter request: the request's JSON object.
    /// - Returns: the new conversation's id and the outputs.
    /// - Throws: ``APIError``; of kind `unusableRequest`, before anything is sent, if the request is not a JSON object.
    public func start(_ request: StartRequest) async throws(APIError) -> ConversationResponse {
        let body = try APIRequest.body(of: request, isStream: false)
        return try await response(
            APIRequest(method: .post, segments: APIRequest.root, body: body, expected: .response(from: nil)))
    }

    /// Appends to a conversation: `POST /v1/conversations/{id}` with `stream: false`.
    ///
    /// - Parameters:
    ///   - request: the request's JSON object.
    ///   - id: the conversation's id on the server.
    /// - Returns: the outputs.
    /// - Throws: ``APIError``; of kind `unusableRequest`, before anything is sent, if the request is not a JSON object;
    ///   of kind `notTheAPI` if the answer is about another conversation, unless the request has `store: false`.
    public func append(_ request: AppendRequest, to id: RemoteID) async throws(APIError) -> ConversationResponse {
        // The server may answer an exchange with `store: false` under a new conversation id.
        let expected = ExpectedAnswer.response(from: request.store == false ? nil : id)
        return try await response(
            .about(id, .post, body: APIRequest.body(of: request, isStream: false), expected: expected))
    }

    /// Starts a conversation from an entry of another one: `POST /v1/conversations/{id}/restart` with `stream: false`.
    ///
    /// - Parameters:
    ///   - request: the request's JSON object.
    ///   - id: the id of the conversation that has the entry.
    /// - Returns: the new conversation's id and the outputs.
    /// - Throws: ``APIError``; of kind `unusableRequest`, before anything is sent, if the request is not a JSON object.
    public func restart(_ request: RestartRequest, of id: RemoteID) async throws(APIError) -> ConversationResponse {
        let body = try APIRequest.body(of: request, isStream: false)
        return try await response(.about(id, .post, ["restart"], body: body, expected: .response(from: nil)))
    }

    /// Deletes a conversation: `DELETE /v1/conversations/{id}`.
    ///
    /// - Parameter id: the conversation's id on the server.
    /// - Throws: ``APIError``; of kind `notTheAPI` if a success is not 204 without a body.
    public func delete(_ id: RemoteID) async throws(APIError) {
        _ = try await client.answer(to: .about(id, .delete, expected: .nothing))
    }

    private func response(_ call: APIRequest) async throws(APIError) -> ConversationResponse {
        try await client.value(call) { answer throws(ModelError) in try ConversationResponse(answer) }
    }

    // MARK: Streaming

    /// Starts a conversation: `POST /v1/conversations` with `stream: true`.
    ///
    /// - Parameter request: the request's JSON object.
    /// - Returns: the answer's events as they come.
    /// - Throws: ``APIError``; of kind `notTheAPI` if a success is not a `text/event-stream`.
    public func startStream(_ request: StartRequest) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(
            APIRequest(method: .post, segments: APIRequest.root, body: body, isStream: true, expected: .events))
    }

    /// Appends to a conversation: `POST /v1/conversations/{id}` with `stream: true`.
    ///
    /// - Parameters:
    ///   - request: the request's JSON object.
    ///   - id: the conversation's id on the server.
    /// - Returns: the answer's events as they come.
    /// - Throws: ``APIError``; of kind `notTheAPI` if a success is not a `text/event-stream`.
    public func appendStream(
        _ request: AppendRequest, to id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(.about(id, .post, body: body, isStream: true, expected: .events))
    }

    /// Starts a conversation from an entry of another one: `POST /v1/conversations/{id}/restart` with `stream: true`.
    ///
    /// - Parameters:
    ///   - request: the request's JSON object.
    ///   - id: the id of the conversation that has the entry.
    /// - Returns: the answer's events as they come.
    /// - Throws: ``APIError``; of kind `notTheAPI` if a success is not a `text/event-stream`.
    public func restartStream(
        _ request: RestartRequest, of id: RemoteID
    ) async throws(APIError) -> ConversationEventStream {
        let body = try APIRequest.body(of: request, isStream: true)
        return try await client.events(.about(id, .post, ["restart"], body: body, isStream: true, expected: .events))
    }
}
