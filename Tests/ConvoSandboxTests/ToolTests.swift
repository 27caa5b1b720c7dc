import ConvoJSON
import ConvoModel
import ConvoSandbox
import MistralEmulator
import Testing

@Suite(.sandbox) struct `A function call` {
    private func callIDs(_ reply: Visitor.Reply) -> [String] {
        reply.json["outputs"]?.elements.compactMap { $0["tool_call_id"]?.string } ?? []
    }

    private func results(_ ids: [String]) -> String {
        let entries = ids.map { #"{"type":"function.result","tool_call_id":"\#($0)","result":"21 degrees"}"# }
        return #"{"inputs":[\#(entries.joined(separator: ","))]}"#
    }

    @Test func `ends the turn, with its arguments as a string`() async throws {
        let path = try await visitor.start()
        let reply = try await visitor.append("sandbox:call", to: path)
        let outputs = try #require(reply.json["outputs"]?.elements)
        #expect(outputs.map { $0["type"]?.string } == ["function.call"])
        #expect(outputs[0]["arguments"]?.kind == .string)
        #expect(outputs[0]["id"]?.string?.hasPrefix("fc_") == true)
        #expect(callIDs(reply)[0].wholeMatch(of: /[A-Za-z0-9]{9}/) != nil)
    }

    @Test func `names the conversation's first function`() async throws {
        let reply = try await visitor.post(
            Visitor.collection,
            #"{"model":"m","inputs":"sandbox:call","tools":[{"type":"function","function":{"name":"mine","parameters":{}}}]}"#
        )
        #expect(reply.json["outputs"]?.elements.first?["name"]?.string == "mine")
    }

    @Test func `must be answered before anything else is said`() async throws {
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:call", to: path))
        let refused = try await visitor.append("never mind", to: path)
        #expect(refused.status == 400)
        #expect(refused.json["code"]?.int == 3001)
        #expect(
            refused.json["message"]?.string
                == "Cannot append other inputs while function results are still missing. Provide function results first for: ['\(calls[0])']"
        )
        #expect(try await visitor.entries(of: path).count == 4)
        let answered = try await visitor.post(path, results(calls))
        #expect(answered.json["outputs"]?.elements.first?["content"]?.string == "echo: 21 degrees")
        #expect(try await visitor.append("thanks", to: path).status == 200)
    }

    @Test func `is one of several, and each wants its result`() async throws {
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:calls=3", to: path))
        #expect(calls.count == 3)
        let refused = try await visitor.post(path, results(Array(calls.dropLast())))
        #expect((refused.status, refused.json["code"]?.int) == (400, 3230))
        #expect(refused.json["message"]?.string == "Not the same number of function calls and responses")
        let spoken = try await visitor.append("never mind", to: path)
        #expect(spoken.json["message"]?.string?.hasSuffix("for: ['\(calls[0])', '\(calls[1])', '\(calls[2])']") == true)
        #expect(try await visitor.post(path, results(calls)).status == 200)
    }

    @Test func `may be answered under a wrong id`() async throws {
        let path = try await visitor.start()
        _ = try await visitor.append("sandbox:call", to: path)
        #expect(try await visitor.post(path, results(["bogus"])).status == 200)
    }

    @Test func `may be answered together with a message`() async throws {
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:call", to: path))
        let body = """
            {"inputs":[{"type":"function.result","tool_call_id":"\(calls[0])","result":"21"},
            {"role":"user","content":"thanks","type":"message.input"}]}
            """
        #expect(try await visitor.post(path, body).status == 200)
    }

    @Test func `answered under a wrong id is refused, where the switch says so`() async throws {
        try await visitor.turn("unexpected-call-id=refuse")
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:call", to: path))
        let refused = try await visitor.post(path, results(["bogus"]))
        #expect((refused.status, refused.json["message"]?.string) == (400, "Unexpected tool call id"))
        #expect(try await visitor.post(path, results(calls)).status == 200)
    }

    @Test func `leaves what was said before its result in the history, where the switch says so`() async throws {
        try await visitor.turn("input-without-results=stored")
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:call", to: path))
        #expect(try await visitor.append("never mind", to: path).status == 400)
        #expect(try await visitor.words(of: path).last == "never mind")
        #expect(try await visitor.append("again", to: path).status == 400)
        #expect(try await visitor.post(path, results(calls)).status == 200)
    }

    @Test func `gives its result's entry the prefix that the switch says`() async throws {
        try await visitor.turn("function-result-prefix=result_")
        let path = try await visitor.start()
        let calls = callIDs(try await visitor.append("sandbox:call", to: path))
        _ = try await visitor.post(path, results(calls))
        let result = try await visitor.entries(of: path).first { $0["type"]?.string == "function.result" }
        #expect(result?["id"]?.string?.hasPrefix("result_") == true)
    }
}

@Suite(.sandbox) struct `A call that waits for a confirmation` {
    private func pending(_ visitor: Visitor) async throws -> (path: String, callID: String) {
        let path = try await visitor.start()
        let reply = try await visitor.append("sandbox:confirm", to: path)
        let call = try #require(reply.json["outputs"]?.elements.first)
        #expect(call["confirmation_status"]?.string == "pending")
        return (path, try #require(call["tool_call_id"]?.string))
    }

    private func confirmation(_ callID: String, _ word: String) -> String {
        #"{"tool_confirmations":[{"tool_call_id":"\#(callID)","confirmation":"\#(word)"}]}"#
    }

    @Test func `runs when it is allowed`() async throws {
        let (path, callID) = try await pending(visitor)
        let reply = try await visitor.post(path, confirmation(callID, "allow"))
        #expect(reply.json["outputs"]?.elements.map { $0["type"]?.string } == ["tool.execution", "message.output"])
        let call = try await visitor.entries(of: path).first { $0["type"]?.string == "function.call" }
        #expect(call?["confirmation_status"]?.string == "allowed")
        #expect(try await visitor.append("thanks", to: path).status == 200)
    }

    @Test func `does not run when it is denied`() async throws {
        let (path, callID) = try await pending(visitor)
        let reply = try await visitor.post(path, confirmation(callID, "deny"))
        #expect(reply.json["outputs"]?.elements.map { $0["type"]?.string } == ["message.output"])
    }

    @Test func `takes no second word`() async throws {
        let (path, callID) = try await pending(visitor)
        _ = try await visitor.post(path, confirmation(callID, "allow"))
        #expect(try await visitor.post(path, confirmation(callID, "deny")).status == 400)
    }
}

@Suite(.sandbox) struct `The echo model` {
    private func types(_ visitor: Visitor, _ text: String, _ extra: String = "") async throws -> [String] {
        let reply = try await visitor.post(Visitor.collection, #"{"agent_id":"ag","inputs":"\#(text)"\#(extra)}"#)
        return reply.json["outputs"]?.elements.compactMap { $0["type"]?.string } ?? []
    }

    @Test func `does what the words in an input say`() async throws {
        let tool = try await types(visitor, "a sandbox:tool b")
        #expect(tool == ["tool.execution", "message.output"])
        let handoff = try await types(visitor, "sandbox:handoff")
        #expect(handoff == ["agent.handoff", "message.output"])
        let nothing = try await types(visitor, "sandbox:toolsandbox:nothing")
        #expect(nothing == ["message.output"])
    }

    @Test func `runs tools of connectors that no list has`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":"sandbox:connector"}"#)
        let outputs = try #require(reply.json["outputs"]?.elements)
        #expect(outputs.first?["name"]?.string == "mistral_mcp")
        #expect(outputs.last?["content"]?.elements.last?["tool"]?.string == "mistral_mcp")
    }

    @Test func `leaves what follows a handoff to a client that wants it`() async throws {
        let asked = #","handoff_execution":"client""#
        let alone = try await types(visitor, "sandbox:handoff", asked)
        #expect(alone == ["agent.handoff"])
        try await visitor.sandbox.turn { $0.clientHandoff = .goesOn }
        let followed = try await types(visitor, "sandbox:handoff", asked)
        #expect(followed == ["agent.handoff", "message.output"])
    }

    @Test func `answers thoughts and references as chunks`() async throws {
        let reply = try await visitor.post(
            Visitor.collection, #"{"model":"m","inputs":"sandbox:think sandbox:search"}"#)
        let message = reply.json["outputs"]?.elements.last
        #expect(
            message?["content"]?.elements.map { $0["type"]?.string } == ["thinking", "text", "tool_reference", "text"])
    }
}
