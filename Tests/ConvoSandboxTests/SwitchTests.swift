import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import MistralEmulator
import Testing

/// Each switch is about something that is not known of the real server, and has the likeliest behaviour by default.
@Suite(.sandbox) struct `A switch for what is not known` {
    /// The result of `visit` for each choice of a switch, in the order of the choices.
    private func outcomes<Value: Sendable>(
        _ name: String, _ choices: String..., of visit: @Sendable (Visitor) async throws -> Value
    ) async throws -> [Value] {
        var values: [Value] = []
        for choice in choices { values.append(try await visiting(turned: ["\(name)=\(choice)"], visit)) }
        return values
    }

    @Test func `sets the words and the code of 404`() async throws {
        let path = Visitor.collection + "/conv_none"
        #expect(
            try await outcomes("not-found-code", "3000", "7") { try await $0.get(path).json["code"]?.int } == [3000, 7])
        let words = try await outcomes("not-found-message", "a", "b c") {
            try await $0.get(path).json["message"]?.string
        }
        #expect(words == ["a", "b c"])
    }

    @Test func `sets the code of 409`() async throws {
        let codes = try await outcomes("busy-code", "3000", "8") { visitor in
            let path = try await visitor.start()
            try await visitor.beginStream("sandbox:slow=60000", to: path)
            return try await visitor.append("x", to: path).json["code"]?.int
        }
        #expect(codes == [3000, 8])
    }

    @Test func `clamps or refuses a page that is too large`() async throws {
        let statuses = try await outcomes("page-size-over-limit", "clamp", "refuse") { visitor in
            await visitor.sandbox.turn { $0.pageSizeLimit = 1 }
            return try await visitor.get(Visitor.collection + "?page_size=2").status
        }
        #expect(statuses == [200, 422])
    }

    @Test func `shows completed_at in a history, or not`() async throws {
        let isNull = try await outcomes("history-completed-at", "null", "value") { visitor in
            let path = try await visitor.start()
            return try await visitor.entries(of: path).last?["completed_at"]?.isNull
        }
        #expect(isNull == [true, false])
    }

    @Test func `keeps an unstored append, drops it, or refuses it`() async throws {
        let kept = try await outcomes("append-unstored", "not-kept", "kept", "refused") { visitor in
            let path = try await visitor.start()
            let status = try await visitor.post(path, #"{"inputs":"x","store":false}"#).status
            return [status, try await visitor.entries(of: path).count]
        }
        #expect(kept == [[200, 2], [200, 4], [422, 2]])
    }

    @Test func `ends a turn with a handoff to the client, or goes on`() async throws {
        let outputs = try await outcomes("client-handoff", "ends-turn", "goes-on") { visitor in
            let body = #"{"agent_id":"ag_1","inputs":"sandbox:handoff","handoff_execution":"client"}"#
            return try await visitor.post(Visitor.collection, body).json["outputs"]?.elements.count
        }
        #expect(outputs == [1, 2])
    }

    @Test func `sets what a failed stream says`() async throws {
        let words = try await outcomes("stream-error-message", "a", "b c") { visitor in
            let body = #"{"model":"m","inputs":"sandbox:error","stream":true}"#
            return try await visitor.post(Visitor.collection, body).events.last?.data["message"]?.string
        }
        #expect(words == ["a", "b c"])
    }

    @Test func `tells when to come back, or not`() async throws {
        let headers = try await outcomes("retry-after-seconds", "0", "9") { visitor in
            await visitor.sandbox.turn { $0.faults[.rateLimit] = FaultRate("1") }
            return try await visitor.get(Visitor.collection)["Retry-After"]
        }
        #expect(headers == [nil, "9"])
    }

    @Test func `takes handoff_execution beside a model, or refuses it`() async throws {
        let statuses = try await outcomes("handoff-with-model", "refuse", "accept") { visitor in
            let body = #"{"model":"m","inputs":"x","handoff_execution":"server"}"#
            return try await visitor.post(Visitor.collection, body).status
        }
        #expect(statuses == [422, 200])
    }

    @Test func `has only some models in use`() async throws {
        let path = try await visitor.start()
        try await visitor.turn("models-in-use=large,medium")
        let replies = [
            try await visitor.post(Visitor.collection, #"{"model":"small","inputs":"x"}"#),
            try await visitor.append("x", to: path),
        ]
        for reply in replies {
            #expect(reply.status == 400)
            #expect(reply.json["code"]?.int == 3003)
        }
        #expect(try await visitor.post(Visitor.collection, #"{"model":"large","inputs":"x"}"#).status == 200)
        #expect(try await visitor.entries(of: path).count == 2)
    }

    @Test func `loses an agent, and its conversation stays`() async throws {
        let path = try await visitor.post(Visitor.collection, #"{"agent_id":"ag_1","inputs":"x"}"#).path
        try await visitor.turn("agents-gone=ag_0,ag_1")
        let refused = try await visitor.append("more", to: path)
        #expect((refused.status, refused.json["code"]?.int) == (404, 3000))
        #expect(refused.json["message"]?.string == "Agent ag_1 not found")
        #expect(try await visitor.get(path).status == 200)
        #expect(try await visitor.entries(of: path).count == 2)
    }

    @Test func `breaks a conversation for good`() async throws {
        let (broken, whole) = (try await visitor.start(), try await visitor.start())
        let id = broken.split(separator: "/")[2]
        try await visitor.turn("broken-conversations=\(id)")
        for _ in 0..<2 {
            let reply = try await visitor.append("x", to: broken)
            #expect(reply.status == 503)
            #expect(reply.json["message"]?.string == "Failed to create conversation response.")
        }
        #expect(try await visitor.append("x", to: whole).status == 200)
        #expect(try await visitor.entries(of: broken).count == 2)
    }

    @Test func `puts a model outside of the plan`() async throws {
        try await visitor.turn("models-outside-plan=small")
        let refused = try await visitor.post(Visitor.collection, #"{"model":"small","inputs":"x"}"#)
        #expect((refused.status, refused["x-ratelimit-limit-req-minute"]) == (429, "0"))
        #expect(refused.json["raw_status_code"]?.int == 429)
        #expect(try await visitor.post(Visitor.collection, #"{"model":"big","inputs":"x"}"#).status == 200)
    }

    @Test func `has a model that takes no images`() async throws {
        let image = #"[{"role":"user","content":[{"type":"image_url","image_url":"https://x/y.png"}]}]"#
        let replies = try await outcomes("image-input", "accept", "refuse") { visitor in
            let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":\#(image)}"#)
            return [reply.status, reply.json["code"]?.int]
        }
        #expect(replies == [[200, nil], [400, 3051]])
    }
}
