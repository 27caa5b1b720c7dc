import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite struct `A request to the endpoint` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    /// Accepts a start of this text; returns the write that it made or joined, and whether it joined.
    private func ask(_ text: String = "hello", name: String? = nil) throws -> (id: OperationID, isJoined: Bool)? {
        let new = store.makeOperationID()
        let accepted = try store.accept(
            .start(.sample(text)), identity: name ?? text, content: text, isNamed: name != nil, as: new)
        switch accepted {
        case .queued(let write): return (write.operation, false)
        case .joined(let earlier): return (earlier, true)
        case .misnamed: return nil
        }
    }

    private func deliver(_ id: OperationID) throws {
        _ = try store.markSending(id, base: nil)
        try store.markDelivered(id, response: temporary.response("conv_1", reply("o", "hi")))
    }

    @Test func `joins the write that the same request has made, until a client has had the answer`() throws {
        let first = try #require(try ask())
        #expect(try ask()?.id == first.id && ask()?.isJoined == true)
        try deliver(first.id)
        #expect(try ask()?.id == first.id)
        try store.noteAnswered(first.id)
        let second = try #require(try ask())
        #expect(second.id != first.id && !second.isJoined)
        #expect(try store.outbox(all: true).count == 2)
    }

    @Test func `survives the death of the process between the write and its answer`() throws {
        let first = try #require(try ask())
        try deliver(first.id)
        let reopened = try Store(path: temporary.path, environment: store.environment)
        let accepted = try reopened.accept(
            .start(.sample()), identity: "hello", content: "hello", isNamed: false, as: store.makeOperationID())
        #expect(accepted == .joined(first.id))
    }

    @Test func `is forgotten some minutes after its write was delivered, and not while that is open`() throws {
        let first = try #require(try ask())
        temporary.clock.advance(seconds: 86_400 * 3)
        #expect(try ask()?.id == first.id)
        try deliver(first.id)
        temporary.clock.advance(seconds: 599)
        #expect(try ask()?.id == first.id)
        temporary.clock.advance(seconds: 601)
        #expect(try ask()?.isJoined == false)
    }

    @Test func `of a name joins for a day, also after an answer, and stands for one body`() throws {
        let first = try #require(try ask(name: "key"))
        try deliver(first.id)
        try store.noteAnswered(first.id)
        #expect(try ask(name: "key")?.id == first.id)
        #expect(try ask("other", name: "key") == nil)
        temporary.clock.advance(seconds: 86_401)
        #expect(try ask(name: "key")?.isJoined == false)
    }

    @Test func `keeps joining while its client keeps asking`() throws {
        let first = try #require(try ask())
        try deliver(first.id)
        for _ in 0..<3 {
            temporary.clock.advance(seconds: 400)
            #expect(try ask()?.id == first.id)
        }
        temporary.clock.advance(seconds: 601)
        #expect(try ask()?.isJoined == false)
    }

    @Test func `joins where the wall clock was set meanwhile`() throws {
        let first = try #require(try ask())
        try deliver(first.id)
        temporary.clock.set("2040-01-01T00:00:00Z")
        #expect(try ask()?.id == first.id)
    }

    @Test func `is not given up where it was sent again since that was decided`() throws {
        let first = try #require(try ask())
        for _ in 0..<2 {
            _ = try store.markSending(first.id, base: nil)
            try store.markInDoubt(first.id, reason: .lost, nextAttempt: temporary.clock.now)
            try store.markQueued(first.id, from: .inDoubt, reason: nil, nextAttempt: nil)
        }
        _ = try store.markSending(first.id, base: nil)
        try store.markInDoubt(first.id, reason: .lost, nextAttempt: temporary.clock.now)
        #expect(try !store.abandon(first.id, attempts: 2))
        #expect(try store.abandon(first.id, attempts: 3))
    }

    @Test func `does not join a write that was taken back`() throws {
        let first = try #require(try ask())
        _ = try store.cancel(first.id)
        #expect(try ask()?.isJoined == false)
    }

    @Test func `gives a write in doubt up where the server has said that it failed`() throws {
        let first = try #require(try ask())
        #expect(try !store.abandon(first.id, attempts: 1))
        _ = try store.markSending(first.id, base: nil)
        try store.markInDoubt(first.id, reason: .lost, nextAttempt: temporary.clock.now)
        #expect(try store.abandon(first.id, attempts: 1))
        #expect(try store.outbox().isEmpty && store.conversations().isEmpty)
        // If the server has it after all, it is a conversation as any other.
        let metadata = #","metadata":{"\#(Store.operationKey)":"\#(first.id)"}"#
        try store.mirror(.sample("conv_late", extra: metadata), exchange("late"))
        #expect(try store.conversations().map(\.remoteID) == [RemoteID("conv_late")])
        try store.checkIntegrity()
    }

    @Test func `is not sent again once its client was told that it failed, unless it comes again`() throws {
        for comesAgain in [false, true] {
            let text = "again: \(comesAgain)"
            let first = try #require(try ask(text))
            _ = try store.markSending(first.id, base: nil)
            try store.markInDoubt(first.id, reason: .lost, nextAttempt: temporary.clock.now)
            try store.noteUnwanted(first.id)
            if comesAgain { #expect(try ask(text)?.id == first.id) }
            try store.markQueued(first.id, from: .inDoubt, reason: nil, nextAttempt: nil)
            #expect(try store.operation(first.id)?.state == (comesAgain ? .queued : nil))
        }
    }

    @Test func `is not given up where other writes wait for the conversation that it makes`() throws {
        let first = try #require(try ask())
        let start = try #require(try store.operation(first.id))
        let append = try temporary.append("behind", to: start.conversation)
        _ = try store.markSending(first.id, base: nil)
        try store.markInDoubt(first.id, reason: .lost, nextAttempt: temporary.clock.now)
        try store.noteUnwanted(first.id)
        #expect(try !store.abandon(first.id, attempts: 1))
        try store.markQueued(first.id, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try store.outbox().map(\.id) == [first.id, append])
    }

    @Test func `gives up a branch that nobody waits for, and keeps one for which somebody does`() throws {
        for isAwaited in [false, true] {
            let parent = try temporary.conversation("parent \(isAwaited)")
            let branch = try temporary.branch(from: "parent \(isAwaited) q", of: parent)
            if isAwaited { _ = try temporary.append(to: branch.conversation) }
            try temporary.doubt(branch.operation)
            #expect(try store.abandon(branch.operation, attempts: 1) == !isAwaited)
        }
    }

    @Test func `lets go what waits behind a write that it gives up`() throws {
        let id = try temporary.conversation("c")
        let doubtful = try temporary.append("one", to: id)
        let later = try temporary.append("two", to: id)
        _ = try store.markSending(doubtful, base: nil)
        try store.markInDoubt(doubtful, reason: .lost, nextAttempt: temporary.clock.now)
        #expect(try store.abandon(doubtful, attempts: 1))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [later])
    }

    @Test func `is not taken where the outbox cannot hold it`() throws {
        var request = StartRequest.sample()
        request.agentID = "a"
        #expect(throws: StoreError.self) {
            try store.accept(.start(request), identity: "x", content: "x", isNamed: false, as: store.makeOperationID())
        }
        #expect(try store.outbox().isEmpty)
    }
}

@Suite struct `What the endpoint serves` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test func `is found by either id, and by no part of one`() throws {
        let id = try temporary.conversation("conv_1")
        #expect(try store.servedConversation("conv_1")?.id == id)
        #expect(try store.servedConversation(id.rawValue)?.remoteID == RemoteID("conv_1"))
        #expect(try store.servedConversation("conv_") == nil)
        #expect(try store.servedConversation("conv_1")?.isWhole == true)
    }

    @Test func `is listed as the server lists it, newest first, with what is to be started`() throws {
        try store.mirror(.sample("conv_1", created: "2026-01-01T00:00:00.000000Z"), exchange("a"))
        try store.mirror(.sample("conv_2", created: "2026-01-02T00:00:00.000000Z"), exchange("b"))
        let queued = try temporary.start()
        _ = try temporary.start("not kept", isStored: false)
        let ids = try store.servedConversations(limit: 9, offset: 0).map { $0.remoteID?.rawValue ?? $0.id.rawValue }
        #expect(ids == [queued.conversation.rawValue, "conv_2", "conv_1"])
        #expect(try store.servedConversations(limit: 1, offset: 1).map(\.remoteID) == [RemoteID("conv_2")])
        _ = try store.delete(store.localID(matching: "conv_1"), .remote)
        #expect(try store.servedConversations(limit: 9, offset: 0).count == 2)
        #expect(try store.servedConversation("conv_1")?.hasQueuedDeletion == true)
    }

    @Test func `has the entries as they came`() throws {
        let id = try temporary.conversation("conv_1")
        let entries = try store.servedEntries(of: id)
        #expect(try entries == store.history(of: id).entries.map(\.entry.raw) && entries.count == 2)
    }
}
