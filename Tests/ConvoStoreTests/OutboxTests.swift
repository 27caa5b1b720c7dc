import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@Suite final class `The outbox`: StoreSuite {
    @Test func `puts what was being sent in doubt when its sender is gone`() throws {
        let start = try temporary.start()
        _ = try store.markSending(start.operation, base: nil)
        let reopened = try Store(path: temporary.path)
        #expect(try reopened.recoverInterrupted() == 1)
        #expect(try reopened.outbox().map(\.state) == [.inDoubt])
        #expect(try reopened.markSending(start.operation, base: nil) == nil)
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
