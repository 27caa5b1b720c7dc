import ConvoAPI
import ConvoHTTP
import ConvoJSON
import ConvoModel
import Testing

/// Bodies that come with an error status: the API's own, and those of anything else that answers in its place.
private enum Body: String, CaseIterable {
    case api, lowerCase, problems, validation, detail, gateway, noRoute
    case html, empty, mislabelled, unlabelled, otherProgram, otherError, noRequestID, noProblems

    var text: String {
        switch self {
        case .api, .mislabelled, .unlabelled:
            #"{"object":"Error","message":"Conversation not found","type":"invalid_request_error","code":3000}"#
        case .lowerCase: #"{"object":"error","message":"Slow down","type":"rate_limited","param":null,"code":"1300"}"#
        case .problems:
            #"{"object":"Error","message":[{"type":"x","loc":["body"],"msg":"m"}],"type":"invalid_request_error","code":3001}"#
        case .validation: #"{"detail":[{"loc":["body","inputs"],"msg":"m","type":"missing"}]}"#
        case .detail: #"{"detail":"Not Found"}"#
        case .gateway: #"{"message":"Unauthorized","request_id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}"#
        case .noRoute:
            #"{"message":"no Route matched with those values","request_id":"0f1e2d3c4b5a69788796a5b4c3d2e1f0"}"#
        case .html: "<!doctype html><title>Sign in</title>"
        case .empty: ""
        case .otherProgram: #"{"status":"error","message":"no"}"#
        case .otherError: #"{"error":{"message":"no","type":"invalid_request_error","code":404}}"#
        case .noRequestID: #"{"message":"Forbidden","request_id":"7"}"#
        case .noProblems: #"{"detail":[]}"#
        }
    }

    var headers: HTTPHeaders {
        switch self {
        case .html, .mislabelled: ["Content-Type": "text/html; charset=utf-8"]
        case .empty, .unlabelled: [:]
        case .lowerCase: ["Content-Type": "Application/JSON; charset=utf-8"]
        case .problems: ["Content-Type": "application/problem+json"]
        default: .json
        }
    }

    /// The body's column in the table of answer classes.
    var column: Int {
        switch self {
        case .api, .lowerCase, .problems: 0
        case .validation: 1
        case .detail: 2
        case .gateway: 3
        case .noRoute: 4
        default: 5
        }
    }
}

@Suite struct `What an answer is` {
    /// The class of an answer by its status and by its body, whose columns are: the API's own error, its validation
    /// error, `detail` with a text, its gateway's error, its gateway without a route, anything else.
    ///
    /// `r`: the API refuses, nothing was done. `f`: the API failed, a write may have been done. `l`: the client is
    /// asked to come back later, a write may have been done. `n`: not the API. `x`: the gateway has no such route,
    /// nothing was done.
    private static let table: [Int: String] = [
        300: "nnnnnn", 301: "nnnnnn", 302: "nnnnnn", 303: "nnnnnn", 307: "nnnnnn", 308: "nnnnnn", 304: "nnnnnn",
        400: "rnnnnn", 401: "rnrrnn", 402: "rnnnnn", 403: "rnrrnn", 404: "rnnnxn", 405: "rnnnnn", 407: "rnnnnn",
        408: "flllll", 409: "rnnnnn", 410: "rnnnnn", 413: "rnnnnn", 418: "rnnnnn", 422: "rrnnnn", 425: "flllll",
        429: "rllrll", 451: "rnnnnn",
        500: "flllll", 501: "fnnnnn", 502: "flllll", 503: "flllll", 504: "flllll", 511: "fnnnnn", 520: "fnnnnn",
    ]

    @Test(arguments: table.keys.sorted())
    func `depends on its shape, not on its status alone:`(_ status: Int) async throws {
        let row = Array(try #require(Self.table[status]))
        for body in Body.allCases {
            for operation in [APICall.get, .getHistory, .list, .start, .append, .restart, .delete, .startStream] {
                let error = try await operation.error(api(FakeTransport(status, body.text, headers: body.headers)))
                let what: Comment = "\(body) \(operation)"
                let verdict = row[body.column]
                let kind: APIError.Kind =
                    switch verdict {
                    case "n": .notTheAPI(status: status)
                    case "x": .noRoute
                    default: .status(status)
                    }
                #expect(error.kind == kind, what)
                #expect(error.effect == (operation.isWrite && "fln".contains(verdict) ? .unknown : .none), what)
                #expect(error.isAPIsOwn == "rf".contains(verdict), what)
                #expect(error.isNotFound == (verdict == "r" && status == 404), what)
                #expect(error.isRetryable == ("ln".contains(verdict) || Self.later.contains(status)), what)
            }
        }
    }

    private static let later: Set<Int> = [408, 409, 425, 429, 500, 502, 503, 504]

    @Test func `is told without a word of a body that is not the API's`() async throws {
        for status in [200, 302, 403, 404] {
            for body in [Body.html, .otherProgram, .detail] where !(body == .detail && status == 403) {
                let error = try await APICall.get.error(api(FakeTransport(status, body.text, headers: body.headers)))
                let type = body == .html ? "text/html" : "application/json"
                #expect(error.isNotTheAPI)
                #expect(error.message.contains(status == 302 ? "redirects" : "status \(status) and \(type)"))
                for word in ["Sign", "no\"", "Not Found"] { #expect(!error.message.contains(word)) }
            }
        }
    }

    @Test func `of a redirect names the other address without its query`() async throws {
        let headers: HTTPHeaders = ["Location": "https://other.example/v1?key=hidden"]
        let error = try await APICall.append.error(api(FakeTransport(308, headers: headers)))
        #expect(error.message == "the server redirects to https://other.example/v1, which is not the API's")
    }

    @Test func `is not the plan's where a limit is zero, if the API says so`() async throws {
        func failure(_ body: Body, _ limit: String) async throws -> APIError {
            var headers = body.headers
            headers.append("X-RateLimit-Limit-Req-Minute", limit)
            return try await APICall.append.error(api(FakeTransport(429, body.text, headers: headers)))
        }
        let error = try await failure(.lowerCase, "0")
        #expect(error.kind == .notInPlan)
        #expect(error.effect == .none)
        #expect(!error.isRetryable && error.isAPIsOwn)
        #expect(try await failure(.lowerCase, "10").kind == .status(429))
        #expect(try await failure(.html, "0").kind == .status(429))
    }

    /// Bodies with a success status that belong to no operation, or to another one.
    private static let foreign = [
        "<!DOCTYPE html><p>Sign in", "", "{", #"{"status":"ok"}"#, "{}", "null", #""text""#, "1", "[1", "{}[]",
        #"{"id":"conv_2","model":"m"}"#, #"{"id":"conv_1"}"#, #"{"conversation_id":"conv_2","entries":[]}"#,
        #"{"conversation_id":"conv_1","entries":{}}"#, #"{"conversation_id":"conv_1"}"#, #"{"outputs":[]}"#,
    ]

    @Test(arguments: foreign)
    func `of success is none unless it is the operation's own:`(_ body: String) async throws {
        for operation in APICall.allCases where operation != .delete {
            let type = operation.isStream ? "text/event-stream" : "application/json"
            for headers in [["Content-Type": type], [:]] as [HTTPHeaders] {
                let error = try await operation.error(api(FakeTransport(200, body, headers: headers)))
                #expect(operation.isStream || error.isNotTheAPI)
                #expect(error.effect == (operation.isWrite ? .unknown : .none))
                #expect(!error.message.contains("Sign"))
            }
        }
    }

    @Test(arguments: ["text/html", "text/plain", "application/octet-stream", "json", ""])
    func `of success is none under another media type:`(_ type: String) async throws {
        for operation in APICall.allCases where operation != .delete {
            guard case .response(let response) = operation.success else { continue }
            let body = String(decoding: response.body, as: UTF8.self)
            let transport = FakeTransport(200, body, headers: type.isEmpty ? [:] : ["Content-Type": type])
            #expect(try await operation.error(api(transport)).isNotTheAPI)
            for type in ["application/json; charset=utf-8", "Application/JSON", "application/vnd.mistral+json"] {
                try await operation.run(api(FakeTransport(200, body, headers: ["Content-Type": type])))
            }
        }
    }

    @Test func `of a deletion is 204 and nothing, or the API's own 404`() async throws {
        for (status, body) in [(200, #"{"status":"ok"}"#), (200, ""), (202, ""), (204, "<p>"), (205, "")] {
            let error = try await APICall.delete.error(api(FakeTransport(status, body)))
            #expect(error.kind == .notTheAPI(status: status))
            #expect(error.effect == .unknown)
        }
        try await APICall.delete.run(api(FakeTransport(204, headers: [:])))
        #expect(try await APICall.delete.error(api(FakeTransport(404, Body.api.text))).isNotFound)
        for body in [Body.html, .detail, .empty, .noRoute] {
            let error = try await APICall.delete.error(api(FakeTransport(404, body.text, headers: body.headers)))
            #expect(!error.isNotFound)
        }
    }

    @Test func `of an append is about the conversation that was asked, if it is stored`() async throws {
        let other = Sample.response.replacing("conv_1", with: "conv_2")
        #expect(try await APICall.append.error(api(FakeTransport(200, other))).isNotTheAPI)
        try await APICall.start.run(api(FakeTransport(200, other)))
        try await APICall.restart.run(api(FakeTransport(200, other)))
        var unstored = AppendRequest(inputs: .text("hi"))
        unstored.store = false
        let answer = try await api(FakeTransport(200, other)).append(unstored, to: RemoteID("conv_1"))
        #expect(answer.conversationID == RemoteID("conv_2"))
    }

    @Test func `may have elements that are not as they should be`() async throws {
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        let body = #"{"conversation_id":"conv_1","entries":[\#(Sample.entry),{"id":"d","content":\#(deep)},null]}"#
        let history = try await api(FakeTransport(200, body)).getHistory(of: RemoteID("conv_1"))
        #expect(history.entries.map(\.raw.text) == [Sample.entry, "null"])
        #expect(history.oddItems.map(\.position) == [1])
        #expect(history.oddItems.map(\.id) == ["d"])
        let list = "[\(deep),\(Sample.conversation)]"
        let page = try await api(FakeTransport(200, list)).list(page: 0, pageSize: 2, metadata: nil)
        #expect(page.conversations.map(\.raw.text) == [Sample.conversation])
        #expect(page.oddItems.map(\.raw) == [nil])
    }
}
