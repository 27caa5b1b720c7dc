import ConvoModel
import ConvoStore
import Testing

/// A conversation with one turn, and a second one whose stream broke.
@Suite struct `What came of an answer that broke off` {
    let house: TemporaryStore
    let conversation: LocalID
    let operation: OperationID

    init() throws {
        house = try TemporaryStore()
        try house.store.mirror(try .sample("conv_1"), [message("msg_1", "hello")])
        conversation = try house.store.conversation(matching: "conv_1").id
        operation = try house.store.append(AppendRequest(inputs: .text("and?")), to: conversation).operation
        _ = try house.store.markSending(operation, base: try house.store.tip(of: conversation))
        try house.store.keepPartial(
            of: operation, conversation: nil,
            entries: [Entry(raw: JSONText(message("msg_3", "half an", role: "assistant")))])
        try house.store.markInDoubt(
            operation, reason: .init(code: "truncated_stream", message: "it broke"), nextAttempt: house.clock.now)
    }

    private func shown() throws -> [String?] {
        try house.store.history(of: conversation).entries.map { $0.entry.raw["content"]?.string }
    }

    private func history(_ entries: String...) throws {
        try house.store.takeIn([
            HistoryIntake(try .sample("conv_1", entries), version: "2026-01-01T00:00:0\(entries.count).000000Z")
        ])
    }

    @Test func `is shown while the server is still at work, and is no base for what is sent`() throws {
        try history(message("msg_1", "hello"))
        #expect(try shown() == ["hello", "half an"])
        try history(message("msg_1", "hello"), message("msg_2", "and?"))
        #expect(try shown() == ["hello", "and?", "half an"])
        #expect(try house.store.tip(of: conversation).entryID == EntryID("msg_2"))
        #expect(try house.store.search("half").total == 1)
    }

    @Test func `becomes the whole of it, once`() throws {
        try history(
            message("msg_1", "hello"), message("msg_2", "and?"), message("msg_3", "half an answer", role: "assistant"))
        try house.store.markDelivered(operation)
        #expect(try shown() == ["hello", "and?", "half an answer"])
        #expect(try house.store.response(to: operation) == nil)
        try house.store.checkIntegrity()
    }

    @Test func `goes where the server dropped the run, or gave it another id`() throws {
        try history(message("msg_1", "hello"))
        try house.store.markQueued(operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try shown() == ["hello"])
        #expect(try house.store.history(of: conversation, withDropped: true).entries.count == 2)
        #expect(try house.store.response(to: operation) == nil)
    }
}
