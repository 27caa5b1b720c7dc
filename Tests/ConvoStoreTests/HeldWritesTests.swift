import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// What a person may do with writes that are held, and what becomes of those behind them.
@Suite final class `A held write`: TwoConversations {

    private func reason(_ id: OperationID) throws -> String? { try temporary.item(id).reason?.code }

    @Test func `that is retried before the one in front of it waits for that one`() throws {
        let (one, two) = (try temporary.append(to: first), try temporary.append(to: first))
        let three = try temporary.append(to: first)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'other_account'")
        try store.run("UPDATE operation SET reason_code = 'dependency' WHERE id = ?", three.rawValue)
        try store.retry(two)
        #expect(try temporary.states(one, two, three) == [.held, .held, .held])
        #expect(try reason(two) == "dependency")
        try store.retry(one)
        #expect(try temporary.states(one, two, three) == [.queued, .queued, .queued])
    }

    @Test func `of a branch that is not made yet waits for the start of its parent`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, response: temporary.response("conv_9", reply("o", "hello")))
        let branch = try temporary.branch(from: "o", of: start.conversation)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'other_account' WHERE state <> 'cancelled'")
        try store.run("UPDATE conversation SET remote_id = NULL WHERE id = ?", start.conversation.rawValue)
        try store.retry(branch.operation)
        #expect(try temporary.states(branch.operation) == [.held])
        #expect(try reason(branch.operation) == "dependency")
    }

    @Test func `that a copy's original may have sent keeps that reason when the database changes hands`() throws {
        let write = try temporary.append("hello", to: first)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'copied', reason_message = 'a copy'")
        try store.retry(write)
        _ = try store.adopt(server: "https://other", account: nil, key: "k")
        #expect(try temporary.states(write) == [.held])
        #expect(try reason(write) == "copied")
        #expect(refusal { try store.retry(write) } == "\(StoreError.accountBefore(first))")
    }

    @Test func `that may have made a conversation keeps its text`() throws {
        let start = try temporary.start()
        try temporary.doubt(start.operation)
        try store.markStopped(
            start.operation, from: .inDoubt, as: .held, reason: .init(code: "unrecognisable", message: "which one?"))
        #expect(refusal { try store.edit(start.operation, inputs: .text("another")) }.contains("held"))
        try store.retry(start.operation)
        #expect(refusal { try store.edit(start.operation, inputs: .text("another")) }.contains("queued"))
        let refused = try temporary.start()
        _ = try store.markSending(refused.operation, base: nil)
        try temporary.stop(refused.operation)
        try store.edit(refused.operation, inputs: .text("another"))
        #expect(try temporary.item(refused.operation).inputs.string == "another")
    }

    @Test func `that was let go is looked for after all if a pull shows what it has made`() throws {
        let start = try temporary.start()
        try temporary.doubt(start.operation)
        try store.markQueued(start.operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        let signed = #","metadata":{"\#(Store.operationKey)":"\#(start.operation)"}"#
        _ = try store.ingest([try Conversation.sample("conv_9", extra: signed)])
        #expect(try temporary.states(start.operation) == [.inDoubt])
        #expect(try store.markSending(start.operation, base: nil) == nil)
    }

    @Test func `whose conversation was not shown is looked for again, for as long as a lost write`() throws {
        let write = try temporary.append(to: first)
        try temporary.doubt(write)
        let (before, reason) = (try temporary.item(write), OutboxItem.Reason(code: "not_shown", message: "a filter"))
        try store.markStopped(write, from: .inDoubt, as: .held, reason: reason)
        temporary.clock.advance(seconds: 900)
        try store.retry(write)
        let item = try temporary.item(write)
        #expect(item.state == .inDoubt && item.base == before.base)
        #expect(try #require(item.doubtedAt) == temporary.clock.now)
    }

    @Test func `goes once nothing is held in front of it`() throws {
        let alone = try temporary.append(to: second)
        try store.run(
            "UPDATE operation SET state = 'held', reason_code = 'dependency', reason_message = '' WHERE id = ?",
            alone.rawValue)
        try store.retry(alone)
        #expect(try temporary.states(alone) == [.queued])
    }

    @Test func `is not held again by a verdict that a pull has overtaken`() throws {
        let start = try temporary.start()
        try temporary.doubt(start.operation)
        let signed = #","metadata":{"\#(Store.operationKey)":"\#(start.operation)"}"#
        _ = try store.ingest([try Conversation.sample("conv_9", extra: signed)])
        let verdict = OutboxItem.Reason(code: "unrecognisable", message: "which one?")
        try store.markStopped(start.operation, from: .inDoubt, as: .held, reason: verdict, isUnnamed: true)
        #expect(try temporary.states(start.operation) == [.inDoubt])
    }

    @Test func `leaves nothing behind it held in a branch, where a deletion stays with the parent`() throws {
        let (write, deletion) = (try temporary.append(to: first), try store.delete(first, .remote))
        let behind = try temporary.append(to: first)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'other_account', seen_entry_id = 'conv_1 q'")
        try store.run("UPDATE operation SET reason_code = 'dependency' WHERE id = ?", behind.rawValue)
        try store.retry(write)
        #expect(try temporary.states(write, behind) == [.queued, .held])
        #expect(try store.branchOff(write))
        #expect(try temporary.states(write, behind) == [.queued, .queued])
        #expect(try deletion.map { try temporary.item($0.operation).state } == .held)
    }

    @Test func `is not the only trace of a refused append: the server may have kept its inputs`() throws {
        try store.recordOwnVersion("v", of: first)
        let write = try temporary.append(to: first)
        _ = try store.markSending(write, base: .init(entryID: EntryID("conv_1 a"), version: "v"))
        try temporary.stop(write)
        #expect(try store.historyVersion(of: first) == nil && store.ownVersion(of: first) == nil)
        #expect(try store.isHistoryBehind(of: first))
        let earlier = try temporary.append(to: second)
        try store.markDelivered(earlier, response: temporary.response("conv_2", reply("o", "said")))
        let later = try temporary.append(to: second)
        _ = try store.markSending(later, base: .init(entryID: EntryID("o"), version: "v"))
        #expect(try store.responseWithoutHistory(in: second) == nil)
        try store.markQueued(later, from: .sending, reason: .init(code: "http_429", message: "slow"), nextAttempt: nil)
        #expect(try store.responseWithoutHistory(in: second) != nil, "it certainly left nothing")
        try temporary.stop(later)
        try store.retry(later)
        try store.markQueued(later, from: .queued, reason: .init(code: "http_503", message: "no"), nextAttempt: nil)
        #expect(try store.responseWithoutHistory(in: second) == nil, "what was refused may be there")
    }
}
