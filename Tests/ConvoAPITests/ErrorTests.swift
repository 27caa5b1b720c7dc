import ConvoAPI
import ConvoHTTP
import ConvoModel
import Testing

@Suite struct `An error's body` {
    struct Shape: Sendable, CustomTestStringConvertible {
        let status: Int
        let body: String
        let message: String
        let code: String?
        var testDescription: String { "\(status) \(body.prefix(60))" }
    }

    static let shapes = [
        Shape(status: 401, body: "{\"detail\":\"Invalid API Key\"}\n", message: "Invalid API Key", code: nil),
        Shape(status: 401, body: #"{"detail":"Unauthorized"}"#, message: "Unauthorized", code: nil),
        Shape(
            status: 400,
            body:
                #"{"object":"Error","message":"Not the same number of function calls and responses","type":"invalid_request_error","code":3230}"#,
            message: "Not the same number of function calls and responses", code: "3230"),
        Shape(
            status: 422,
            body:
                #"{"object":"Error","detail":[{"type":"extra_forbidden","loc":["body","tools"],"msg":"Extra inputs are not permitted","input":["hidden"]}],"message":[{"type":"extra_forbidden","loc":["body","tools"],"msg":"Extra inputs are not permitted","input":["hidden"]}],"type":"invalid_request_error","code":3001}"#,
            message: "body.tools: Extra inputs are not permitted", code: "3001"),
        Shape(
            status: 422, body: #"{"detail":[{"loc":["body",0],"msg":"a","type":"x"},{"loc":[],"msg":"b","type":"y"}]}"#,
            message: "body.0: a; b", code: nil),
        Shape(
            status: 429,
            body:
                #"{"object":"error","message":"Rate limit exceeded","type":"rate_limited","param":null,"code":"1300","raw_status_code":429}"#,
            message: "Rate limit exceeded", code: "1300"),
        Shape(
            status: 503, body: "upstream connect error or disconnect/reset before headers. reset reason: overflow",
            message: "upstream connect error or disconnect/reset before headers. reset reason: overflow", code: nil),
        Shape(
            status: 502, body: "<html><body>Bad Gateway</body></html>",
            message: "the server answered with status 502 and text/html", code: nil),
        Shape(status: 500, body: "", message: "the server answered with status 500 and text/html", code: nil),
        Shape(status: 500, body: "{\"broken", message: "the server answered with status 500 and text/html", code: nil),
        Shape(status: 500, body: "[1]", message: "[1]", code: nil),
        Shape(status: 500, body: #"{"error":{"message":"inner"}}"#, message: "inner", code: nil),
        Shape(status: 400, body: #"{"message":"a\u001b[31mb\u0000c\nd"}"#, message: "a [31mb c d", code: nil),
        Shape(
            status: 400, body: #"{"message":{"detail":[{"loc":["x"],"msg":"deep"}]}}"#, message: "x: deep", code: nil),
    ]

    @Test(arguments: shapes)
    func `is read, of whichever shape:`(_ shape: Shape) async throws {
        let headers: HTTPHeaders = ["Content-Type": "text/html; charset=utf-8", "mistral-correlation-id": "019f"]
        for operation in [Operation.append, .appendStream] {
            let error = try await operation.error(api(FakeTransport(shape.status, shape.body, headers: headers)))
            #expect(error.kind == .status(shape.status))
            #expect(error.message == shape.message)
            #expect(error.serverCode == shape.code)
            #expect(error.correlationID == "019f")
            #expect(!error.message.contains("hidden"))
        }
    }

    @Test func `is bounded`() async throws {
        let body = #"{"message":"\#(String(repeating: "x", count: 100_000))"}"#
        let error = try await Operation.get.error(api(FakeTransport(500, body)))
        #expect(error.message.count == 500)
    }
}

@Suite struct `An error` {
    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let effectOfWrite: APIError.Effect
        let isRetryable: Bool
        var isCredentialProblem = false
        var testDescription: String { "\(status)" }
    }

    static let cases = [
        Case(status: 301, effectOfWrite: .none, isRetryable: false),
        Case(status: 303, effectOfWrite: .unknown, isRetryable: false),
        Case(status: 308, effectOfWrite: .none, isRetryable: false),
        Case(status: 400, effectOfWrite: .none, isRetryable: false),
        Case(status: 401, effectOfWrite: .none, isRetryable: false, isCredentialProblem: true),
        Case(status: 403, effectOfWrite: .none, isRetryable: false, isCredentialProblem: true),
        Case(status: 404, effectOfWrite: .none, isRetryable: false),
        Case(status: 408, effectOfWrite: .none, isRetryable: true),
        Case(status: 409, effectOfWrite: .none, isRetryable: true),
        Case(status: 422, effectOfWrite: .none, isRetryable: false),
        Case(status: 429, effectOfWrite: .none, isRetryable: true),
        Case(status: 500, effectOfWrite: .unknown, isRetryable: true),
        Case(status: 501, effectOfWrite: .unknown, isRetryable: false),
        Case(status: 502, effectOfWrite: .unknown, isRetryable: true),
        Case(status: 503, effectOfWrite: .unknown, isRetryable: true),
        Case(status: 504, effectOfWrite: .unknown, isRetryable: true),
    ]

    @Test(arguments: cases, Operation.allCases)
    func `of a status says what may have happened and what to do:`(_ entry: Case, _ operation: Operation) async throws {
        let error = try await operation.error(api(FakeTransport(entry.status, #"{"message":"no"}"#)))
        #expect(error.kind == .status(entry.status))
        #expect(error.effect == (operation.isWrite ? entry.effectOfWrite : .none))
        #expect(error.isRetryable == entry.isRetryable)
        #expect(error.isCredentialProblem == entry.isCredentialProblem)
        #expect(error.hint != nil)
    }

    struct Loss: Sendable, CustomTestStringConvertible {
        let kind: HTTPError.Kind
        let reached: Bool
        let expected: APIError.Kind
        var testDescription: String { "\(kind) \(reached)" }
    }

    static let losses = [
        Loss(kind: .unresolved, reached: false, expected: .unreachable),
        Loss(kind: .notConnected, reached: false, expected: .unreachable),
        Loss(kind: .insecure, reached: false, expected: .insecure),
        Loss(kind: .connectTimeout, reached: false, expected: .unreachable),
        Loss(kind: .connectionLost, reached: true, expected: .answerLost),
        Loss(kind: .connectionLost, reached: false, expected: .unreachable),
        Loss(kind: .stalled, reached: true, expected: .answerLost),
        Loss(kind: .timeout, reached: true, expected: .answerLost),
        Loss(kind: .timeout, reached: false, expected: .unreachable),
        Loss(kind: .cancelled, reached: false, expected: .cancelled),
        Loss(kind: .cancelled, reached: true, expected: .cancelled),
        Loss(kind: .transportClosed, reached: true, expected: .cancelled),
        Loss(kind: .bodyTooLarge(limit: 1), reached: true, expected: .answerTooLarge(limit: 1)),
        Loss(kind: .unusableRequest, reached: false, expected: .unusableRequest),
    ]

    @Test(arguments: losses, Operation.allCases)
    func `of the transport says whether a write may have arrived:`(_ loss: Loss, _ operation: Operation) async throws {
        let transport = FakeTransport([.lost(loss.kind, reached: loss.reached)])
        let error = try await operation.error(api(transport))
        #expect(error.kind == loss.expected)
        #expect(error.effect == (operation.isWrite && loss.reached ? .unknown : .none))
    }

    @Test(arguments: ["<!DOCTYPE html><p>Sign in", "", "{", #"{"a":1}"#, "null", #""text""#])
    func `is an answer of success that is not the API's:`(_ body: String) async throws {
        let headers: HTTPHeaders = ["Content-Type": "text/html; charset=utf-8"]
        for operation in Operation.allCases where operation != .delete {
            let error = try await operation.error(api(FakeTransport(200, body, headers: headers)))
            #expect(error.isNotTheAPI)
            #expect(error.effect == (operation.isWrite ? .unknown : .none))
            #expect(error.hint?.contains("CONVO_SERVER_URL") == true)
        }
        let error = try await Operation.get.error(api(FakeTransport(200, "<p>", headers: headers)))
        #expect(error.message == "the server answered with text/html, not JSON")
    }

    @Test func `shows nothing of an answer that a terminal would obey`() async throws {
        let body = Sample.conversation.replacing("2026-06-29T14:13:28.545632Z", with: #"\u001b]0;title\u0007"#)
        let error = try await Operation.get.error(api(FakeTransport(200, body)))
        #expect(error.message.contains("title"))
        #expect(error.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }

    @Test func `of a redirect names the other address without its query`() async throws {
        let headers: HTTPHeaders = ["Location": "https://other.example/v1?key=hidden"]
        let error = try await Operation.append.error(api(FakeTransport(308, headers: headers)))
        #expect(error.message == "the server redirects to https://other.example/v1")
        #expect(error.hint?.contains("CONVO_SERVER_URL") == true)
    }
}
