import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import MistralEmulator
import Testing

@Suite(.sandbox) struct `Appending` {
    @Test func `adds the input and its answer to the same conversation`() async throws {
        let path = try await visitor.start("one")
        let reply = try await visitor.append("two", to: path)
        #expect(reply.path == path)
        #expect(reply.json["outputs"]?.elements.count == 1)
        #expect(try await visitor.words(of: path) == ["one", "echo: one", "two", "echo: two"])
    }

    @Test func `moves updated_at past the answer's completion`() async throws {
        let path = try await visitor.start()
        let before = try Conversation(raw: try await visitor.get(path).json)
        let reply = try await visitor.append("more", to: path)
        let after = try Conversation(raw: try await visitor.get(path).json)
        #expect(after.createdAt == before.createdAt)
        let completed = try #require(reply.json["outputs"]?.elements.first?["completed_at"]?.string)
        let completion = try #require(Timestamp(completed))
        #expect(completion < after.updatedAt)
    }

    @Test func `shows completed_at in the answer and null in the history`() async throws {
        let path = try await visitor.start()
        let reply = try await visitor.append("more", to: path)
        let output = try #require(reply.json["outputs"]?.elements.first)
        let kept = try #require(try await visitor.entries(of: path).last)
        #expect(kept["id"] == output["id"])
        #expect(output["completed_at"]?.isNull == false)
        #expect(kept["completed_at"]?.isNull == true)
    }

    @Test func `counts the whole history as the prompt`() async throws {
        let path = try await visitor.start("one two three four")
        let first = try await visitor.append("x", to: path).json["usage"]?["prompt_tokens"]?.int
        let second = try await visitor.append("x", to: path).json["usage"]?["prompt_tokens"]?.int
        #expect(first ?? 0 < second ?? 0)
    }

    @Test func `to an unknown conversation is 404 with code 3000`() async throws {
        let reply = try await visitor.append("x", to: Visitor.collection + "/conv_none")
        #expect(reply.status == 404)
        #expect(reply.json["object"]?.string == "Error")
        #expect(reply.json["code"]?.int == 3000)
    }

    @Test func `with store false leaves a stored conversation as it was`() async throws {
        let path = try await visitor.start()
        let before = try await visitor.get(path).text
        #expect(try await visitor.post(path, #"{"inputs":"x","store":false}"#).status == 200)
        #expect(try await visitor.get(path).text == before)
        #expect(try await visitor.entries(of: path).count == 2)
    }

    @Test(arguments: ["ignore", "keep"])
    func `gives inputs ids of the server's own, or keeps the client's, as the switch says`(
        choice: String
    ) async throws {
        #expect(Switches().clientEntryIDs == .ignore)
        try await visitor.turn("client-entry-ids=\(choice)")
        let path = try await visitor.start()
        _ = try await visitor.post(
            path, #"{"inputs":[{"id":"mine","role":"user","content":"x","type":"message.input"}]}"#)
        #expect(try await (visitor.entries(of: path)[2]["id"]?.string == "mine") == (choice == "keep"))
    }

    @Test(arguments: [("drops-input", 2), ("keeps-input", 3)])
    func `that fails leaves its input or not, as the switch says`(choice: String, count: Int) async throws {
        try await visitor.turn("failed-append=\(choice)")
        let path = try await visitor.start()
        let reply = try await visitor.append("sandbox:error=503", to: path)
        #expect(reply.status == 503)
        #expect(reply.json["type"]?.string == "invalid_request_error")
        #expect(try await visitor.entries(of: path).count == count)
    }
}

@Suite(.sandbox) struct `While a request is in flight` {
    @Test func `another to the same conversation is 409, and to another one is not`() async throws {
        let (busy, idle) = (try await visitor.start(), try await visitor.start())
        try await visitor.beginStream("sandbox:slow=60000", to: busy)
        let refused = try await visitor.append("x", to: busy)
        #expect(refused.status == 409)
        #expect(
            refused.json["message"]?.string == "Conversation is being updated, concurrent requests are not supported")
        #expect(try await visitor.delete(busy).status == 409)
        #expect(try await visitor.append("x", to: idle).status == 200)
        #expect(try await visitor.get(busy).status == 200)
    }

    @Test(arguments: [("before", 200, 2), ("partial", 200, 3), ("refuse", 409, 0)])
    func `the history shows what the switch says`(choice: String, status: Int, count: Int) async throws {
        try await visitor.turn("history-while-busy=\(choice)")
        let path = try await visitor.start()
        try await visitor.beginStream("sandbox:slow=60000", to: path)
        let history = try await visitor.get(path + "/history")
        #expect(history.status == status)
        #expect(history.json["entries"]?.elements.count ?? 0 == count)
    }

    @Test func `a client that leaves does not stop the run`() async throws {
        let path = try await visitor.start()
        try await visitor.beginStream("bye", to: path)
        try await visitor.sandbox.settle()
        #expect(try await visitor.words(of: path).last == "echo: bye")
        #expect(try await visitor.append("x", to: path).status == 200)
    }

    @Test func `a lock outlives a client that left, for as long as the switch says`() async throws {
        try await visitor.turn("disconnect-lock-ms=60000", "cut-stream=1")
        let path = try await visitor.start()
        #expect(try await visitor.post(path, #"{"inputs":"x","stream":true}"#).events.count == 2)
        #expect(try await visitor.append("y", to: path).status == 409)
        #expect(try await visitor.entries(of: path).count == 2)
    }
}
