import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import Testing

@testable import ConvoEndpoint

@Suite struct `An answer that the endpoint makes itself` {
    private static let outputs = [
        #"{"type":"tool.execution","id":"t","name":"code","arguments":"{}","function":"f","info":{"a":1}}"#,
        #"{"type":"message.output","id":"m","model":"x","role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_reference","tool":"t"}]}"#,
        #"{"type":"function.call","id":"f","tool_call_id":"call","name":"g","arguments":"{\"a\":1}"}"#,
        #"{"type":"agent.handoff","id":"h","previous_agent_id":"1","next_agent_id":"2"}"#,
        #"{"type":"message.output","id":"n","model":"x","role":"assistant","content":"plain"}"#,
    ]

    @Test func `is a valid answer without outputs where the write is only queued`() throws {
        let response = try ConversationResponse(raw: OfflineAnswer.response("local"))
        #expect(response.conversationID.rawValue == "local" && response.outputs.isEmpty)
        #expect(response.usage?["total_tokens"]?.int == 0)
    }

    @Test func `says as a stream what it says as a whole`() throws {
        let outputs = try Self.outputs.map { try JSONText($0) }
        let whole = OfflineAnswer.response("conv_1", outputs: outputs, usage: .object(["total_tokens": .int(3)]))
        var folded = ResponseAccumulator()
        let events = OfflineAnswer.events(of: whole, at: "2026-01-01T00:00:00Z")
        for event in events {
            #expect(event.data["type"]?.string == event.type)
            folded.take(try ConversationEvent(raw: event.data))
        }
        #expect(
            events.first?.type == "conversation.response.started" && events.last?.type == "conversation.response.done")
        let response = try #require(folded.response)
        #expect(response.conversationID.rawValue == "conv_1" && response.usage?["total_tokens"]?.int == 3)
        #expect(response.outputs.map(\.id) == outputs.map { $0["id"]?.string.map { EntryID($0) } })
        for (one, other) in zip(response.outputs, outputs) {
            for name in ["type", "content", "arguments", "name", "tool_call_id", "next_agent_id", "info"] {
                #expect(one.raw[name] == other[name], "\(name)")
            }
        }
    }

    @Test func `tells how old it is`() {
        let now = Timestamp(microseconds: 100_900_000)
        let pulled = FreshnessHeaders(lastPull: Timestamp(microseconds: 90_000_000), pending: 2)
        #expect(pulled.fields(at: now)["Age"] == "10" && pulled.fields(at: now)["Convo-Pending"] == "2")
        let read = FreshnessHeaders(lastPull: pulled.lastPull, readAt: now, pending: 0)
        #expect(read.fields(at: now)["Age"] == "0")
        let never = FreshnessHeaders(lastPull: nil, pending: 0).fields(at: now)
        #expect(never["Age"] == nil && never["Convo-Last-Pull"] == "never")
        let outdated = FreshnessHeaders(lastPull: now, isOutdated: true, pending: 0)
        #expect(outdated.fields(at: now)["Age"] == "1")
    }
}
