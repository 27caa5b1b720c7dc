import ConvoAPI
import ConvoHTTP
import ConvoJSON
import ConvoModel
import Expectations
import Synchronization
import Testing

@Suite struct `Each operation` {
    private static let wire: [APICall: String] = [
        .list: "GET /v1/conversations?page=0&page_size=100",
        .get: "GET /v1/conversations/conv_1",
        .getHistory: "GET /v1/conversations/conv_1/history",
        .getMessages: "GET /v1/conversations/conv_1/messages",
        .start: #"POST /v1/conversations {"inputs":"hi","stream":false}"#,
        .append: #"POST /v1/conversations/conv_1 {"inputs":"hi","stream":false}"#,
        .restart: #"POST /v1/conversations/conv_1/restart {"inputs":"hi","from_entry_id":"msg_1","stream":false}"#,
        .delete: "DELETE /v1/conversations/conv_1",
        .startStream: #"POST /v1/conversations {"inputs":"hi","stream":true}"#,
        .appendStream: #"POST /v1/conversations/conv_1 {"inputs":"hi","stream":true}"#,
        .restartStream: #"POST /v1/conversations/conv_1/restart {"inputs":"hi","from_entry_id":"msg_1","stream":true}"#,
    ]

    @Test(arguments: APICall.allCases)
    func `is one request, as the API has it`(_ operation: APICall) async throws {
        let transport = FakeTransport([operation.success])
        try await operation.run(api(transport, baseURL: "https://host/proxy/"))
        let request = try #require(transport.requests.first)
        #expect(transport.requests.count == 1)
        let body = request.body.isEmpty ? "" : " " + String(decoding: request.body, as: UTF8.self)
        let line = "\(request.method.rawValue) \(request.url.text.dropFirst("https://host/proxy".count))\(body)"
        #expect(line == Self.wire[operation])
        #expect(request.headers["authorization"] == "Bearer secret-key")
        #expect(request.headers["user-agent"] == "test")
        #expect(request.headers["accept"] == (operation.isStream ? "text/event-stream" : "application/json"))
        #expect(request.headers["content-type"] == (body.isEmpty ? nil : "application/json"))
    }

    @Test func `keeps what the caller put into the body, and decides about stream alone`() async throws {
        let transport = FakeTransport(200, Sample.response)
        let json = try JSONText(#"{"stream":true,"new_parameter":1.0,"inputs":[],"stream":true}"#)
        _ = try await api(transport).start(StartRequest(json: json))
        let body = String(decoding: transport.requests[0].body, as: UTF8.self)
        #expect(body == #"{"stream":false,"new_parameter":1.0,"inputs":[]}"#)
    }

    @Test func `filters a list by metadata only where asked`() async throws {
        let transport = FakeTransport(200, "[]")
        let filter = try JSONText(#"{"a": "b&c"}"#)
        _ = try await api(transport).list(page: 3, pageSize: 10, metadata: filter)
        #expect(
            transport.requests[0].url.query == "page=3&page_size=10&metadata=%7B%22a%22%3A%22b%26c%22%7D")
        let client = try api(transport)
        let error = try await error { () throws(APIError) in
            try await client.list(page: 0, pageSize: 1, metadata: .string("a"))
        }
        #expect(error.kind == .unusableRequest)
        #expect(transport.requests.count == 1)
    }

    @Test func `reads a page again only where it is not the one it knows`() async throws {
        let text = "[\(Sample.conversation)]"
        let client = try api(FakeTransport(200, text))
        guard case .read(let page, let digest) = try await client.list(page: 0, pageSize: 9, unless: nil)
        else { throw Unexpected("not read") }
        #expect(page.conversations.map(\.raw.text) == [Sample.conversation])
        guard case .same = try await client.list(page: 0, pageSize: 9, unless: digest) else { throw Unexpected("read") }
        let other = try api(FakeTransport(200, text + " "))
        guard case .read = try await other.list(page: 0, pageSize: 9, unless: digest) else {
            throw Unexpected("taken for the same")
        }
        let broken = try api(FakeTransport(200, #"{"status":"ok"}"#))
        let error = try await error { () throws(APIError) in
            _ = try await broken.list(page: 0, pageSize: 9, unless: digest)
        }
        #expect(error.isNotTheAPI)
    }

    @Test func `keeps the server's JSON as it is`() async throws {
        let conversation = try await api(FakeTransport(200, Sample.conversation)).get(RemoteID("conv_1"))
        #expect(conversation.raw.text == Sample.conversation)
    }

    @Test(arguments: APICall.allCases)
    func `has the time that its kind takes:`(_ operation: APICall) async throws {
        let transport = FakeTransport([operation.success])
        try await operation.run(api(transport))
        let isReading = !operation.isWrite || operation == .delete
        let usual: HTTPLimits = operation.isStream ? .streaming : isReading ? .reading : .completion
        #expect(transport.requests[0].limits == (operation == .getHistory ? .history : usual))
    }

    @Test func `takes an id for one segment`() async throws {
        let transport = FakeTransport(200, Sample.history.replacing("conv_1", with: "a/../b?c#d e"))
        _ = try await api(transport).getHistory(of: RemoteID("a/../b?c#d e"))
        #expect(transport.requests[0].url.path == "/v1/conversations/a%2F..%2Fb%3Fc%23d%20e/history")
    }

    @Test(arguments: ["", ".", ".."])
    func `refuses an id that means another place:`(_ id: String) async throws {
        let transport = FakeTransport(204)
        let client = try api(transport)
        let error = try await error { () throws(APIError) in try await client.delete(RemoteID(id)) }
        #expect(error.kind == .unusableRequest)
        #expect(error.effect == .none)
        #expect(transport.requests.isEmpty)
    }
}

@Suite struct `The key` {
    @Test(arguments: ["", "a\nb", "key key", "a\u{0}", "clé", "a\r\nX-Other: b"])
    func `that cannot be sent is refused without showing it:`(_ key: String) async throws {
        let transport = FakeTransport(200, "[]")
        let error = try await APICall.list.error(api(transport, key: key))
        #expect(error.kind == .unusableRequest)
        #expect(error.isCredentialProblem)
        #expect(error.keyProblem == .unusable)
        #expect(key.isEmpty || !error.message.contains(key))
        #expect(transport.requests.isEmpty)
    }

    @Test func `may be missing for a plain server on this machine only`() async throws {
        for url in ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"] {
            let transport = FakeTransport(200, "[]")
            _ = try await APICall.list.run(api(transport, key: nil, baseURL: url))
            #expect(transport.requests[0].headers["authorization"] == nil)
        }
        for url in ["https://api.mistral.ai", "http://example.com", "https://localhost", "http://127.0.0.1.example"] {
            let error = try await APICall.list.error(api(FakeTransport(200, "[]"), key: nil, baseURL: url))
            #expect(error.isCredentialProblem)
            #expect(!error.isRetryable)
        }
    }

    @Test func `is asked for anew by each request`() async throws {
        let keys = Mutex(["first", "second"])
        let transport = FakeTransport(200, "[]")
        let client = try MistralAPI(apiKey: { keys.withLock { $0.removeFirst() } }, transport: transport)
        for _ in 0..<2 { try await APICall.list.run(client) }
        #expect(transport.requests.map { $0.headers["authorization"] } == ["Bearer first", "Bearer second"])
    }

    @Test(arguments: ["http://example.com", "http://192.168.1.2:8080", "http://127.0.0.1.example.com"])
    func `is never sent in the clear to another machine:`(_ url: String) async throws {
        for operation in APICall.allCases {
            let transport = FakeTransport([operation.success])
            let error = try await operation.error(api(transport, baseURL: url))
            #expect(error.kind == .unusableRequest)
            #expect(error.effect == .none)
            #expect(error.isCredentialProblem)
            #expect(error.keyProblem == .inTheClear)
            #expect(!error.message.contains("secret-key"))
            #expect(transport.requests.isEmpty)
        }
        for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost", "https://example.com"] {
            let transport = FakeTransport(200, "[]")
            try await APICall.list.run(api(transport, baseURL: url))
            #expect(transport.requests.first?.headers["authorization"] == "Bearer secret-key")
        }
    }

    @Test func `that a server repeats is not repeated by us`() async throws {
        let transport = FakeTransport(401, #"{"detail":"Invalid key secret-key given"}"#)
        let error = try await APICall.list.error(api(transport))
        #expect(error.message == "Invalid key [key] given")
        // Where the client cuts the message in the middle of the key, no part of the key remains.
        let long = String(repeating: "x", count: 495) + "secret-key"
        let cut = try await APICall.list.error(api(FakeTransport(401, #"{"detail":"\#(long)"}"#)))
        #expect(!cut.message.contains("secre"))
    }

    @Test func `is not shown by anything that prints the client`() throws {
        var dumped = ""
        dump(try MistralAPI(apiKey: "secret-key", transport: FakeTransport(200)), to: &dumped)
        #expect(!dumped.contains("secret-key"))
    }
}

@Suite struct `A server URL` {
    @Test(arguments: ["", "api.mistral.ai", "ftp://x", "https://user:pass@host", "https://host/?a=b"])
    func `that is none is refused:`(_ text: String) async throws {
        #expect(throws: APIError.self) { try MistralAPI(baseURL: text, apiKey: nil, transport: FakeTransport(200)) }
    }
}

@Suite struct `A client that is given no transport` {
    @Test func `has one of its own, which reaches a server or says that it cannot`() async throws {
        let client = try MistralAPI(baseURL: "http://127.0.0.1:0", apiKey: nil)  // nobody listens there
        let failure = try await error { () throws(APIError) in try await client.get(RemoteID("conv_1")) }
        #expect(failure.kind == .unreachable)
        #expect(failure.effect == .none)
    }
}
