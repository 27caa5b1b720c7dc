import ConvoJSON
import ConvoModel
import ConvoSandbox
import ConvoServer
import MistralEmulator
import Testing

@Suite(.sandbox) struct `A stream` {
    private func stream(_ visitor: Visitor, _ text: String) async throws -> Visitor.Reply {
        try await visitor.post(Visitor.collection, #"{"model":"small","inputs":"\#(text)","stream":true}"#)
    }

    @Test func `is framed as recorded, with no word after its last event`() async throws {
        let reply = try await stream(visitor, "hi")
        #expect(reply["content-type"] == "text/event-stream; charset=utf-8")
        #expect(reply.events.map(\.framed).joined() == reply.text)
        #expect(reply.events.map(\.type).first == "conversation.response.started")
        #expect(reply.events.map(\.type).last == "conversation.response.done")
        #expect(reply.events.allSatisfy { $0.data["type"]?.string == $0.type })
        #expect(!reply.text.contains("[DONE]"))
    }

    @Test func `has the recorded fields in the recorded order`() async throws {
        let events = try await stream(visitor, "hi").events
        let delta = ["type", "created_at", "output_index", "id", "content_index", "model", "role", "content"]
        #expect(
            events.map { $0.data.members.map(\.key) } == [
                ["type", "created_at", "conversation_id"], delta, delta, ["type", "created_at", "usage"],
            ])
    }

    @Test func `says in pieces what the history then holds`() async throws {
        let events = try await stream(visitor, "some words  and\\nmore").events
        let deltas = events.filter { $0.type == "message.output.delta" }
        #expect(deltas.count > 3)
        let path = Visitor.collection + "/" + (events.first?.data["conversation_id"]?.string ?? "")
        let output = try #require(try await visitor.entries(of: path).last)
        #expect(output["content"]?.string == deltas.compactMap { $0.data["content"]?.string }.joined())
        #expect(Set(deltas.compactMap { $0.data["id"]?.string }) == [output["id"]?.string])
        #expect(output["created_at"] == deltas.first?.data["created_at"])
    }

    @Test func `gives thoughts one chunk at a time, at a content index of their own`() async throws {
        let deltas = try await stream(visitor, "sandbox:think").events.filter { $0.type == "message.output.delta" }
        let thoughts = deltas.filter { $0.data["content"]?.kind == .object }
        #expect(thoughts.count > 1)
        #expect(thoughts.allSatisfy { $0.data["content_index"]?.int == 0 })
        #expect(thoughts.allSatisfy { $0.data["content"]?["closed"]?.bool == true })
        #expect(deltas.last?.data["content_index"]?.int == 1)
    }

    @Test func `runs a tool in three kinds of events`() async throws {
        let events = try await stream(visitor, "sandbox:tool").events
        let arguments = events.filter { $0.type == "tool.execution.delta" }.compactMap {
            $0.data["arguments"]?.string
        }
        #expect(arguments.joined() == #"{"code": "21 * 2"}"#)
        let done = try #require(events.first { $0.type == "tool.execution.done" })
        #expect(done.data["arguments"] == nil)
        #expect(done.data["info"]?["code_output"]?.string == "42\n")
        #expect(events.last?.data["usage"]?["connectors"]?.text == #"{"code_interpreter":1}"#)
    }

    @Test func `repeats a call's name and id with every piece of its arguments`() async throws {
        let deltas = try await stream(visitor, "sandbox:call").events.filter { $0.type == "function.call.delta" }
        #expect(deltas.count == 2)
        #expect(Set(deltas.compactMap { $0.data["tool_call_id"]?.string }).count == 1)
        #expect(deltas.compactMap { $0.data["arguments"]?.string }.joined() == #"{"city": "Paris"}"#)
    }

    @Test func `reports a failure as its last event`() async throws {
        try await visitor.turn("stream-error-code=1234")
        let events = try await stream(visitor, "sandbox:error").events
        #expect(events.map(\.type) == ["conversation.response.started", "conversation.response.error"])
        #expect(events.last?.data["code"]?.int == 1234)
    }

    @Test func `is refused like any other request before it begins`() async throws {
        let reply = try await visitor.post(Visitor.collection + "/conv_none", #"{"inputs":"x","stream":true}"#)
        #expect(reply.status == 404)
        #expect(reply["content-type"] == "application/json")
    }

    @Test(arguments: [("stored", 4), ("dropped", 2)])
    func `that is cut ends without its last event, and its answer is kept or not`(
        choice: String, count: Int
    ) async throws {
        let path = try await visitor.start()
        try await visitor.turn("cut-stream-output=\(choice)", "cut-stream=1")
        let reply = try await visitor.post(path, #"{"inputs":"x y z","stream":true}"#)
        #expect(reply.events.map(\.type) == ["conversation.response.started", "message.output.delta"])
        try await visitor.sandbox.settle()
        #expect(try await visitor.entries(of: path).count == count)
    }
}
