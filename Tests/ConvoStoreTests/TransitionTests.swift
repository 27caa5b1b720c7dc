import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

/// What the engine does to a write, beside one that nothing is done to.
@Suite struct `A write on its way` {
    private let house: TemporaryStore
    private var store: Store { house.store }
    private let first: LocalID
    private let second: LocalID
    private let write: OperationID
    private let other: OperationID

    init() throws {
        house = try TemporaryStore()
        first = try house.conversation("conv_1")
        second = try house.conversation("conv_2")
        write = try house.append("apple", to: first)
        other = try house.append("pear", to: second)
    }

    private func later(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: house.clock.now.microseconds + Int64(seconds * 1_000_000))
    }

    @Test func `remembers what stood before it, and how often it was tried`() throws {
        let base = OutboxItem.Base(entryID: EntryID("conv_1 a"), count: 2, version: "v1")
        let began = house.clock.now
        #expect(try store.markSending(write, base: base))
        #expect(try store.markSending(write, base: nil) == false)
        var item = try house.item(write)
        #expect(item.state == .sending && item.base == base && item.attempts == 1 && item.sentAt == began)
        #expect(item.doubtedAt == nil && item.reason == nil)
        #expect(try house.item(other).state == .queued)
        try store.markQueued(write, from: .sending, reason: .no, nextAttempt: later(5))
        item = try house.item(write)
        #expect(item.state == .queued && item.reason == .no && item.nextAttempt == later(5) && item.failures == 0)
        #expect(try store.markSending(write, base: nil))
        item = try house.item(write)
        #expect(item.attempts == 2 && item.reason == nil && item.base == nil)
        #expect(try house.item(other).attempts == 0)
    }

    @Test func `is in doubt since its answer was lost, however often it is looked for`() throws {
        try house.doubt(write)
        let since = house.clock.now
        house.clock.advance(seconds: 60)
        try store.markInDoubt(write, reason: .no, nextAttempt: later(10))
        let item = try house.item(write)
        #expect(item.state == .inDoubt && item.doubtedAt == since && item.reason == .no)
        #expect(item.doubtedUptime == Uptime(boot: "a", microseconds: since.microseconds))
        #expect(item.nextAttempt == later(10))
        #expect(try house.item(other).state == .queued)
        try store.markInDoubt(other, reason: .no, nextAttempt: later(10))
        #expect(try house.item(other).state == .queued, "it was never sent")
    }

    @Test func `has no doubt left when it is sent anew`() throws {
        try house.doubt(write)
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try store.markSending(write, base: nil))
        let item = try house.item(write)
        #expect(item.doubtedAt == nil && item.doubtedUptime == nil)
        house.clock.advance(seconds: 9)
        try store.markInDoubt(write, reason: .lost, nextAttempt: later(0))
        #expect(try house.item(write).doubtedAt == house.clock.now)
    }

    @Test func `counts the runs that the server itself failed on, and no others`() throws {
        func fail(_ code: String) throws {
            try house.doubt(write, .init(code: code, message: "x"))
            try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        }
        try fail("http_503")
        try fail("http_500")
        #expect(try house.item(write).failures == 2)
        try fail("http_429")
        try fail("answer_lost")
        #expect(try house.item(write).failures == 2)
        _ = try store.markSending(write, base: nil)
        try store.markQueued(write, from: .sending, reason: .init(code: "http_500", message: "x"), nextAttempt: nil)
        try store.markQueued(write, from: .queued, reason: nil, nextAttempt: nil)
        #expect(try house.item(write).failures == 2, "what was never in doubt")
        #expect(try house.item(other).failures == 0)
        try house.stop(write)
        try store.retry(write)
        #expect(try house.item(write).failures == 0)
    }

    @Test func `is not moved by what was decided for another state of it`() throws {
        try house.doubt(write)
        try store.markQueued(write, from: .sending, reason: nil, nextAttempt: nil)
        try store.markStopped(write, from: .sending, as: .refused, reason: .no)
        #expect(try house.states(write) == [.inDoubt])
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        try store.markStopped(write, from: .inDoubt, as: .held, reason: .no)
        try store.markQueued(write, from: .inDoubt, reason: .no, nextAttempt: nil)
        #expect(try house.states(write) == [.queued])
        #expect(try house.item(write).reason == nil)
        _ = try store.markSending(write, base: nil)
        try store.markStopped(write, from: .queued, as: .refused, reason: .no)
        #expect(try house.states(write) == [.refused])
        try store.markDelivered(write)
        #expect(try house.states(write) == [.refused])
    }

    @Test func `that is stopped holds what comes after it, there alone, and not what moves already`() throws {
        let (behind, moving) = (try house.append(to: first), try house.append(to: first))
        let last = try house.append(to: first)
        _ = try store.markSending(moving, base: nil)
        try store.markQueued(write, from: .queued, reason: nil, nextAttempt: later(60))
        try store.markQueued(behind, from: .queued, reason: nil, nextAttempt: later(60))
        try store.markStopped(write, from: .queued, as: .held, reason: .no)
        #expect(try house.states(write, behind, moving, last, other) == [.held, .held, .sending, .held, .queued])
        #expect(try house.item(write).reason == .no)
        let reason = try #require(try house.item(behind).reason)
        #expect(reason.code == "dependency" && reason.message.contains(write.rawValue))
        #expect(try #require(reason.hint).contains(write.rawValue))
        #expect(try house.item(write).nextAttempt == nil && house.item(behind).nextAttempt == nil)
        #expect(try store.nextAttempt() == nil)
    }

    @Test func `that was not found is held where what stands before it is stopped`() throws {
        let (behind, last) = (try house.append(to: first), try house.append(to: first))
        for id in [behind, other] { try house.doubt(id) }
        try house.stop(write)
        #expect(try house.states(write, behind, last, other) == [.refused, .inDoubt, .held, .inDoubt])
        #expect(try store.readyOperations(limit: 9).map(\.id) == [other, behind])
        for id in [behind, other] { try store.markQueued(id, from: .inDoubt, reason: .no, nextAttempt: nil) }
        #expect(try house.states(behind, other) == [.held, .queued])
        let reason = try #require(try house.item(behind).reason)
        #expect(reason.code == "dependency" && reason.message.contains(write.rawValue))
        try store.retry(write)
        #expect(try house.states(write, behind, last) == [.queued, .queued, .queued])
        #expect(try store.operations(in: first).map(\.id) == [write, behind, last])
    }

    @Test func `that was not found goes on where only what comes after it is stopped`() throws {
        let behind = try house.append(to: first)
        try house.doubt(write)
        try house.stop(behind)
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try house.states(write, behind) == [.queued, .refused])
    }

    @Test func `tells whether the server gives the metadata of what it made back`() throws {
        #expect(try store.givesMetadataBack() == nil)
        let start = try house.start()
        _ = try store.takeIn([.sample("queued", extra: #","metadata":{"convo_operation_id":"\#(start.operation)"}"#)])
        #expect(try store.givesMetadataBack() == nil, "it is not delivered")
        let (silent, append) = (try house.start(), try house.append(to: first))
        try store.markDelivered(append)
        try store.markDelivered(silent.operation, as: RemoteID("silent"))
        #expect(try store.givesMetadataBack() == nil, "it was not described yet")
        _ = try store.takeIn([.sample("silent")])
        #expect(try store.givesMetadataBack() == false)
        try store.markDelivered(start.operation)
        #expect(try store.givesMetadataBack() == true)
    }

    @Test func `tells the newest conversation that we have made and the server has`() throws {
        #expect(try store.ownCreation() == nil)
        let writes = try (0..<5).map { try house.start(isStored: $0 != 3) }
        for (number, write) in writes.enumerated().dropLast() {
            try store.markDelivered(write.operation, as: RemoteID("made_\(number)"))
        }
        try store.markDelivered(write, as: nil)
        #expect(try store.ownCreation() == RemoteID("made_2"))
        try store.markDeletedRemotely([RemoteID("made_2")])
        #expect(try store.ownCreation() == RemoteID("made_1"))
    }

    @Test func `is told for the maker of a conversation only where it started it, and is delivered`() throws {
        let (made, named, nameless) = (try house.start(), try house.start(), try house.start())
        try store.markDelivered(made.operation, as: RemoteID("made"))
        _ = try store.markSending(named.operation, base: nil)
        try store.keepPartial(of: named.operation, conversation: RemoteID("named"), entries: [])
        try store.markDelivered(nameless.operation)
        try store.markDelivered(try house.append(to: first))
        #expect(try store.ownCreation() == RemoteID("made"))
    }

    @Test func `that is delivered leaves the outbox and the index, and lets the history be read`() throws {
        #expect(try store.search("apple").total == 1)
        _ = try store.markSending(write, base: nil)
        try store.markQueued(write, from: .sending, reason: .no, nextAttempt: later(60))
        try store.markDelivered(
            write, response: house.response("conv_1", message("o1", "cider", role: "assistant")))
        #expect(try store.outbox().map(\.id) == [other])
        #expect(try store.outbox(all: true).map(\.id) == [write, other])
        let item = try house.item(write)
        #expect(item.reason == nil && item.nextAttempt == nil)
        #expect(try store.search("apple").total == 0)
        #expect(try store.search("pear").total == 1)
        #expect(try store.search("cider").total == 1)
        #expect(try store.response(to: write)?["outputs"]?.elements.count == 1)
        #expect(try store.response(to: other) == nil)
        #expect(try store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: second))
        #expect(try store.history(of: first).entries.last?.isLocalOnly == false)
        #expect(try store.staleConversations(limit: 9, now: house.clock.now).map(\.id) == [first])
        #expect(try store.conversation(matching: "conv_1").deletedRemotelyAt == nil)
        try store.markDelivered(write, as: RemoteID("conv_9"))
        try store.checkIntegrity()
    }

    @Test func `that was found on the server needs no answer`() throws {
        try house.doubt(write)
        try store.markDelivered(write)
        #expect(try house.states(write, other) == [.delivered, .queued])
        #expect(try store.response(to: write) == nil)
        #expect(try !store.isHistoryBehind(of: first))
    }

    @Test func `loses its sender with the process, and is in doubt then`() throws {
        #expect(try store.recoverInterrupted() == 0)
        let third = try house.start().operation
        try store.markQueued(write, from: .queued, reason: .no, nextAttempt: later(60))
        for id in [write, third] { _ = try store.markSending(id, base: nil) }
        try store.markQueued(other, from: .queued, reason: nil, nextAttempt: later(60))
        house.clock.advance(seconds: 5)
        #expect(try store.recoverInterrupted() == 2)
        #expect(try house.states(write, third, other) == [.inDoubt, .inDoubt, .queued])
        let item = try house.item(write)
        #expect(item.doubtedAt == house.clock.now && item.nextAttempt == nil)
        #expect(item.reason?.code == "interrupted" && item.reason?.hint == nil)
        #expect(item.reason?.message == "the sender stopped before the answer came")
        #expect(try house.item(other).nextAttempt == later(55))
        #expect(try store.recoverInterrupted() == 0)
    }
}
