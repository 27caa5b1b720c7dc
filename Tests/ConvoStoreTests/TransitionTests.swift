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

@Suite struct `What the engine asks of the outbox` {
    private let house: TemporaryStore
    private var store: Store { house.store }
    private let first: LocalID
    private let second: LocalID

    init() throws {
        house = try TemporaryStore()
        first = try house.conversation("conv_1")
        second = try house.conversation("conv_2")
    }

    private func ready(_ limit: Int = 99, in only: LocalID? = nil) throws -> [OperationID] {
        try store.readyOperations(limit: limit, in: only).map(\.id)
    }

    @Test func `offers the first open write of each conversation, in the order of acceptance`() throws {
        let writes = [try house.append(to: second), try house.append(to: first), try house.append(to: second)]
        #expect(try ready() == [writes[0], writes[1]])
        #expect(try ready(1) == [writes[0]])
        #expect(try ready(in: first) == [writes[1]])
        #expect(try ready(in: LocalID("nobody")).isEmpty)
        try house.doubt(writes[0])
        #expect(try ready() == [writes[0], writes[1]])
        try house.stop(writes[1])
        #expect(try ready() == [writes[0]])
        try store.markDelivered(writes[0])
        #expect(try ready() == [writes[2]])
    }

    @Test func `offers nothing whose conversation, or whose parent, is not on the server`() throws {
        let start = try house.start()
        let behind = try house.append(to: start.conversation)
        let branch = try store.restart(
            RestartRequest(from: EntryID("conv_1 q"), inputs: .text("other")), of: first)
        let more = try house.append(to: branch.conversation)
        #expect(try ready() == [start.operation, branch.operation])
        _ = try store.cancel(start.operation)
        #expect(try ready() == [branch.operation])
        _ = try store.markSending(branch.operation, base: nil)
        try store.markDelivered(branch.operation, as: RemoteID("conv_3"))
        #expect(try ready() == [more])
        #expect(try house.states(behind) == [.cancelled])
        let (nameless, after) = (
            try store.restart(RestartRequest(from: EntryID("conv_1 q"), inputs: .text("x")), of: first),
            try house.start()
        )
        for write in [nameless, after] {
            _ = try house.append(to: write.conversation)
            try store.markDelivered(write.operation)
        }
        #expect(try ready() == [more], "their conversations are not known to be there")
        try store.write {
            try $0.execute(sql: "UPDATE operation SET kind = 'restart' WHERE id = ?", arguments: [more.rawValue])
            try $0.execute(sql: "UPDATE conversation SET remote_id = NULL WHERE remote_id = 'conv_1'")
        }
        #expect(try ready().isEmpty, "a restart of what is not there yet")
    }

    @Test func `tells the next moment for which a write waits`() throws {
        #expect(try store.nextAttempt() == nil)
        let moments = [30, 20, 10].map { Timestamp(microseconds: house.clock.now.microseconds + $0 * 1_000_000) }
        let writes = [try house.append(to: first), try house.append(to: second), try house.start().operation]
        try store.markQueued(writes[0], from: .queued, reason: nil, nextAttempt: moments[0])
        _ = try store.markSending(writes[1], base: nil)
        try store.markInDoubt(writes[1], reason: .lost, nextAttempt: moments[1])
        #expect(try store.nextAttempt() == moments[1])
        try store.markQueued(writes[2], from: .queued, reason: nil, nextAttempt: moments[2])
        #expect(try store.nextAttempt() == moments[2])
        _ = try store.cancel(writes[2])
        #expect(try store.nextAttempt() == moments[1])
        try store.markDelivered(writes[1])
        #expect(try store.nextAttempt() == moments[0])
        _ = try store.markSending(writes[0], base: nil)
        #expect(try store.nextAttempt() == nil)
    }

    @Test func `tells which updated_at our own turn left, of that conversation`() throws {
        #expect(try store.ownVersion(of: first) == nil)
        try store.recordOwnVersion("v7", of: first)
        #expect(try store.ownVersion(of: first) == "v7")
        #expect(try store.ownVersion(of: second) == nil)
    }

    @Test func `tells whether more appends are queued for a conversation`() throws {
        #expect(try !store.hasQueuedWrites(for: first))
        let write = try house.append(to: first)
        #expect(try store.hasQueuedWrites(for: first))
        #expect(try !store.hasQueuedWrites(for: second))
        _ = try store.markSending(write, base: nil)
        #expect(try !store.hasQueuedWrites(for: first))
        _ = try store.delete(second, .remote)
        #expect(try !store.hasQueuedWrites(for: second))
    }

    @Test func `tells whether a history is behind what is known of its conversation`() throws {
        #expect(try !store.isHistoryBehind(of: first))
        _ = try store.takeIn([.sample("conv_1", updated: "2026-03-01T00:00:00Z")])
        #expect(try store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: second))
        try store.markDeletedRemotely([RemoteID("conv_1")])
        #expect(try !store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: house.start().conversation))
        #expect(try !store.isHistoryBehind(of: LocalID("none")))
        let unstored = try house.start(isStored: false)
        try store.markDelivered(unstored.operation, response: house.response("conv_9"))
        #expect(try !store.isHistoryBehind(of: unstored.conversation))
    }

    @Test func `tells which conversations our own writes have made`() throws {
        let start = try house.start()
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        let branch = try store.restart(RestartRequest(from: EntryID("conv_1 q"), inputs: .text("other")), of: first)
        try store.markDelivered(branch.operation, as: RemoteID("branch"))
        let other = try house.start()
        try store.markDelivered(other.operation, as: RemoteID("not asked for"))
        _ = try house.append(to: second)
        let asked = ["conv_1", "conv_2", "ours", "branch", "unknown"].map { RemoteID($0) }
        #expect(try store.ownCreations(among: asked) == [RemoteID("ours"), RemoteID("branch")])
    }

    @Test func `tells where a conversation ends, without what is here only or dropped`() throws {
        let tip = OutboxItem.Base(entryID: EntryID("conv_1 a"), count: 2)
        #expect(try store.tip(of: first) == tip)
        #expect(try store.tip(of: second).entryID == EntryID("conv_2 a"))
        let write = try house.append(to: first)
        _ = try store.markSending(write, base: tip)
        try store.keepPartial(
            of: write, conversation: nil, entries: [Entry(raw: JSONText(message("part", "half", role: "assistant")))])
        #expect(try store.tip(of: first) == tip)
        try store.write { try $0.execute(sql: "UPDATE entry SET dropped_at = 'now' WHERE id = 'conv_1 a'") }
        #expect(try store.tip(of: first) == OutboxItem.Base(entryID: EntryID("conv_1 q"), count: 1))
        #expect(try store.tip(of: house.start().conversation) == OutboxItem.Base(entryID: nil, count: 0))
    }

    @Test func `tells how long a turn has been waited for, and vouches for no history until then`() throws {
        #expect(try store.unansweredTurn(of: first) == nil)
        #expect(try store.historyVersion(of: first) == "2026-01-01T00:00:00.000001Z")
        let asked = #"{"type":"message.input","id":"q","content":"?","created_at":"\#(house.clock.now.text)"}"#
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:00.000000Z"), [asked])
        let third = try store.localID(matching: "conv_3")
        let turn = try #require(try store.unansweredTurn(of: third))
        #expect(turn.attempts == 0 && turn.wait == .seconds(2))
        #expect(turn.due.microseconds == house.clock.now.microseconds + 2_000_000)
        #expect(try store.historyVersion(of: third) == nil)
        #expect(try store.unansweredTurn(of: second) == nil)
        house.clock.advance(seconds: 2)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:00.000000Z"), [asked])
        #expect(try store.unansweredTurn(of: third)?.attempts == 1)
        // The store begins the wait anew for a new entry, and not for another `updated_at` alone.
        house.clock.advance(seconds: 4)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:01.000000Z"), [asked])
        #expect(try store.unansweredTurn(of: third)?.attempts == 2)
        let more = asked.replacing(#""id":"q""#, with: #""id":"r""#)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:02.000000Z"), [asked, more])
        #expect(try store.unansweredTurn(of: third)?.attempts == 0)
        // A history that is only older than the list holds no write up.
        _ = try store.takeIn([.sample("conv_2", updated: "2026-02-01T00:00:00Z")])
        try store.takeIn([
            HistoryIntake(
                .sample("conv_2", [message("conv_2 q", "hello"), message("conv_2 a", "echo", role: "assistant")]),
                version: "2026-02-01T00:00:00Z")
        ])
        #expect(try store.historyVersion(of: second) == nil)
        #expect(try store.unansweredTurn(of: second) == nil)
    }
}
