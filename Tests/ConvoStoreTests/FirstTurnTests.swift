import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

/// The model may say something before it uses a tool, and `updated_at` does not move when the first turn ends.
@Suite final class `A first turn that may go on behind a message`: StoreSuite {
    @Test(arguments: [
        (#","tools":[{"type":"code_interpreter"}]"#, 0, true), (#","agent_id":"ag_1""#, 0, true),
        (#","tools":[]"#, 0, false),
        (#","agent_id":"ag_1""#, 2, false),
    ])
    func `is looked at again where the conversation has tools or an agent`(
        members: String, appendedAfter: Int, looksAgain: Bool
    ) throws {
        func stale() throws -> Bool { try !store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty }
        func told(_ id: String, _ type: String, _ text: String) -> String {
            #"{"type":"\#(type)","id":"\#(id)","content":"\#(text)","created_at":"\#(created.text)"}"#
        }
        let created = temporary.clock.now
        let conversation = try Conversation.sample(
            "conv_1", created: created.text, updated: (created + .seconds(appendedAfter)).text, extra: members)
        var entries = [told("q", "message.input", "?"), told("a", "message.output", "I shall look.")]
        try store.mirror(conversation, entries)
        temporary.clock.advance(seconds: 3)
        #expect(try stale() == looksAgain)
        entries += [told("t", "tool.execution", ""), told("b", "message.output", "Found.")]
        for _ in 0..<6 {
            try store.mirror(conversation, entries)
            temporary.clock.advance(seconds: 600)
        }
        #expect(try !stale(), "it ends")
    }

    /// A first turn that was read while it ran, whose history a replica may show as it was before.
    @Test func `is looked at behind readings that are old, and nothing is dropped for what it shows`()
        throws
    {
        let created = temporary.clock.now
        let conversation = try Conversation.sample(
            "conv_1", created: created.text, updated: created.text, extra: #","agent_id":"ag_1""#)
        func told(_ id: String, _ type: String) -> String {
            #"{"type":"\#(type)","id":"\#(id)","content":"\#(id)","created_at":"\#(created.text)"}"#
        }
        func readings() throws -> Int? {
            try store.read { try Int.fetchOne($0, sql: "SELECT history_outdated_readings FROM conversation") }
        }
        let said = [told("q", "message.input"), told("a", "message.output")]
        for (reading, wait) in [2, 8, 32].enumerated() {
            try store.mirror(conversation, said)
            #expect(try readings() == -(reading + 1))
            temporary.clock.advance(seconds: Double(wait))
            #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1)
        }
        // A replica shows less, again and again: no reading of a first turn counts for what is missing now.
        for _ in 0..<3 {
            try store.mirror(conversation, [said[0]])
            temporary.clock.advance(seconds: 200)
        }
        let id = try store.localID(matching: "conv_1")
        #expect(try store.history(of: id).entries.map { $0.entry.id?.rawValue } == ["q", "a"])
        try store.mirror(conversation, said)
        temporary.clock.advance(seconds: 200)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1, "it may go on still")
    }

    @Test func `is looked at though a replica has denied the conversation meanwhile`() throws {
        let created = temporary.clock.now.text
        let conversation = try Conversation.sample(
            "conv_1", created: created, updated: created, extra: #","agent_id":"ag_1""#)
        let said = #"{"type":"message.output","id":"a","content":"I shall look.","created_at":"\#(created)"}"#
        for _ in 0..<2 {
            try store.mirror(conversation, [said])
            try store.markDeletedRemotely([RemoteID("conv_1")])
            #expect(try store.staleConversations(limit: 9, now: temporary.clock.now + .seconds(600)).isEmpty)
            _ = try store.ingest([conversation])
            #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1)
        }
        try store.mirror(conversation, [said])
        temporary.clock.advance(seconds: 3)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1)
    }

    @Test func `is looked at again though another conversation has the message, too`() throws {
        let created = temporary.clock.now.text
        let said = #"{"type":"message.output","id":"a","content":"I shall look.","created_at":"\#(created)"}"#
        for (name, members) in [("other", ""), ("conv_1", #","agent_id":"ag_1""#)] {
            try store.mirror(.sample(name, created: created, updated: created, extra: members), [said])
        }
        temporary.clock.advance(seconds: 3)
        let stale = try store.staleConversations(limit: 9, now: temporary.clock.now)
        #expect(stale.map(\.remoteID) == [RemoteID("conv_1")])
    }

    @Test func `is looked at again where a broken stream has brought the message`() throws {
        let created = temporary.clock.now.text
        let conversation = try Conversation.sample(
            "conv_1", created: created, updated: created, extra: #","agent_id":"ag_1""#)
        _ = try store.ingest([conversation])
        try store.run(
            "INSERT INTO entry (key, id, conversation, position, type, raw, local_only) "
                + "SELECT 900, 'a', key, 1, 'message.output', '{}', 1 FROM conversation")
        let said = #"{"type":"message.output","id":"a","content":"I shall look.","created_at":"\#(created)"}"#
        try store.mirror(conversation, [said])
        temporary.clock.advance(seconds: 3)
        #expect(try !store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
    }
}
