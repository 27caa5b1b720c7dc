import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@Suite struct `The outbox` {
    private func started(_ temporary: TemporaryStore, _ text: String = "hello") throws -> QueuedWrite {
        var request = StartRequest(inputs: .text(text))
        request.model = "mistral-small-latest"
        return try temporary.store.start(request)
    }

    @Test func `offers the first open write of each conversation once what it needs is there`() throws {
        let temporary = try TemporaryStore()
        let start = try started(temporary)
        let append = try temporary.store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        #expect(try temporary.store.readyOperations(limit: 10).map(\.id) == [start.operation])
        #expect(try temporary.store.markSending(start.operation, base: nil))
        #expect(try temporary.store.readyOperations(limit: 10).isEmpty)
        try temporary.store.markDelivered(start.operation, as: RemoteID("conv_9"))
        #expect(try temporary.store.readyOperations(limit: 10).map(\.id) == [append.operation])
    }

    @Test func `puts what was being sent in doubt when its sender is gone`() throws {
        let temporary = try TemporaryStore()
        let start = try started(temporary)
        _ = try temporary.store.markSending(start.operation, base: nil)
        let reopened = try Store(path: temporary.path)
        #expect(try reopened.recoverInterrupted() == 1)
        #expect(try reopened.outbox().map(\.state) == [.inDoubt])
        #expect(try reopened.markSending(start.operation, base: nil) == false)
    }

    @Test func `holds what depends on a refused write, and lets it go on retry`() throws {
        let temporary = try TemporaryStore()
        let start = try started(temporary)
        let append = try temporary.store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        _ = try temporary.store.markSending(start.operation, base: nil)
        try temporary.store.markStopped(
            start.operation, from: .queued, as: .refused, reason: .init(code: "422", message: "no"))
        #expect(try temporary.store.outbox().map(\.state) == [.refused, .held])
        let late = try temporary.store.append(AppendRequest(inputs: .text("late")), to: start.conversation)
        #expect(late.state == .held)
        try temporary.store.retry(start.operation)
        #expect(try temporary.store.outbox().map(\.state) == [.queued, .queued, .queued])
        #expect(try temporary.store.outbox().map(\.id) == [start.operation, append.operation, late.operation])
    }

    @Test func `takes a cancelled start's appends along`() throws {
        let temporary = try TemporaryStore()
        let start = try started(temporary)
        _ = try temporary.store.append(AppendRequest(inputs: .text("more")), to: start.conversation)
        #expect(try temporary.store.cancel(start.operation).count == 2)
        #expect(try temporary.store.outbox().isEmpty)
        #expect(throws: StoreError.self) { try temporary.store.history(of: start.conversation) }
        try temporary.store.checkIntegrity()
    }

    @Test func `refuses a message to a conversation that waits for a function's result`() throws {
        let temporary = try TemporaryStore()
        let call = #"{"type":"function.call","id":"fc_1","tool_call_id":"abc","name":"f","arguments":"{}"}"#
        try temporary.store.mirror(.sample("conv_1"), [call])
        let id = try temporary.store.conversation(matching: "conv_1").id
        #expect(throws: StoreError.self) { try temporary.store.append(AppendRequest(inputs: .text("hi")), to: id) }
        let result = try JSONText(#"{"type":"function.result","tool_call_id":"abc","result":"1"}"#)
        _ = try temporary.store.append(AppendRequest(inputs: .entries([result])), to: id)
        _ = try temporary.store.append(AppendRequest(inputs: .text("thanks")), to: id)
    }

    @Test func `knows its own conversation in the list by the operation's name`() throws {
        let temporary = try TemporaryStore()
        let start = try started(temporary)
        _ = try temporary.store.markSending(start.operation, base: nil)
        let seen = try Conversation.sample(
            "conv_7", extra: #","metadata":{"convo_operation_id":"\#(start.operation)"}"#)
        _ = try temporary.store.ingest([seen])
        #expect(try temporary.store.conversations().map(\.id) == [start.conversation])
        #expect(try temporary.store.conversation(matching: "conv_7").id == start.conversation)
    }

    @Test func `keeps an unstored exchange here`() throws {
        let temporary = try TemporaryStore()
        var request = StartRequest(inputs: .text("secret question"))
        request.model = "m"
        request.store = false
        let start = try temporary.store.start(request)
        _ = try temporary.store.markSending(start.operation, base: nil)
        let response = try ConversationResponse(
            raw: JSONText(
                #"{"conversation_id":"conv_1","outputs":[\#(message("o", "secret answer", role: "assistant"))],"usage":{}}"#
            ))
        try temporary.store.markDelivered(start.operation, response: response)
        let history = try temporary.store.history(of: start.conversation)
        #expect(history.entries.count == 2)
        #expect(history.conversation.isLocalOnly)
        #expect(try temporary.store.search("secret").total == 2)
        #expect(try temporary.store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
    }
}
