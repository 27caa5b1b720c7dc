import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// A conversation with one turn, and a second one whose stream broke.
@Suite final class `What came of an answer that broke off`: StoreSuite {
    private let conversation: LocalID
    private let operation: OperationID

    override init() throws {
        let temporary = try TemporaryStore()
        try temporary.store.mirror(try .sample("conv_1"), [message("msg_1", "hello")])
        conversation = try temporary.store.conversation(matching: "conv_1").id
        operation = try temporary.store.append(AppendRequest(inputs: .text("and?")), to: conversation).operation
        _ = try temporary.store.markSending(operation, base: try temporary.store.tip(of: conversation))
        try temporary.store.keepPartial(
            of: operation, conversation: nil,
            entries: entries(reply("msg_3", "half an")))
        try temporary.store.markInDoubt(
            operation, reason: .init(code: "truncated_stream", message: "it broke"), nextAttempt: temporary.clock.now)
        super.init(temporary)
    }

    private func shown() throws -> [String?] {
        try store.history(of: conversation).entries.map { $0.entry.raw["content"]?.string }
    }

    private func history(_ entries: String...) throws {
        try store.take("conv_1", entries, version: "2026-01-01T00:00:0\(entries.count).000000Z")
    }

    @Test func `is shown while the server is still at work, and is no base for what is sent`() throws {
        try history(message("msg_1", "hello"))
        #expect(try shown() == ["hello", "half an"])
        try history(message("msg_1", "hello"), message("msg_2", "and?"))
        #expect(try shown() == ["hello", "and?", "half an"])
        #expect(try store.tip(of: conversation).entryID == EntryID("msg_2"))
        #expect(try store.search("half").total == 1)
    }

    @Test func `becomes the whole of it, once`() throws {
        try history(message("msg_1", "hello"), message("msg_2", "and?"), reply("msg_3", "half an answer"))
        try store.markDelivered(operation)
        #expect(try shown() == ["hello", "and?", "half an answer"])
        #expect(try store.response(to: operation) == nil)
        try store.checkIntegrity()
    }

    @Test func `is the server's once a history has brought it just as it came`() throws {
        try history(message("msg_1", "hello"), message("msg_2", "and?"), reply("msg_3", "half an"))
        #expect(try store.history(of: conversation).entries.allSatisfy { !$0.isLocalOnly })
        try store.markDelivered(operation)
        #expect(try shown() == ["hello", "and?", "half an"])
        #expect(try store.tip(of: conversation).entryID == EntryID("msg_3"))
    }

    @Test func `goes where the server dropped the run, or gave it another id`() throws {
        try history(message("msg_1", "hello"))
        try store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello"])
        #expect(try store.history(of: conversation, withDropped: true).entries.count == 2)
        #expect(try store.response(to: operation) == nil)
    }

    @Test func `is nothing where nothing came`() throws {
        let other = try temporary.append(to: temporary.conversation("conv_2"))
        _ = try store.markSending(other, base: nil)
        try store.keepPartial(of: other, conversation: nil, entries: [])
        #expect(try store.response(to: other) == nil)
        #expect(try store.response(to: operation) != nil)
        #expect(try shown() == ["hello", "half an"])
    }

    @Test func `tells a new conversation's id, also before its first output`() throws {
        let (start, other) = (try temporary.start(), try temporary.start())
        for write in [start, other] { _ = try store.markSending(write.operation, base: nil) }
        try store.keepPartial(of: start.operation, conversation: RemoteID("conv_9"), entries: [])
        #expect(try temporary.item(start.operation).remoteID == RemoteID("conv_9"))
        #expect(try temporary.item(other.operation).remoteID == nil)
        try store.markInDoubt(start.operation, reason: .lost, nextAttempt: temporary.clock.now)
        #expect(try temporary.states(start.operation, other.operation) == [.inDoubt, .sending])
    }

    @Test func `leaves room for its inputs, which come before it`() throws {
        #expect(try store.number("SELECT position FROM entry WHERE id = 'msg_3'") == 2)
    }

    @Test func `goes, all of it, and nothing of another write or conversation`() throws {
        let second = try temporary.conversation("conv_2")
        let other = try temporary.append(to: second)
        _ = try store.markSending(other, base: nil)
        let parts = try ["msg_3", "msg_4"].map { Entry(raw: try JSONText(reply($0, $0))) }
        try store.keepPartial(of: other, conversation: nil, entries: parts)
        try store.keepPartial(of: operation, conversation: nil, entries: parts)
        try store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello"])
        let kept = try store.history(of: second).entries
        #expect(kept.map(\.entry.id?.rawValue) == ["conv_2 q", "conv_2 a", "msg_3", "msg_4"])
        #expect(kept.map(\.isLocalOnly) == [false, false, true, true])
        #expect(try store.response(to: other) != nil)
        let dropped = try store.history(of: conversation, withDropped: true).entries
        #expect(dropped.count == 3)
        #expect(dropped.dropFirst().allSatisfy { $0.droppedAt != nil && !$0.isLocalOnly })
    }

    /// A history has brought the partial answer before the write is queued again.
    @Test func `stays where a history vouches for it`() throws {
        try history(message("msg_1", "hello"), message("msg_2", "and?"), reply("msg_3", "half"))
        try store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello", "and?", "half"])
    }

    @Test func `is that of its own write, whichever came first`() throws {
        let second = try temporary.conversation("conv_2")
        let (other, third) = (
            try temporary.append(to: second), try temporary.append(to: temporary.conversation("conv_3"))
        )
        for id in [other, third] { _ = try store.markSending(id, base: nil) }
        try store.keepPartial(of: other, conversation: nil, entries: entries(reply("p", "part")))
        #expect(try store.response(to: third) == nil)
        try store.markQueued(other, from: .sending, reason: nil, nextAttempt: nil)
        #expect(try store.history(of: second).entries.map(\.entry.id?.rawValue) == ["conv_2 q", "conv_2 a"])
        #expect(try shown() == ["hello", "half an"])
    }

    @Test func `goes without what an unstored exchange has left there`() throws {
        let unstored = try store.append(
            AppendRequest(json: .object(["inputs": .string("aside"), "store": .bool(false)])), to: conversation
        ).operation
        try store.markDelivered(unstored, response: temporary.response("conv_1", reply("u", "unstored")))
        try store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try Set(shown()) == ["hello", "aside", "unstored"])
    }

    @Test func `gives way to the whole answer`() throws {
        let answer = try temporary.response("conv_1", reply("msg_3", "half an answer"))
        try store.markDelivered(operation, response: answer)
        #expect(try store.response(to: operation)?["conversation_id"]?.string == "conv_1")
    }

    @Test func `stands where it will be, also where the write confirms calls and has no inputs`() throws {
        let second = try temporary.conversation("conv_2")
        let write = try store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: second
        ).operation
        _ = try store.markSending(write, base: nil)
        try store.keepPartial(of: write, conversation: nil, entries: entries(reply("p", "part")))
        #expect(try store.number("SELECT position FROM entry WHERE id = 'p'") == 2)
    }

    @Test func `is told of an unstored exchange by its entries alone`() throws {
        let start = try temporary.start(isStored: false)
        _ = try store.markSending(start.operation, base: nil)
        try store.keepPartial(of: start.operation, conversation: nil, entries: entries(message("u", "kept")))
        #expect(try store.response(to: start.operation) == nil)
        try store.markInDoubt(start.operation, reason: .lost, nextAttempt: temporary.clock.now)
        try store.markStopped(start.operation, from: .inDoubt, as: .held, reason: .no)
        #expect(try store.history(of: start.conversation).entries.count == 1)
    }

    @Test func `does not take the whole answer of another write away`() throws {
        let other = try temporary.append(to: temporary.conversation("conv_2"))
        try store.markDelivered(other, response: temporary.response("conv_2", reply("o", "x")))
        try store.markStopped(operation, from: .inDoubt, as: .held, reason: .no)
        #expect(try store.response(to: other) != nil)
        #expect(try store.response(to: operation) == nil)
        #expect(try shown() == ["hello"])
    }
}
