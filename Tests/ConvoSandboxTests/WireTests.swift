import ConvoJSON
import ConvoModel
import ConvoServer
import HummingbirdTesting
import Testing

@Suite(.sandbox) struct `The wire` {
    @Test func `asks for the key and says whether one was missing or wrong`() async throws {
        try await visitor.turn("keys=right")
        var visitor = try visitor
        let missing = try await visitor.get(Visitor.collection)
        #expect((missing.status, missing.text) == (401, #"{"detail":"Unauthorized"}"# + "\n"))
        visitor.key = "wrong"
        let wrong = try await visitor.get(Visitor.collection)
        #expect((wrong.status, wrong.text) == (401, #"{"detail":"Invalid API Key"}"# + "\n"))
        visitor.key = "right"
        #expect(try await visitor.get(Visitor.collection).status == 200)
    }

    @Test func `without a key lets anyone in`() async throws {
        #expect(try await visitor.get(Visitor.collection).status == 200)
        #expect(try await visitor.bearing("any").get(Visitor.collection).status == 200)
    }

    @Test func `names each exchange in two headers, and tells rate limits but for streams`() async throws {
        let plain = try await visitor.get(Visitor.collection)
        #expect(plain["mistral-correlation-id"]?.count == 36)
        #expect(plain["mistral-correlation-id"] == plain["x-kong-request-id"])
        #expect(plain["x-envoy-upstream-service-time"].flatMap { Int($0) } != nil)
        #expect(plain["x-ratelimit-limit-tokens-minute"] != nil)
        let stream = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"x","stream":true}"#)
        #expect(stream["mistral-correlation-id"] != nil)
        #expect(stream["x-ratelimit-limit-tokens-minute"] == nil)
    }

    @Test func `answers a body that is no JSON object with 422 in the recorded shape`() async throws {
        for body in ["", "{", "[]", "7", "\u{0}", #"{"a":1}x"#] {
            let reply = try await visitor.post(Visitor.collection, body)
            #expect(reply.status == 422)
            #expect(reply.json.members.map(\.key) == ["object", "detail", "message", "type", "code"])
            #expect(reply.json["detail"] == reply.json["message"])
            #expect(reply.json["code"]?.int == 3001)
        }
    }

    @Test(.liveSandbox) func `refuses a body beyond its limit`() async throws {
        let text = String(repeating: "x", count: 17 << 20)
        #expect(try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"\#(text)"}"#).status == 413)
    }

    @Test func `says 401 in the router's shape, where the switch says so`() async throws {
        try await visitor.turn("keys=right", "unauthorized=message")
        for visitor in try [visitor, visitor.bearing("wrong")] {
            let reply = try await visitor.get(Visitor.collection)
            #expect((reply.status, reply.json["message"]?.string) == (401, "Unauthorized"))
            #expect(reply.json["request_id"]?.string?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        }
    }

    @Test func `knows no path that leads to no service, in the router's words`() async throws {
        for path in ["/", "/v1", "/v1/chat/completions", "/api/v1/conversations", "/v1/conversationsx"] {
            let reply = try await visitor.get(path)
            #expect((reply.status, reply["content-type"]) == (404, "application/json; charset=utf-8"))
            let id = try #require(reply.json["request_id"]?.string)
            #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
            #expect(reply.text == #"{"message":"no Route matched with those values","request_id":"\#(id)"}"#)
        }
    }

    @Test func `leaves a path within a service to the service`() async throws {
        for path in ["/v1/conversations/a/b", "/v1/files/a/b"] {
            let reply = try await visitor.get(path)
            #expect((reply.status, reply.json["detail"]?.string) == (404, "Not Found"))
        }
    }

    @Test func `says with each error that it is JSON`() async throws {
        try await visitor.turn("keys=right")
        let right = try visitor.bearing("right")
        let path = try await right.start()
        let replies = [
            try await visitor.get(path), try await right.get(path + "0"), try await right.post(path, "{"),
            try await right.post(path, "{}"), try await right.append("sandbox:error=503", to: path),
            try await right.get("/v1/files/none/content"),
        ]
        #expect(replies.map(\.status) == [401, 404, 422, 422, 503, 404])
        for reply in replies {
            #expect(reply["content-type"] == "application/json")
            #expect(reply.json.kind == .object)
        }
    }

    @Test(.liveSandbox) func `keeps a connection for the next request`() async throws {
        let path = try await visitor.start()
        for _ in 0..<20 { #expect(try await visitor.append("x", to: path).status == 200) }
        #expect(try await visitor.entries(of: path).count == 42)
    }
}
