import ConvoAPI
import ConvoHTTP
import ConvoJSON
import ConvoModel
import Foundation
import Fuzzing
import SeededRandom
import Testing

/// Requests as users of the library make them, to be checked by other means than our own code.
///
/// `scripts/check-requests` sets CONVO_REQUESTS to a file's path, and checks each line of the file against the API's
/// own description.
@Suite struct `A request with any of its parameters` {
    @Test func `is sent as it was made`() async throws {
        var sampler = RequestSampler(random: SplitMix64(seed: 11))
        var lines: [String] = []
        for number in 0..<FuzzRun(standard: 300).count {
            let transport = FakeTransport([RequestSampler.answers[number % RequestSampler.answers.count].1])
            let made = try await sampler.send(
                RequestSampler.answers[number % RequestSampler.answers.count].0, api(transport))
            let request = try #require(transport.requests.first)
            let body = request.body.isEmpty ? nil : try JSONText(utf8: request.body)
            #expect(body?.setting("stream", to: nil) == made)
            lines.append(
                JSONText.object([
                    "method": .string(request.method.rawValue), "url": .string(request.url.text), "body": body,
                ]).text)
        }
        if let path = ProcessInfo.processInfo.environment["CONVO_REQUESTS"] {
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        }
    }
}

struct RequestSampler {
    var random: SplitMix64

    static let answers = APICall.allCases.map { ($0, $0.success) }

    /// Sends a request with random parameters.
    ///
    /// - Returns: the request's body as the test has made it; `nil` if the operation has none.
    mutating func send(_ operation: APICall, _ api: MistralAPI) async throws -> JSONText? {
        let id = RemoteID("conv_1")
        switch operation {
        case .list:
            let metadata = try chance() ? JSONText(#"{"a": "b & c", "n": [1.0, null]}"#) : nil
            _ = try await api.list(page: Int.random(in: 0...9, using: &random), pageSize: 100, metadata: metadata)
            return nil
        case .start, .startStream:
            let request = try start()
            if operation == .start { _ = try await api.start(request) } else { _ = try await api.startStream(request) }
            return request.json
        case .append, .appendStream:
            let request = try append()
            if operation == .append {
                _ = try await api.append(request, to: id)
            } else {
                _ = try await api.appendStream(request, to: id)
            }
            return request.json
        case .restart, .restartStream:
            let request = try restart()
            if operation == .restart {
                _ = try await api.restart(request, of: id)
            } else {
                _ = try await api.restartStream(request, of: id)
            }
            return request.json
        default:
            try await operation.run(api)
            return nil
        }
    }

    private mutating func chance() -> Bool { Bool.random(using: &random) }

    private mutating func one(of texts: [String]) throws -> JSONText {
        try JSONText(texts.randomElement(using: &random) ?? "null")
    }

    private mutating func some(of texts: [String]) throws -> JSONText {
        .array(try texts.filter { _ in chance() }.map { try JSONText($0) })
    }

    private mutating func start() throws -> StartRequest {
        var request = StartRequest(inputs: try inputs())
        try setCommon(&request)
        if chance() { request.model = "mistral-small-latest" } else { request.agentID = "ag_1" }
        if chance() { request.agentVersion = chance() ? .int(3) : .string("stable") }
        if chance() { request.name = "naïve \"name\"\u{1}" }
        if chance() { request.description = "description" }
        if chance() { request.instructions = "be brief\nor not" }
        if chance() { request.tools = try some(of: Self.tools) }
        if chance() { request.guardrails = try some(of: Self.guardrails) }
        if chance() { request.metadata = try JSONText(#"{"convo_operation":"op_1","n":12345678901234567890}"#) }
        return request
    }

    private mutating func append() throws -> AppendRequest {
        var request = AppendRequest(inputs: try inputs())
        try setCommon(&request)
        if chance() {
            request.toolConfirmations = try some(of: [
                #"{"tool_call_id":"a","confirmation":"allow"}"#, #"{"tool_call_id":"b","confirmation":"deny"}"#,
            ])
            if chance() { request.inputs = nil }
        }
        return request
    }

    private mutating func restart() throws -> RestartRequest {
        var request = RestartRequest(from: EntryID("msg_1"), inputs: try inputs())
        try setCommon(&request)
        if chance() { request.agentVersion = .int(1) }
        if chance() { request.guardrails = try some(of: Self.guardrails) }
        if chance() { request.metadata = try JSONText(#"{"convo_parent":"conv_0"}"#) }
        return request
    }

    private mutating func setCommon(_ request: inout some WriteRequest) throws {
        if chance() { request.store = chance() }
        if chance() { request.handoffExecution = chance() ? "client" : "server" }
        if chance() { request.completionArgs = try one(of: Self.completionArgs) }
    }

    private mutating func inputs() throws -> Inputs {
        if chance() { return .text("é \"quoted\" \u{2028}\u{0} 🦊") }
        return .entries(try some(of: Self.entries).elements)
    }

    private static let entries = [
        #"{"type":"message.input","role":"user","content":"hi"}"#,
        #"{"object":"entry","type":"message.input","role":"assistant","content":"Sure","prefix":true,"id":"msg_9","created_at":"2026-06-29T14:13:28.545632Z","completed_at":null}"#,
        #"{"type":"message.input","role":"user","content":[{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"u","detail":"low"}},{"type":"image_url","image_url":"u"},{"type":"document_url","document_url":"d"},{"type":"tool_file","tool":"code_interpreter","file_id":"f"},{"type":"thinking","thinking":[{"type":"text","text":"x"},{"type":"reference","reference_ids":[1,"a"]}],"closed":true}]}"#,
        #"{"type":"message.output","content":"hello","role":"assistant"}"#,
        #"{"type":"function.result","object":"entry","tool_call_id":"6TI17yZkV","result":"{\"t\":21}"}"#,
        #"{"type":"function.call","tool_call_id":"6TI17yZkV","name":"weather","arguments":"{}"}"#,
        #"{"type":"tool.execution","name":"web_search","arguments":"{}","info":{"x":1.0}}"#,
        #"{"type":"agent.handoff","previous_agent_id":"a","previous_agent_name":"A","next_agent_id":"b","next_agent_name":"B"}"#,
    ]

    private static let tools = [
        #"{"type":"web_search"}"#, #"{"type":"web_search_premium"}"#, #"{"type":"image_generation"}"#,
        #"{"type":"code_interpreter","tool_configuration":{"requires_confirmation":["code_interpreter"]}}"#,
        #"{"type":"document_library","library_ids":["l"]}"#, #"{"type":"connector","connector_id":"c"}"#,
        #"{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}},"strict":true}}"#,
    ]

    private static let guardrails = [
        #"{"block_on_error":true}"#,
        #"{"moderation_llm_v1":{"action":"block","custom_category_thresholds":{"sexual":0.1}}}"#,
        #"{"moderation_llm_v2":{"ignore_other_categories":true}}"#,
    ]

    private static let completionArgs = [
        "{}", #"{"temperature":0.0,"top_p":1,"max_tokens":0,"random_seed":7,"stop":"x"}"#,
        #"{"stop":["a","b"],"presence_penalty":-2,"frequency_penalty":2,"reasoning_effort":"high","tool_choice":"any"}"#,
        #"{"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}}"#,
        #"{"prediction":{"type":"content","content":"x"},"temperature":null}"#,
    ]
}
