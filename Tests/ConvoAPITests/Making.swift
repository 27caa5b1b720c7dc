import ConvoAPI
import ConvoHTTP
import ConvoModel
import Expectations

func api(
    _ transport: FakeTransport, key: String? = "secret-key", baseURL: String = MistralAPI.defaultURL,
    retry: RetryPolicy = .none, clock: any Clock<Duration> = ContinuousClock(), jitter: Duration = .zero
) throws -> MistralAPI {
    try MistralAPI(
        baseURL: baseURL, apiKey: { key }, transport: transport, userAgent: "test", retry: retry, clock: clock,
        jitter: { jitter })
}

/// All operations of the client, for tests of what is true of each.
enum APICall: String, CaseIterable, Sendable {
    case list, get, getHistory, getMessages, start, append, restart, delete, startStream, appendStream, restartStream

    var isWrite: Bool { ![APICall.list, .get, .getHistory, .getMessages].contains(self) }
    var isStream: Bool { [APICall.startStream, .appendStream, .restartStream].contains(self) }

    func run(_ api: MistralAPI) async throws(APIError) {
        let id = RemoteID("conv_1")
        let append = AppendRequest(inputs: .text("hi"))
        let restart = RestartRequest(from: EntryID("msg_1"), inputs: .text("hi"))
        switch self {
        case .list: _ = try await api.list(page: 0, pageSize: 100, metadata: nil)
        case .get: _ = try await api.get(id)
        case .getHistory: _ = try await api.getHistory(of: id)
        case .getMessages: _ = try await api.getMessages(of: id)
        case .start: _ = try await api.start(StartRequest(inputs: .text("hi")))
        case .append: _ = try await api.append(append, to: id)
        case .restart: _ = try await api.restart(restart, of: id)
        case .delete: try await api.delete(id)
        case .startStream: for try await _ in try await api.startStream(StartRequest(inputs: .text("hi"))) {}
        case .appendStream: for try await _ in try await api.appendStream(append, to: id) {}
        case .restartStream: for try await _ in try await api.restartStream(restart, of: id) {}
        }
    }

    /// The error that the operation ends with.
    func error(_ api: MistralAPI) async throws -> APIError {
        try await Expectations.error { () throws(APIError) in try await run(api) }
    }

    /// An answer that the client takes for the operation's success.
    var success: FakeTransport.Reply {
        switch self {
        case .list: .answer(200, "[\(Sample.conversation)]")
        case .get: .answer(200, Sample.conversation)
        case .getHistory: .answer(200, Sample.history)
        case .getMessages: .answer(200, Sample.messages)
        case .start, .append, .restart: .answer(200, Sample.response)
        case .delete: .answer(204)
        case .startStream, .appendStream, .restartStream: .events(Transcript.plain)
        }
    }
}

enum Sample {
    static let conversation = """
        {"id":"conv_1","created_at":"2026-06-29T14:13:28.545632Z","updated_at":"2026-06-29T14:13:28.545633Z",\
        "model":"mistral-small-latest","object":"conversation","x":12345678901234567890,"guardrails":null}
        """
    static let entry = """
        {"role":"user","content":"Who is Albert Einstein?","object":"entry","type":"message.input",\
        "created_at":"2025-06-16T09:19:08.734315Z","completed_at":null,"id":"msg_0684fe18cbbf7c358000e14357aedf41"}
        """
    static let history = """
        {"conversation_id":"conv_1","entries":[\(entry)],"object":"conversation.history"}
        """
    static let messages = """
        {"conversation_id":"conv_1","messages":[\(entry)],"object":"conversation.messages"}
        """
    static let response = """
        {"object":"conversation.response","conversation_id":"conv_1","outputs":[\
        {"object":"entry","type":"message.output","created_at":"2026-10-05T14:45:48.927368Z",\
        "completed_at":"2026-10-05T14:45:48.937201Z","model":"mistral-small-latest",\
        "id":"msg_01a10c8730ff753b89b4240d53aa390d","role":"assistant","content":"12"}],\
        "usage":{"prompt_tokens":34,"completion_tokens":3,"total_tokens":37},"guardrails":null}
        """
}
