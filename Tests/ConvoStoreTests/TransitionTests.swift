import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// The engine's transitions of a write change no other write.
@Suite struct `A write on its way` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private let first: LocalID
    private let second: LocalID
    private let write: OperationID
    private let other: OperationID

    init() throws {
        temporary = try TemporaryStore()
        first = try temporary.conversation("conv_1")
        second = try temporary.conversation("conv_2")
        write = try temporary.append("apple", to: first)
        other = try temporary.append("pear", to: second)
    }

    private func later(_ seconds: Double) -> Timestamp {
        Timestamp(microseconds: temporary.clock.now.microseconds + Int64(seconds * 1_000_000))
    }

    @Test func `remembers what stood before it, and how often it was tried`() throws {
        let base = OutboxItem.Base(entryID: EntryID("conv_1 a"), version: "v1")
        let began = temporary.clock.now
        #expect(try store.markSending(write, base: base) != nil)
        #expect(try store.markSending(write, base: nil) == nil)
        var item = try temporary.item(write)
        #expect(item.state == .sending && item.base == base && item.attempts == 1 && item.sentAt == began)
        #expect(item.doubtedAt == nil && item.reason == nil)
        #expect(try temporary.item(other).state == .queued)
        try store.markQueued(write, from: .sending, reason: .no, nextAttempt: later(5))
        item = try temporary.item(write)
        #expect(item.state == .queued && item.reason == .no && item.nextAttempt == later(5) && item.failures == 0)
        #expect(try store.markSending(write, base: nil) != nil)
        item = try temporary.item(write)
        #expect(item.attempts == 2 && item.reason == nil && item.base == nil)
        #expect(try temporary.item(other).attempts == 0)
    }

    @Test func `is in doubt since its answer was lost, however often it is looked for`() throws {
        try temporary.doubt(write)
        let since = temporary.clock.now
        temporary.clock.advance(seconds: 60)
        try store.markInDoubt(write, reason: .no, nextAttempt: later(10))
        let item = try temporary.item(write)
        #expect(item.state == .inDoubt && item.doubtedAt == since && item.reason == .no)
        #expect(item.doubtedUptime == Uptime(boot: "a", microseconds: since.microseconds))
        #expect(item.nextAttempt == later(10))
        #expect(try temporary.item(other).state == .queued)
        try store.markInDoubt(other, reason: .no, nextAttempt: later(10))
        #expect(try temporary.item(other).state == .queued, "it was never sent")
    }

    /// The clock was ahead when the answer was lost, and right after the machine was started anew.
    @Test(arguments: ["a", "b"])
    func `is in doubt from now on where another start of the machine shows an earlier time`(boot: String) throws {
        try temporary.doubt(write)
        let since = temporary.clock.now
        temporary.clock.advance(seconds: -9_000)
        try store.run("UPDATE operation SET doubted_boot = '\(boot)' WHERE doubted IS NOT NULL")
        try store.markInDoubt(write, reason: .no, nextAttempt: later(10))
        let begin = boot == "a" ? since : temporary.clock.now
        let item = try temporary.item(write)
        #expect(item.doubtedAt == begin)
        #expect(item.doubtedUptime == Uptime(boot: "a", microseconds: begin.microseconds))
        // Later, with a clock that is right, the moment stays.
        temporary.clock.advance(seconds: 60)
        try store.markInDoubt(write, reason: .no, nextAttempt: later(10))
        #expect(try temporary.item(write).doubtedAt == begin)
    }

    @Test func `has no doubt left when it is sent anew`() throws {
        try temporary.doubt(write)
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try store.markSending(write, base: nil) != nil)
        let item = try temporary.item(write)
        #expect(item.doubtedAt == nil && item.doubtedUptime == nil)
        temporary.clock.advance(seconds: 9)
        try store.markInDoubt(write, reason: .lost, nextAttempt: later(0))
        #expect(try temporary.item(write).doubtedAt == temporary.clock.now)
    }

    @Test func `counts the runs that the server itself failed on, and no others`() throws {
        func fail(_ code: String) throws {
            try temporary.doubt(write, .init(code: code, message: "x"))
            try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        }
        try fail("http_503")
        try fail("http_500")
        #expect(try temporary.item(write).failures == 2)
        try fail("http_429")
        try fail("answer_lost")
        #expect(try temporary.item(write).failures == 2)
        _ = try store.markSending(write, base: nil)
        try store.markQueued(write, from: .sending, reason: .init(code: "http_500", message: "x"), nextAttempt: nil)
        try store.markQueued(write, from: .queued, reason: nil, nextAttempt: nil)
        #expect(try temporary.item(write).failures == 2, "what was never in doubt")
        #expect(try temporary.item(other).failures == 0)
        try temporary.stop(write)
        try store.retry(write)
        #expect(try temporary.item(write).failures == 0)
    }

    @Test func `is not moved by what was decided for another state of it`() throws {
        try temporary.doubt(write)
        try store.markQueued(write, from: .sending, reason: nil, nextAttempt: nil)
        try store.markStopped(write, from: .sending, as: .refused, reason: .no)
        #expect(try temporary.states(write) == [.inDoubt])
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        try store.markStopped(write, from: .inDoubt, as: .held, reason: .no)
        try store.markQueued(write, from: .inDoubt, reason: .no, nextAttempt: nil)
        #expect(try temporary.states(write) == [.queued])
        #expect(try temporary.item(write).reason == nil)
        _ = try store.markSending(write, base: nil)
        try store.markStopped(write, from: .queued, as: .refused, reason: .no)
        #expect(try temporary.states(write) == [.refused])
        try store.markDelivered(write)
        #expect(try temporary.states(write) == [.refused])
    }

    @Test func `that is stopped holds what comes after it, there alone, and not what moves already`() throws {
        let (behind, moving) = (try temporary.append(to: first), try temporary.append(to: first))
        let last = try temporary.append(to: first)
        _ = try store.markSending(moving, base: nil)
        try store.markQueued(write, from: .queued, reason: nil, nextAttempt: later(60))
        try store.markQueued(behind, from: .queued, reason: nil, nextAttempt: later(60))
        try store.markStopped(write, from: .queued, as: .held, reason: .no)
        #expect(try temporary.states(write, behind, moving, last, other) == [.held, .held, .sending, .held, .queued])
        #expect(try temporary.item(write).reason == .no)
        let reason = try #require(try temporary.item(behind).reason)
        #expect(reason.code == "dependency" && reason.message.contains(write.rawValue))
        #expect(reason.message.contains(write.rawValue))
        #expect(try temporary.item(write).nextAttempt == nil && temporary.item(behind).nextAttempt == nil)
        #expect(try store.nextAttempt() == nil)
    }

    @Test func `that was not found is held where what stands before it is stopped`() throws {
        let (behind, last) = (try temporary.append(to: first), try temporary.append(to: first))
        for id in [behind, other] { try temporary.doubt(id) }
        try temporary.stop(write)
        #expect(try temporary.states(write, behind, last, other) == [.refused, .inDoubt, .held, .inDoubt])
        #expect(try store.readyOperations(limit: 9).map(\.id) == [other, behind])
        for id in [behind, other] { try store.markQueued(id, from: .inDoubt, reason: .no, nextAttempt: nil) }
        #expect(try temporary.states(behind, other) == [.held, .queued])
        let reason = try #require(try temporary.item(behind).reason)
        #expect(reason.code == "dependency" && reason.message.contains(write.rawValue))
        try store.retry(write)
        #expect(try temporary.states(write, behind, last) == [.queued, .queued, .queued])
        #expect(try store.operations(in: first).map(\.id) == [write, behind, last])
    }

    @Test func `that was not found goes on where only what comes after it is stopped`() throws {
        let behind = try temporary.append(to: first)
        try temporary.doubt(write)
        try temporary.stop(behind)
        try store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try temporary.states(write, behind) == [.queued, .refused])
    }

    @Test func `tells whether the server gives the metadata of what it made back`() throws {
        #expect(try store.givesMetadataBack() == nil)
        let start = try temporary.start()
        _ = try store.ingest([.sample("queued", extra: #","metadata":{"convo_operation_id":"\#(start.operation)"}"#)])
        #expect(try store.givesMetadataBack() == nil, "it is not delivered")
        let (silent, append) = (try temporary.start(), try temporary.append(to: first))
        try store.markDelivered(append)
        try store.markDelivered(silent.operation, as: RemoteID("silent"))
        #expect(try store.givesMetadataBack() == nil, "it was not described yet")
        _ = try store.ingest([.sample("silent")])
        #expect(try store.givesMetadataBack() == false)
        try store.markDelivered(start.operation)
        #expect(try store.givesMetadataBack() == true)
    }

    @Test func `tells the newest conversation that we have made and the server has`() throws {
        #expect(try store.ownCreation() == nil)
        let writes = try (0..<5).map { try temporary.start(isStored: $0 != 3) }
        for (number, write) in writes.enumerated().dropLast() {
            try store.markDelivered(write.operation, as: RemoteID("made_\(number)"))
        }
        try store.markDelivered(write, as: nil)
        #expect(try store.ownCreation() == RemoteID("made_2"))
        try store.markDeletedRemotely([RemoteID("made_2")])
        #expect(try store.ownCreation() == RemoteID("made_1"))
    }

    @Test func `is told for the maker of a conversation only where it started it, and is delivered`() throws {
        let (made, named, nameless) = (try temporary.start(), try temporary.start(), try temporary.start())
        try store.markDelivered(made.operation, as: RemoteID("made"))
        _ = try store.markSending(named.operation, base: nil)
        try store.keepPartial(of: named.operation, conversation: RemoteID("named"), entries: [])
        try store.markDelivered(nameless.operation)
        try store.markDelivered(try temporary.append(to: first))
        #expect(try store.ownCreation() == RemoteID("made"))
    }

    @Test func `that is delivered leaves the outbox and the index, and lets the history be read`() throws {
        #expect(try store.search("apple").total == 1)
        _ = try store.markSending(write, base: nil)
        try store.markQueued(write, from: .sending, reason: .no, nextAttempt: later(60))
        try store.markDelivered(write, response: temporary.response("conv_1", reply("o1", "cider")))
        #expect(try store.outbox().map(\.id) == [other])
        #expect(try store.outbox(all: true).map(\.id) == [write, other])
        let item = try temporary.item(write)
        #expect(item.reason == nil && item.nextAttempt == nil)
        #expect(try store.search("apple").total == 0)
        #expect(try store.search("pear").total == 1)
        #expect(try store.search("cider").total == 1)
        #expect(try store.response(to: write)?["outputs"]?.elements.count == 1)
        #expect(try store.response(to: other) == nil)
        #expect(try store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: second))
        #expect(try store.history(of: first).entries.last?.isLocalOnly == false)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).map(\.id) == [first])
        #expect(try store.conversation(matching: "conv_1").deletedRemotelyAt == nil)
        try store.markDelivered(write, as: RemoteID("conv_9"))
        try store.checkIntegrity()
    }

    @Test func `that was found on the server needs no answer`() throws {
        try temporary.doubt(write)
        try store.markDelivered(write)
        #expect(try temporary.states(write, other) == [.delivered, .queued])
        #expect(try store.response(to: write) == nil)
        #expect(try !store.isHistoryBehind(of: first))
    }

    @Test func `loses its sender with the process, and is in doubt then`() throws {
        #expect(try store.recoverInterrupted() == 0)
        let third = try temporary.start().operation
        try store.markQueued(write, from: .queued, reason: .no, nextAttempt: later(60))
        for id in [write, third] { _ = try store.markSending(id, base: nil) }
        try store.markQueued(other, from: .queued, reason: nil, nextAttempt: later(60))
        temporary.clock.advance(seconds: 5)
        #expect(try store.recoverInterrupted() == 2)
        #expect(try temporary.states(write, third, other) == [.inDoubt, .inDoubt, .queued])
        let item = try temporary.item(write)
        #expect(item.doubtedAt == temporary.clock.now && item.nextAttempt == nil)
        #expect(item.reason?.code == "interrupted")
        #expect(item.reason?.message == "the sender stopped before the answer came")
        #expect(try temporary.item(other).nextAttempt == later(55))
        #expect(try store.recoverInterrupted() == 0)
    }
}
