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
        var type = "application/json"
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
            message: "upstream connect error or disconnect/reset before headers. reset reason: overflow", code: nil,
            type: "text/plain"),
        Shape(
            status: 502, body: "<html><body>Bad Gateway</body></html>",
            message: "the server answered with status 502 and text/html", code: nil, type: "text/html; charset=utf-8"),
        Shape(
            status: 500, body: "", message: "the server answered with status 500 and text/html", code: nil,
            type: "Text/HTML"),
        Shape(
            status: 500, body: "{\"broken", message: "the server answered with status 500 and application/json",
            code: nil
        ),
        Shape(status: 500, body: "[1]", message: "the server answered with status 500 and application/json", code: nil),
        Shape(
            status: 400,
            body: #"{"object":"Error","message":"a\u001b[31mb\u0000c\nd","type":"x","code":1}"#,
            message: "a [31mb c d", code: "1"),
        Shape(
            status: 403, body: #"{"message":"Forbidden","request_id":"0123456789abcdef0123456789ABCDEF"}"#,
            message: "Forbidden", code: nil),
    ]

    @Test(arguments: shapes)
    func `is read, of whichever shape:`(_ shape: Shape) async throws {
        let headers: HTTPHeaders = ["Content-Type": shape.type, "mistral-correlation-id": "019f"]
        for operation in [APICall.append, .appendStream] {
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
        let error = try await APICall.get.error(api(FakeTransport(500, body)))
        #expect(error.message.count == 500)
    }
}

@Suite struct `An error` {
    static let losses: [(kind: HTTPError.Kind, reached: Bool, expected: APIError.Kind)] = [
        (.unresolved, false, .unreachable),
        (.notConnected, false, .unreachable),
        (.insecure, false, .insecure),
        (.connectTimeout, false, .unreachable),
        (.connectionLost, true, .answerLost),
        (.connectionLost, false, .unreachable),
        (.stalled, true, .answerLost),
        (.timeout, true, .answerLost),
        (.timeout, false, .unreachable),
        (.cancelled, false, .cancelled),
        (.cancelled, true, .cancelled),
        (.transportClosed, true, .cancelled),
        (.bodyTooLarge(limit: 1), true, .answerTooLarge(limit: 1)),
        (.unusableRequest, false, .unusableRequest),
    ]

    @Test(arguments: losses, APICall.allCases)
    func `of the transport says whether a write may have arrived:`(
        _ loss: (kind: HTTPError.Kind, reached: Bool, expected: APIError.Kind), _ operation: APICall
    ) async throws {
        let transport = FakeTransport([.lost(loss.kind, reached: loss.reached)])
        let error = try await operation.error(api(transport))
        #expect(error.kind == loss.expected)
        #expect(error.effect == (operation.isWrite && loss.reached ? .unknown : .none))
    }

    @Test func `of an answer that is too large says the limit`() async throws {
        let error = try await APICall.getHistory.error(
            api(
                FakeTransport([
                    .failure(
                        HTTPError(.bodyTooLarge(limit: 9), mayHaveReachedServer: true, message: "larger than 9 bytes"))
                ])))
        #expect(error.kind == .answerTooLarge(limit: 9))
        #expect(error.message.contains("9 bytes"))
        #expect(!error.isRetryable)
    }
}
