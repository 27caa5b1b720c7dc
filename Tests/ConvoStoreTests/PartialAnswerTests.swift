import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

/// A conversation with one turn, and a second one whose stream broke.
@Suite struct `What came of an answer that broke off` {
    let temporary: TemporaryStore
    let conversation: LocalID
    let operation: OperationID

    init() throws {
        temporary = try TemporaryStore()
        try temporary.store.mirror(try .sample("conv_1"), [message("msg_1", "hello")])
        conversation = try temporary.store.conversation(matching: "conv_1").id
        operation = try temporary.store.append(AppendRequest(inputs: .text("and?")), to: conversation).operation
        _ = try temporary.store.markSending(operation, base: try temporary.store.tip(of: conversation))
        try temporary.store.keepPartial(
            of: operation, conversation: nil,
            entries: [Entry(raw: JSONText(message("msg_3", "half an", role: "assistant")))])
        try temporary.store.markInDoubt(
            operation, reason: .init(code: "truncated_stream", message: "it broke"), nextAttempt: temporary.clock.now)
    }

    private func shown() throws -> [String?] {
        try temporary.store.history(of: conversation).entries.map { $0.entry.raw["content"]?.string }
    }

    private func history(_ entries: String...) throws {
        try temporary.store.ingest([
            FetchedHistory(try .sample("conv_1", entries), version: "2026-01-01T00:00:0\(entries.count).000000Z")
        ])
    }

    @Test func `is shown while the server is still at work, and is no base for what is sent`() throws {
        try history(message("msg_1", "hello"))
        #expect(try shown() == ["hello", "half an"])
        try history(message("msg_1", "hello"), message("msg_2", "and?"))
        #expect(try shown() == ["hello", "and?", "half an"])
        #expect(try temporary.store.tip(of: conversation).entryID == EntryID("msg_2"))
        #expect(try temporary.store.search("half").total == 1)
    }

    @Test func `becomes the whole of it, once`() throws {
        try history(
            message("msg_1", "hello"), message("msg_2", "and?"), message("msg_3", "half an answer", role: "assistant"))
        try temporary.store.markDelivered(operation)
        #expect(try shown() == ["hello", "and?", "half an answer"])
        #expect(try temporary.store.response(to: operation) == nil)
        try temporary.store.checkIntegrity()
    }

    @Test func `is the server's once a history has brought it just as it came`() throws {
        try history(message("msg_1", "hello"), message("msg_2", "and?"), message("msg_3", "half an", role: "assistant"))
        #expect(try temporary.store.history(of: conversation).entries.allSatisfy { !$0.isLocalOnly })
        try temporary.store.markDelivered(operation)
        #expect(try shown() == ["hello", "and?", "half an"])
        #expect(try temporary.store.tip(of: conversation).entryID == EntryID("msg_3"))
    }

    @Test func `goes where the server dropped the run, or gave it another id`() throws {
        try history(message("msg_1", "hello"))
        try temporary.store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello"])
        #expect(try temporary.store.history(of: conversation, withDropped: true).entries.count == 2)
        #expect(try temporary.store.response(to: operation) == nil)
    }

    @Test func `is nothing where nothing came`() throws {
        let other = try temporary.append(to: temporary.conversation("conv_2"))
        _ = try temporary.store.markSending(other, base: nil)
        try temporary.store.keepPartial(of: other, conversation: nil, entries: [])
        #expect(try temporary.store.response(to: other) == nil)
        #expect(try temporary.store.response(to: operation) != nil)
        #expect(try shown() == ["hello", "half an"])
    }

    @Test func `tells a new conversation's id, also before its first output`() throws {
        let (start, other) = (try temporary.start(), try temporary.start())
        for write in [start, other] { _ = try temporary.store.markSending(write.operation, base: nil) }
        try temporary.store.keepPartial(of: start.operation, conversation: RemoteID("conv_9"), entries: [])
        #expect(try temporary.item(start.operation).remoteID == RemoteID("conv_9"))
        #expect(try temporary.item(other.operation).remoteID == nil)
        try temporary.store.markInDoubt(start.operation, reason: .lost, nextAttempt: temporary.clock.now)
        #expect(try temporary.states(start.operation, other.operation) == [.inDoubt, .sending])
    }

    @Test func `leaves room for its inputs, which come before it`() throws {
        let position = try temporary.store.read {
            try Int.fetchOne($0, sql: "SELECT position FROM entry WHERE id = 'msg_3'")
        }
        #expect(position == 2)
    }

    @Test func `goes, all of it, and nothing of another write or conversation`() throws {
        let second = try temporary.conversation("conv_2")
        let other = try temporary.append(to: second)
        _ = try temporary.store.markSending(other, base: nil)
        let parts = try ["msg_3", "msg_4"].map { Entry(raw: try JSONText(message($0, $0, role: "assistant"))) }
        try temporary.store.keepPartial(of: other, conversation: nil, entries: parts)
        try temporary.store.keepPartial(of: operation, conversation: nil, entries: parts)
        try temporary.store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello"])
        let kept = try temporary.store.history(of: second).entries
        #expect(kept.map(\.entry.id?.rawValue) == ["conv_2 q", "conv_2 a", "msg_3", "msg_4"])
        #expect(kept.map(\.isLocalOnly) == [false, false, true, true])
        #expect(try temporary.store.response(to: other) != nil)
        let dropped = try temporary.store.history(of: conversation, withDropped: true).entries
        #expect(dropped.count == 3)
        #expect(dropped.dropFirst().allSatisfy { $0.droppedAt != nil && !$0.isLocalOnly })
    }

    /// A history has brought the partial answer before the write is queued again.
    @Test func `stays where a history vouches for it`() throws {
        try history(message("msg_1", "hello"), message("msg_2", "and?"), message("msg_3", "half", role: "assistant"))
        try temporary.store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello", "and?", "half"])
    }

    @Test func `is that of its own write, whichever came first`() throws {
        let second = try temporary.conversation("conv_2")
        let (other, third) = (
            try temporary.append(to: second), try temporary.append(to: temporary.conversation("conv_3"))
        )
        for id in [other, third] { _ = try temporary.store.markSending(id, base: nil) }
        try temporary.store.keepPartial(
            of: other, conversation: nil, entries: [Entry(raw: JSONText(message("p", "part", role: "assistant")))])
        #expect(try temporary.store.response(to: third) == nil)
        try temporary.store.markQueued(other, from: .sending, reason: nil, nextAttempt: nil)
        #expect(try temporary.store.history(of: second).entries.map(\.entry.id?.rawValue) == ["conv_2 q", "conv_2 a"])
        #expect(try shown() == ["hello", "half an"])
    }

    @Test func `goes without what an unstored exchange has left there`() throws {
        let unstored = try temporary.store.append(
            AppendRequest(json: .object(["inputs": .string("aside"), "store": .bool(false)])), to: conversation
        ).operation
        try temporary.store.markDelivered(
            unstored, response: temporary.response("conv_1", message("u", "unstored", role: "assistant")))
        try temporary.store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try Set(shown()) == ["hello", "aside", "unstored"])
    }

    @Test func `gives way to the whole answer`() throws {
        let answer = try temporary.response("conv_1", message("msg_3", "half an answer", role: "assistant"))
        try temporary.store.markDelivered(operation, response: answer)
        #expect(try temporary.store.response(to: operation)?["conversation_id"]?.string == "conv_1")
    }

    @Test func `stands where it will be, also where the write confirms calls and has no inputs`() throws {
        let second = try temporary.conversation("conv_2")
        let write = try temporary.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: second
        ).operation
        _ = try temporary.store.markSending(write, base: nil)
        try temporary.store.keepPartial(
            of: write, conversation: nil, entries: [Entry(raw: JSONText(message("p", "part", role: "assistant")))])
        let position = try temporary.store.read {
            try Int.fetchOne($0, sql: "SELECT position FROM entry WHERE id = 'p'")
        }
        #expect(position == 2)
    }

    @Test func `is told of an unstored exchange by its entries alone`() throws {
        let start = try temporary.start(isStored: false)
        _ = try temporary.store.markSending(start.operation, base: nil)
        try temporary.store.keepPartial(
            of: start.operation, conversation: nil, entries: [Entry(raw: JSONText(message("u", "kept")))])
        #expect(try temporary.store.response(to: start.operation) == nil)
        try temporary.store.markInDoubt(start.operation, reason: .lost, nextAttempt: temporary.clock.now)
        try temporary.store.markStopped(start.operation, from: .inDoubt, as: .held, reason: .no)
        #expect(try temporary.store.history(of: start.conversation).entries.count == 1)
    }

    @Test func `does not take the whole answer of another write away`() throws {
        let other = try temporary.append(to: temporary.conversation("conv_2"))
        try temporary.store.markDelivered(
            other, response: temporary.response("conv_2", message("o", "x", role: "assistant")))
        try temporary.store.markStopped(operation, from: .inDoubt, as: .held, reason: .no)
        #expect(try temporary.store.response(to: other) != nil)
        #expect(try temporary.store.response(to: operation) == nil)
        #expect(try shown() == ["hello"])
    }
}
