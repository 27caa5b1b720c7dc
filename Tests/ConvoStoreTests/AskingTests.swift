import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `What the engine asks of the outbox`: TwoConversations {
    private func ready(_ limit: Int = 99, in only: LocalID? = nil) throws -> [OperationID] {
        try store.readyOperations(limit: limit, in: only).map(\.id)
    }

    @Test func `offers the first open write of each conversation, in the order of acceptance`() throws {
        let writes = try [second, first, second].map { try temporary.append(to: $0) }
        #expect(try ready() == [writes[0], writes[1]])
        #expect(try ready(1) == [writes[0]])
        #expect(try ready(in: first) == [writes[1]])
        #expect(try ready(in: LocalID("nobody")).isEmpty)
        try temporary.doubt(writes[0])
        #expect(try ready() == [writes[0], writes[1]])
        try temporary.stop(writes[1])
        #expect(try ready() == [writes[0]])
        try store.markDelivered(writes[0])
        #expect(try ready() == [writes[2]])
    }

    @Test func `offers a write in doubt alone, also where a person lets an earlier one go`() throws {
        let writes = try (0..<3).map { _ in try temporary.append(to: first) }
        try temporary.doubt(writes[2])
        try temporary.stop(writes[0])
        try store.markStopped(
            writes[1], from: .queued, as: .held, reason: OutboxItem.Reason(code: "ambiguous", message: "later"))
        #expect(try ready() == [writes[2]])
        try store.retry(writes[0])
        #expect(try ready() == [writes[2]], "both may say the same")
        try store.markDelivered(writes[2])
        #expect(try ready() == [writes[0]])
        _ = try store.markSending(writes[0], base: nil)
        try store.retry(writes[1])
        #expect(try ready().isEmpty)
    }

    @Test func `lets nothing wait for a deletion in doubt, and sends nothing behind another write in doubt`() throws {
        let write = try temporary.append(to: first)
        let other = try temporary.append(to: first)
        let deletion = try store.delete(first, .remote)?.operation
        try temporary.forceDoubt(try #require(deletion))
        #expect(try ready().contains(write))
        try temporary.forceDoubt(other)
        #expect(try store.markSending(write, base: nil) == nil, "it was found ready before")
        #expect(try temporary.states(write) == [.queued])
    }

    @Test func `offers the start of a conversation that a write in doubt is behind`() throws {
        let start = try temporary.start()
        let behind = try temporary.append(to: start.conversation)
        try temporary.forceDoubt(behind)
        #expect(try ready() == [start.operation])
        try store.markDelivered(start.operation, as: RemoteID("conv_9"))
        #expect(try ready() == [behind])
    }

    @Test func `offers nothing whose conversation, or whose parent, is not on the server`() throws {
        let start = try temporary.start()
        let behind = try temporary.append(to: start.conversation)
        let branch = try temporary.branch(from: "conv_1 q", of: first)
        let more = try temporary.append(to: branch.conversation)
        #expect(try ready() == [start.operation, branch.operation])
        _ = try store.cancel(start.operation)
        #expect(try ready() == [branch.operation])
        _ = try store.markSending(branch.operation, base: nil)
        try store.markDelivered(branch.operation, as: RemoteID("conv_3"))
        #expect(try ready() == [more])
        #expect(try temporary.states(behind) == [.cancelled])
        let (nameless, after) = (try temporary.branch("x", from: "conv_1 q", of: first), try temporary.start())
        for write in [nameless, after] {
            _ = try temporary.append(to: write.conversation)
            try store.markDelivered(write.operation)
        }
        #expect(try ready() == [more], "their conversations are not known to be there")
        try store.run("UPDATE operation SET kind = 'restart' WHERE id = ?", more.rawValue)
        try store.run("UPDATE conversation SET remote_id = NULL WHERE remote_id = 'conv_1'")
        #expect(try ready().isEmpty, "a restart of what is not there yet")
    }

    @Test func `tells the next moment for which a write waits`() throws {
        #expect(try store.nextAttempt() == nil)
        let moments = [30, 20, 10].map { Timestamp(microseconds: temporary.clock.now.microseconds + $0 * 1_000_000) }
        let writes = [
            try temporary.append(to: first), try temporary.append(to: second), try temporary.start().operation,
        ]
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

    @Test func `does not count a write that waits for another one as due`() throws {
        let now = temporary.clock.now.microseconds
        let writes = try [temporary.append(to: first), temporary.append(to: first)]
        let (later, sooner) = (Timestamp(microseconds: now + 2), Timestamp(microseconds: now + 1))
        try store.markQueued(writes[1], from: .queued, reason: nil, nextAttempt: sooner)
        #expect(try store.nextAttempt() == nil)
        _ = try store.markSending(writes[0], base: nil)
        try store.markInDoubt(writes[0], reason: .lost, nextAttempt: later)
        #expect(try store.nextAttempt() == later)
        try store.markDelivered(writes[0])
        #expect(try store.nextAttempt() == sooner)
    }

    @Test func `tells which updated_at our own turn left, of that conversation`() throws {
        #expect(try store.ownVersion(of: first) == nil)
        try store.recordOwnVersion("v7", of: first)
        #expect(try store.ownVersion(of: first) == "v7")
        #expect(try store.ownVersion(of: second) == nil)
    }

    @Test func `tells whether more appends are queued for a conversation`() throws {
        #expect(try store.burst(in: first) == nil)
        let write = try temporary.append(to: first)
        #expect(try store.burst(in: first) != nil)
        #expect(try store.burst(in: second) == nil)
        _ = try store.markSending(write, base: nil)
        #expect(try store.burst(in: first) == nil)
        _ = try store.delete(second, .remote)
        #expect(try store.burst(in: second) == nil)
    }

    @Test func `tells whether a history is behind what is known of its conversation`() throws {
        #expect(try !store.isHistoryBehind(of: first))
        _ = try store.ingest([.sample("conv_1", updated: "2026-03-01T00:00:00Z")])
        #expect(try store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: second))
        try store.markDeletedRemotely([RemoteID("conv_1")])
        #expect(try !store.isHistoryBehind(of: first))
        #expect(try !store.isHistoryBehind(of: temporary.start().conversation))
        #expect(try !store.isHistoryBehind(of: LocalID("none")))
        let unstored = try temporary.start(isStored: false)
        try store.markDelivered(unstored.operation, response: temporary.response("conv_9"))
        #expect(try !store.isHistoryBehind(of: unstored.conversation))
    }

    @Test func `tells which conversations our own starts have made, and leaves out a restart's`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, as: RemoteID("ours"))
        let branch = try temporary.branch(from: "conv_1 q", of: first)
        try store.markDelivered(branch.operation, as: RemoteID("branch"))
        let other = try temporary.start()
        try store.markDelivered(other.operation, as: RemoteID("not asked for"))
        _ = try temporary.append(to: second)
        let asked = ["conv_1", "conv_2", "ours", "branch", "unknown"].map { RemoteID($0) }
        #expect(try store.ownStarts(among: asked) == [RemoteID("ours")])
    }

    @Test func `tells where a conversation ends, without what is here only or dropped`() throws {
        let tip = OutboxItem.Base(entryID: EntryID("conv_1 a"))
        #expect(try store.tip(of: first) == tip)
        #expect(try store.tip(of: second).entryID == EntryID("conv_2 a"))
        let write = try temporary.append(to: first)
        _ = try store.markSending(write, base: tip)
        try store.keepPartial(of: write, conversation: nil, entries: entries(reply("part", "half")))
        #expect(try store.tip(of: first) == tip)
        try store.run("UPDATE entry SET dropped_at = 'now' WHERE id = 'conv_1 a'")
        #expect(try store.tip(of: first) == OutboxItem.Base(entryID: EntryID("conv_1 q")))
        #expect(try store.tip(of: temporary.start().conversation) == OutboxItem.Base(entryID: nil))
    }

    @Test func `tells how long a turn has been waited for, and vouches for no history until then`() throws {
        #expect(try store.unansweredTurn(of: first) == nil)
        #expect(try store.historyVersion(of: first) == "2026-01-01T00:00:00.000001Z")
        let asked = #"{"type":"message.input","id":"q","content":"?","created_at":"\#(temporary.clock.now.text)"}"#
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:00.000000Z"), [asked])
        let third = try store.localID(matching: "conv_3")
        let turn = try #require(try store.unansweredTurn(of: third))
        #expect(turn.attempts == 0 && turn.wait == .seconds(2))
        #expect(turn.due.microseconds == temporary.clock.now.microseconds + 2_000_000)
        #expect(try store.historyVersion(of: third) == nil)
        #expect(try store.unansweredTurn(of: second) == nil)
        temporary.clock.advance(seconds: 2)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:00.000000Z"), [asked])
        #expect(try store.unansweredTurn(of: third)?.attempts == 1)
        // The store begins the wait anew for a new entry, and not for another `updated_at` alone.
        temporary.clock.advance(seconds: 4)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:01.000000Z"), [asked])
        #expect(try store.unansweredTurn(of: third)?.attempts == 2)
        let more = asked.replacing(#""id":"q""#, with: #""id":"r""#)
        try store.mirror(.sample("conv_3", updated: "2026-01-05T00:00:02.000000Z"), [asked, more])
        #expect(try store.unansweredTurn(of: third)?.attempts == 0)
        // A history that is merely older than the list delays no write.
        _ = try store.ingest([.sample("conv_2", updated: "2026-02-01T00:00:00Z")])
        try store.take("conv_2", exchange("conv_2"), version: "2026-02-01T00:00:00Z")
        #expect(try store.historyVersion(of: second) == nil)
        #expect(try store.unansweredTurn(of: second) == nil)
    }

    @Test func `names the starts that may have made what is not known yet`() throws {
        let all = try (0..<7).map { _ in try temporary.start().operation }
        func unsettled() throws -> [OperationID] { try store.unsettledCreations(besides: all[0]).map(\.id) }
        #expect(try unsettled().isEmpty, "none of them was sent")
        _ = try store.markSending(all[1], base: nil)
        try temporary.doubt(all[2])
        try temporary.stop(all[3], as: .held, .init(code: "ambiguous", message: "who knows"))
        try temporary.stop(all[4])
        _ = try store.cancel(all[5])
        _ = try store.markSending(all[6], base: nil)
        try store.markDelivered(all[6], as: RemoteID("conv_6"))
        try temporary.doubt(all[0])
        #expect(try unsettled() == [all[1], all[2], all[3]])
    }

    @Test func `knows what a start cannot have made, and what is gone since`() throws {
        let start = try temporary.start()
        _ = try store.ingest([.sample("conv_3"), .sample("conv_4"), .sample("conv_5")])
        let other = try temporary.start().operation
        _ = try store.markSending(other, base: nil)
        try store.markDelivered(other, as: RemoteID("conv_6"))
        let ids = ["conv_1", "conv_3", "conv_6", "unknown"].map { RemoteID($0) }
        #expect(
            try store.conversationsNotMade(by: start.operation, among: ids) == [RemoteID("conv_1"), RemoteID("conv_6")])
        func gone(listed: [String], backTo moment: String = "2020-01-01T00:00:00Z") throws -> [Bool] {
            try store.goneConversations(
                since: start.operation, listed: Set(listed.map { RemoteID($0) }),
                backTo: try #require(Timestamp(moment))
            ).map(\.isHidden)
        }
        let all = ["conv_1", "conv_3", "conv_4", "conv_5", "conv_6", "conv_7"]
        #expect(try gone(listed: all).isEmpty)
        #expect(try gone(listed: []) == [false, false, false], "no pull has noticed it yet")
        #expect(try gone(listed: [], backTo: "2030-01-01T00:00:00Z").isEmpty, "the list was not read so far back")
        _ = try store.ingest([try Conversation(raw: .object(["id": .string("conv_7")]))])
        #expect(try gone(listed: [], backTo: "2030-01-01T00:00:00Z") == [false], "nobody knows when it was made")
        try store.markDeletedRemotely([RemoteID("conv_1"), RemoteID("conv_3"), RemoteID("conv_6")])
        _ = try store.delete(try store.localID(matching: "conv_4"), .local)
        #expect(try gone(listed: all) == [false, true])
    }
}
