import ConvoJSON
import ConvoModel
import ConvoServer
import Testing

@Suite(.sandbox) struct `Starting a conversation` {
    @Test func `answers with an echo, a usage and the recorded fields`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"model": "small", "inputs": "hello"}"#)
        #expect(reply.status == 200)
        #expect(reply.json.members.map(\.key) == ["object", "conversation_id", "outputs", "usage", "guardrails"])
        let output = try #require(reply.json["outputs"]?.elements.first)
        #expect(output["content"]?.string == "echo: hello")
        #expect(output["completed_at"]?.isNull == false)
        #expect(output["model"]?.string == "small")
        #expect(reply.json["guardrails"]?.isNull == true)
    }

    @Test func `gives ids of a prefix and 32 hexadecimal digits, and times with microseconds`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"model": "small", "inputs": "hello"}"#).json
        let id = try #require(reply["conversation_id"]?.string)
        #expect(id.wholeMatch(of: /conv_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}/) != nil)
        let output = try #require(reply["outputs"]?.elements.first)
        #expect(output["id"]?.string?.wholeMatch(of: /msg_[0-9a-f]{32}/) != nil)
        let time = try #require(output["created_at"]?.string)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/) != nil)
    }

    @Test func `shows updated_at one or two microseconds after created_at`() async throws {
        let path = try await visitor.start()
        let conversation = try Conversation(raw: try await visitor.get(path).json)
        let gap = conversation.updatedAt.microseconds - conversation.createdAt.microseconds
        #expect((1...2).contains(gap))
    }

    @Test func `dates the input before the conversation`() async throws {
        let path = try await visitor.start()
        let conversation = try Conversation(raw: try await visitor.get(path).json)
        let input = Entry(raw: try #require(try await visitor.entries(of: path).first))
        let said = try #require(input.createdAt)
        #expect(said < conversation.createdAt)
    }

    @Test func `keeps what describes it, as it was written`() async throws {
        let reply = try await visitor.post(
            Visitor.collection,
            #"{"model":"small","inputs":"x","name":"N","instructions":"be \u00e9","metadata":{"a":1.0,"b":12345678901234567890},"description":null}"#
        )
        let path = reply.path
        let conversation = try await visitor.get(path).json
        #expect(conversation["metadata"]?.text == #"{"a":1.0,"b":12345678901234567890}"#)
        #expect(conversation["instructions"]?.text == #""be \u00e9""#)
        #expect(conversation["description"] == nil)
        #expect(conversation["agent_id"] == nil)
    }

    @Test func `from an agent names the agent and no model`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"agent_id":"ag_1","inputs":"x"}"#)
        #expect(reply.json["outputs"]?.elements.first?["agent_id"]?.string == "ag_1")
        let conversation = try await visitor.get(reply.path).json
        #expect(conversation["agent_id"]?.string == "ag_1")
        #expect(conversation["model"] == nil)
    }

    @Test func `with store false gives an id that leads nowhere`() async throws {
        let reply = try await visitor.post(Visitor.collection, #"{"model":"small","inputs":"x","store":false}"#)
        #expect(reply.status == 200)
        let path = reply.path
        #expect(try await visitor.get(path).status == 404)
        #expect(try await visitor.get(path + "/history").status == 404)
        #expect(try await visitor.append("more", to: path).status == 404)
        #expect(try await visitor.get(Visitor.collection).json.elements.isEmpty)
    }
}
