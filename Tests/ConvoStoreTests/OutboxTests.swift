import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@Suite final class `The outbox`: StoreSuite {
    @Test func `offers the first open write of each conversation once what it needs is there`() throws {
        let start = try temporary.start()
        let append = try store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        #expect(try store.readyOperations(limit: 10).map(\.id) == [start.operation])
        #expect(try store.markSending(start.operation, base: nil))
        #expect(try store.readyOperations(limit: 10).isEmpty)
        try store.markDelivered(start.operation, as: RemoteID("conv_9"))
        #expect(try store.readyOperations(limit: 10).map(\.id) == [append.operation])
    }

    @Test func `puts what was being sent in doubt when its sender is gone`() throws {
        let start = try temporary.start()
        _ = try store.markSending(start.operation, base: nil)
        let reopened = try Store(path: temporary.path)
        #expect(try reopened.recoverInterrupted() == 1)
        #expect(try reopened.outbox().map(\.state) == [.inDoubt])
        #expect(try reopened.markSending(start.operation, base: nil) == false)
    }

    @Test func `holds what depends on a refused write, and lets it go on retry`() throws {
        let start = try temporary.start()
        let append = try store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        _ = try store.markSending(start.operation, base: nil)
        try store.markStopped(start.operation, from: .queued, as: .refused, reason: .init(code: "422", message: "no"))
        #expect(try store.outbox().map(\.state) == [.refused, .held])
        let late = try store.append(AppendRequest(inputs: .text("late")), to: start.conversation)
        #expect(late.state == .held)
        try store.retry(start.operation)
        #expect(try store.outbox().map(\.state) == [.queued, .queued, .queued])
        #expect(try store.outbox().map(\.id) == [start.operation, append.operation, late.operation])
    }

    @Test func `takes a cancelled start's appends along`() throws {
        let start = try temporary.start()
        _ = try store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        #expect(try store.cancel(start.operation).count == 2)
        #expect(try store.outbox().isEmpty)
        #expect(throws: StoreError.self) { try store.history(of: start.conversation) }
        try store.checkIntegrity()
    }

    @Test func `refuses a message to a conversation that waits for a function's result`() throws {
        let call = #"{"type":"function.call","id":"fc_1","tool_call_id":"abc","name":"f","arguments":"{}"}"#
        try store.mirror(.sample("conv_1"), [call])
        let id = try store.conversation(matching: "conv_1").id
        #expect(throws: StoreError.self) { try store.append(AppendRequest(inputs: .text("hi")), to: id) }
        let result = try JSONText(#"{"type":"function.result","tool_call_id":"abc","result":"1"}"#)
        _ = try store.append(AppendRequest(inputs: .entries([result])), to: id)
        _ = try store.append(AppendRequest(inputs: .text("thanks")), to: id)
    }

    @Test func `knows its own conversation in the list by the operation's name`() throws {
        let start = try temporary.start()
        _ = try store.markSending(start.operation, base: nil)
        let seen = try Conversation.sample(
            "conv_7", extra: #","metadata":{"convo_operation_id":"\#(start.operation)"}"#)
        _ = try store.ingest([seen])
        #expect(try store.conversations().map(\.id) == [start.conversation])
        #expect(try store.conversation(matching: "conv_7").id == start.conversation)
    }

    @Test func `keeps an unstored exchange here`() throws {
        let start = try temporary.start("secret question", isStored: false)
        _ = try store.markSending(start.operation, base: nil)
        try store.markDelivered(start.operation, response: temporary.response("conv_1", reply("o", "secret answer")))
        let history = try store.history(of: start.conversation)
        #expect(history.entries.count == 2)
        #expect(history.conversation.isLocalOnly)
        #expect(try store.search("secret").total == 2)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
    }
}
