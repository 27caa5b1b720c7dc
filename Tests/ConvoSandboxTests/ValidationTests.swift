import ConvoJSON
import ConvoModel
import Testing

@Suite(.sandbox) struct `A request's form` {
    /// The issues of a body that the server refuses, as `type loc.loc`.
    private func issues(_ body: String, append: Bool = false) async throws -> [String] {
        let path = append ? try await visitor.start() : Visitor.collection
        let reply = try await visitor.post(path, body)
        #expect(reply.status == 422)
        return (reply.json["detail"]?.elements ?? []).map { issue in
            let place = issue["loc"]?.elements.map { $0.string ?? $0.text }.joined(separator: ".") ?? ""
            return (issue["type"]?.string ?? "") + " " + place
        }
    }

    private func message(_ body: String, append: Bool = false) async throws -> String? {
        let path = append ? try await visitor.start() : Visitor.collection
        let reply = try await visitor.post(path, body)
        #expect((reply.status, reply.json["code"]?.int) == (422, 3001))
        return reply.json["message"]?.string
    }

    @Test func `has no fields but the described ones`() async throws {
        #expect(try await issues(#"{"model":"m","inputs":"x","surprise":[]}"#) == ["extra_forbidden body.surprise"])
        #expect(try await issues(#"{"inputs":"x","tools":[]}"#, append: true) == ["extra_forbidden body.tools"])
    }

    @Test func `is refused in the recorded words`() async throws {
        let path = try await visitor.start()
        let reply = try await visitor.post(path, #"{"inputs":"x","tools":[]}"#)
        let issue =
            #"[{"type":"extra_forbidden","loc":["body","tools"],"msg":"Extra inputs are not permitted","input":[]}]"#
        #expect(
            reply.text
                == #"{"object":"Error","detail":\#(issue),"message":\#(issue),"type":"invalid_request_error","code":3001}"#
        )
    }

    @Test func `has the required fields`() async throws {
        #expect(try await issues(#"{"model":"m"}"#) == ["missing body.inputs"])
        #expect(
            try await issues(#"{"model":"m","inputs":[{"type":"message.input","role":"user"}]}"#).contains(
                "missing body.inputs.list[entry].0.MessageInputEntry.content"))
    }

    @Test(arguments: [
        (#""model":7"#, "string_type body.model"), (#""model":"m","store":"yes""#, "bool_type body.store"),
        (#""model":"m","metadata":[]"#, "dict_type body.metadata"),
        (#""model":"m","completion_args":{"max_tokens":1.5}"#, "int_type body.completion_args.max_tokens"),
        (#""model":"m","completion_args":{"temperature":1.5}"#, "less_than_equal body.completion_args.temperature"),
        (#""agent_id":"a","handoff_execution":"both""#, "literal_error body.handoff_execution"),
        (#""model":"m","tools":[{"type":"laser"}]"#, "union_tag_invalid body.tools.0"),
    ])
    func `has fields of the right types`(fields: String, issue: String) async throws {
        #expect(try await issues(#"{"inputs":"x",\#(fields)}"#) == [issue])
    }

    @Test func `says either a model or an agent`() async throws {
        #expect(try await message(#"{"inputs":"x","model":"m","agent_id":"a"}"#) != nil)
        #expect(try await message(#"{"inputs":"x"}"#) != nil)
    }

    @Test func `has inputs, and not none of them`() async throws {
        #expect(try await message(#"{"model":"m","inputs":[]}"#) == "inputs is required")
        #expect(try await message(#"{"inputs":[]}"#, append: true) == "inputs is required")
    }

    @Test(arguments: [422, 400])
    func `appends inputs or confirmations, and not neither`(status: Int) async throws {
        try await visitor.turn("append-without-inputs=\(status)")
        let path = try await visitor.start()
        for body in ["{}", #"{"tool_confirmations":[]}"#, #"{"store":true,"tool_confirmations":null}"#] {
            let reply = try await visitor.post(path, body)
            #expect((reply.status, reply.json["code"]?.int) == (status, 3001))
            #expect(
                reply.json["detail"]?.elements.first?["msg"]?.string
                    == "Value error, Either inputs or tool_confirmations must be provided.")
        }
    }

    @Test(arguments: [("web_search", 422), ("code_interpreter", 422), ("search_the_web", 200)])
    func `names no function like a built-in connector`(name: String, status: Int) async throws {
        let tools = #"[{"type":"function","function":{"name":"\#(name)","parameters":{}}}]"#
        let body = #"{"model":"m","inputs":"x","tools":\#(tools)}"#
        #expect(try await visitor.post(Visitor.collection, body).status == status)
    }

    @Test(arguments: [("max", 200), ("more", 422)])
    func `may ask for the most reasoning`(effort: String, status: Int) async throws {
        let body = #"{"model":"m","inputs":"x","completion_args":{"reasoning_effort":"\#(effort)"}}"#
        #expect(try await visitor.post(Visitor.collection, body).status == status)
    }

    @Test func `keeps tools that do not go together apart`() async throws {
        #expect(
            try await message(
                #"{"model":"m","inputs":"x","tools":[{"type":"web_search"},{"type":"web_search_premium"}]}"#) != nil)
        #expect(
            try await message(
                #"{"model":"m","inputs":"x","tools":[{"type":"web_search"}],"completion_args":{"tool_choice":"required"}}"#
            ) != nil)
    }

    @Test func `takes every kind of entry and chunk that is described`() async throws {
        let entries = """
            [{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url","image_url":"u"},
            {"type":"thinking","thinking":[{"type":"reference","reference_ids":[1,"a"]}]}]},
            {"type":"message.output","content":[{"type":"tool_reference","tool":"t","title":"x"}]},
            {"type":"function.call","tool_call_id":"a","name":"f","arguments":{}},
            {"type":"function.result","tool_call_id":"a","result":"x"},
            {"type":"tool.execution","name":"t","arguments":"{}"},
            {"type":"agent.handoff","previous_agent_id":"a","previous_agent_name":"b","next_agent_id":"c",
            "next_agent_name":"d"}]
            """
        let reply = try await visitor.post(Visitor.collection, #"{"model":"m","inputs":\#(entries)}"#)
        #expect(reply.status == 200)
        #expect(
            try await visitor.entries(of: reply.path).compactMap { $0["type"]?.string } == [
                "message.input", "message.output", "function.call", "function.result", "tool.execution",
                "agent.handoff", "message.output",
            ])
    }
}
