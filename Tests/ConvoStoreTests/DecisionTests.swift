import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// A person's decisions about a write change no write of another conversation.
@Suite final class `A person who decides about a write`: TwoConversations {
    @Test func `finds it by its id, or by what no other begins with`() throws {
        let ids = [try temporary.append(to: first), try temporary.append(to: second)]
        for (id, name) in zip(ids, ["op_ab", "op_abc"]) {
            try store.run("UPDATE operation SET id = ? WHERE id = ?", name, id.rawValue)
        }
        #expect(try store.operation(matching: "op_ab").id == OperationID("op_ab"))
        #expect(try store.operation(matching: "op_abc").id == OperationID("op_abc"))
        let both = StoreError.ambiguousOperation("op_a", candidates: ["op_ab", "op_abc"])
        #expect(refusal { _ = try store.operation(matching: "op_a") } == "\(both)")
        for name in ["", "op_b", "op_abcd", "op_aB"] {
            #expect(refusal { _ = try store.operation(matching: name) } == "\(StoreError.noSuchOperation(name))")
        }
        try store.run("UPDATE operation SET id = 'op_x' WHERE id = 'op_ab'")
        #expect(try store.operation(matching: "op_a").id == OperationID("op_abc"))
    }

    @Test func `sees the outbox in its order, and what is over only on request`() throws {
        let ids = try (0..<4).map { try temporary.append(to: $0 % 2 == 0 ? first : second) }
        _ = try store.cancel(ids[0])
        try store.markDelivered(ids[1])
        #expect(try store.outbox().map(\.id) == [ids[2], ids[3]])
        #expect(try store.outbox(all: true).map(\.id) == ids)
        #expect(OperationState.allCases.filter { !$0.isOpen } == [.delivered, .cancelled])
    }

    @Test func `retries what waits, at once`() throws {
        let (queued, doubtful) = (try temporary.append(to: first), try temporary.append(to: second))
        let late = Timestamp(microseconds: temporary.clock.now.microseconds + 60_000_000)
        try store.markQueued(queued, from: .queued, reason: .no, nextAttempt: late)
        _ = try store.markSending(doubtful, base: nil)
        try store.markInDoubt(doubtful, reason: .lost, nextAttempt: late)
        try store.retry(queued)
        #expect(try temporary.item(queued).nextAttempt == nil)
        #expect(try temporary.item(doubtful).nextAttempt == late)
        try store.retry(doubtful)
        #expect(try temporary.item(doubtful).nextAttempt == nil)
        #expect(try temporary.states(queued, doubtful) == [.queued, .inDoubt])
    }

    @Test func `retries what is stopped, knowing what the conversation holds now`() throws {
        let (stopped, behind) = (try temporary.append(to: first), try temporary.append(to: first))
        let other = try temporary.append(to: second)
        try temporary.stop(stopped)
        try temporary.stop(other)
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_1") + [message("new", "theirs")])
        try store.run("UPDATE operation SET next_attempt = 7 WHERE state IN ('held', 'refused')")
        try store.retry(stopped)
        #expect(try temporary.states(stopped, behind, other) == [.queued, .queued, .refused])
        let item = try temporary.item(stopped)
        #expect(item.seenEntryID == EntryID("new") && item.reason == nil && item.nextAttempt == nil)
        #expect(try temporary.item(behind).seenEntryID == EntryID("conv_1 a"))
        #expect(try temporary.item(behind).nextAttempt == nil)
        try store.run("UPDATE entry SET dropped_at = 'now' WHERE id = 'conv_2 a'")
        try store.retry(other)
        #expect(try temporary.item(other).seenEntryID == EntryID("conv_2 q"))
    }

    /// Holds the writes as in a copy of a database, whose original may have sent them.
    private func copied(_ ids: OperationID...) throws {
        for id in ids {
            try store.run(
                """
                UPDATE operation SET state = 'held', reason_code = 'copied', reason_message = 'm', next_attempt = 7,
                    base_entry_id = 'b', base_count = 3, failures = 2 WHERE id = ?
                """, id.rawValue)
        }
    }

    @Test func `has a copied write looked for only once its conversation is known`() throws {
        let start = try temporary.start()
        let behind = try (0..<2).map { _ in try temporary.append(to: start.conversation) }
        try copied(start.operation, behind[0], behind[1])
        let wrong = StoreError.wrongState(behind[0], state: .held, action: "retried")
        #expect(refusal { try store.retry(behind[0]) } == "\(wrong)")
        try store.retry(start.operation)
        let item = try temporary.item(start.operation)
        #expect(item.state == .inDoubt && item.nextAttempt == nil && item.base == nil && item.failures == 0)
        for id in behind { try store.retry(id) }
        #expect(try temporary.states(behind[0], behind[1]) == [.inDoubt, .inDoubt])
        let last = try temporary.append(to: start.conversation)
        for id in behind { try store.markInDoubt(id, reason: .lost, nextAttempt: temporary.clock.now) }
        try store.markStopped(start.operation, from: .inDoubt, as: .held, reason: .no)
        #expect(try temporary.states(behind[0], behind[1], last) == [.held, .held, .held])
        for id in behind {
            let item = try temporary.item(id)
            #expect(item.reason?.code == "answer_lost" && item.nextAttempt == nil)
        }
        #expect(try temporary.item(last).reason?.code == "dependency")
    }

    @Test func `has a copied append looked for at once where its conversation is known`() throws {
        let (stopped, write) = (try temporary.append(to: first), try temporary.append(to: first))
        try copied(stopped, write)
        try store.retry(write)
        #expect(try temporary.states(stopped, write) == [.held, .inDoubt])
    }

    @Test func `finds nothing to work on behind what is stopped, but for what is in doubt`() throws {
        let (stopped, behind) = (try temporary.append(to: first), try temporary.append(to: first))
        try copied(stopped)
        #expect(try store.readyOperations(limit: 9).isEmpty)
        try temporary.forceDoubt(behind)
        #expect(try store.readyOperations(limit: 9).map(\.id) == [behind])
    }

    @Test func `cannot retry what waits for another one, or is over, or on its way`() throws {
        let (stopped, behind) = (try temporary.append(to: first), try temporary.append(to: first))
        let moving = try temporary.append(to: second)
        try temporary.stop(stopped)
        _ = try store.markSending(moving, base: nil)
        for (id, state) in [(behind, OperationState.held), (moving, .sending)] {
            let wrong = StoreError.wrongState(id, state: state, action: "retried")
            #expect(refusal { try store.retry(id) } == "\(wrong)")
        }
        #expect(try store.retryAll(in: Set(OperationState.allCases)) == [stopped])
        #expect(refusal { try store.retry(OperationID("none")) } == "\(StoreError.noSuchOperation("none"))")
    }

    @Test func `lets go of what waits up to the next one that is stopped by itself`() throws {
        let ids = try (0..<4).map { _ in try temporary.append(to: first) }
        let other = try temporary.append(to: second)
        try temporary.stop(ids[2])
        try temporary.stop(ids[0])
        try temporary.stop(other)
        #expect(try temporary.states(ids[0], ids[1], ids[2], ids[3]) == [.refused, .held, .refused, .held])
        try store.retry(ids[0])
        #expect(try temporary.states(ids[0], ids[1], ids[2], ids[3]) == [.queued, .queued, .refused, .held])
        #expect(try store.cancel(ids[2]) == [ids[2]])
        #expect(try temporary.states(ids[3], other) == [.queued, .refused])
    }

    @Test func `takes back what was never sent, and finds nothing of it`() throws {
        let (write, behind, other) = (
            try temporary.append("apple", to: first), try temporary.append("pear", to: first),
            try temporary.append("plum", to: second)
        )
        try store.markQueued(write, from: .queued, reason: .no, nextAttempt: temporary.clock.now)
        #expect(try store.cancel(write) == [write])
        #expect(try temporary.states(write, behind, other) == [.cancelled, .queued, .queued])
        #expect(try temporary.item(write).nextAttempt == nil && temporary.item(write).reason == nil)
        #expect(try store.search("apple").total == 0)
        #expect(try store.search("pear").total == 1)
        _ = try store.markSending(other, base: nil)
        let wrong = StoreError.wrongState(other, state: .sending, action: "cancelled")
        #expect(refusal { _ = try store.cancel(other) } == "\(wrong)")
        #expect(try store.cancelAll(in: Set(OperationState.allCases)) == [behind])
        #expect(try store.conversations().count == 2)
        try store.checkIntegrity()
    }

    @Test func `takes a start back with its appends and the branches that wait for it, and nothing else`() throws {
        let start = try temporary.start("apple")
        _ = try store.cancel(try temporary.append("never", to: start.conversation))
        let more = try temporary.append("pear", to: start.conversation)
        let branch = try temporary.branch("plum", from: "conv_1 q", of: first)
        let nested = try temporary.append("fig", to: branch.conversation)
        try store.run(
            "UPDATE conversation SET parent = (SELECT key FROM conversation WHERE id = ?) WHERE id = ?",
            start.conversation.rawValue, branch.conversation.rawValue)
        let other = try temporary.append(to: second)
        let another = try temporary.start("kiwi")
        #expect(try Set(store.cancel(start.operation)) == [start.operation, more, branch.operation, nested])
        #expect(
            try temporary.states(start.operation, more, branch.operation, nested, other, another.operation)
                == [.cancelled, .cancelled, .cancelled, .cancelled, .queued, .queued])
        #expect(try Set(store.conversations().map(\.id)) == [first, second, another.conversation])
        for word in ["apple", "pear", "plum", "fig"] { #expect(try store.search(word).total == 0, "\(word)") }
        #expect(try store.cancel(another.operation) == [another.operation])
        #expect(try Set(store.conversations().map(\.id)) == [first, second])
        try store.checkIntegrity()
    }

    @Test func `keeps the branch of a conversation that is on the server`() throws {
        let write = try temporary.append(to: first)
        let branch = try temporary.branch("x", from: "conv_1 q", of: first)
        try temporary.stop(write)
        #expect(try temporary.states(branch.operation) == [.queued])
        #expect(try store.cancel(branch.operation) == [branch.operation])
        #expect(try temporary.states(write) == [.refused])
        #expect(try store.conversations().count == 2)
    }

    @Test func `changes what a write says, in its place`() throws {
        let (write, behind) = (try temporary.append("apple", to: first), try temporary.append("fig", to: first))
        try store.edit(write, inputs: .text("plum"))
        #expect(try temporary.item(write).inputs.string == "plum")
        #expect(try temporary.item(behind).inputs.string == "fig")
        #expect(try store.search("apple").total == 0)
        #expect(try store.search("plum").total == 1)
        #expect(throws: StoreError.self) { try store.edit(write, inputs: .entries([])) }
        try temporary.stop(write)
        try store.edit(write, inputs: .text("kiwi"))
        try store.edit(behind, inputs: .text("lime"))
        #expect(try store.outbox().map(\.inputs.string) == ["kiwi", "lime"])
        let deletion = try #require(try store.delete(second, .remote)).operation
        for (id, state) in [(deletion, OperationState.queued), (try sent(), .sending)] {
            let wrong = StoreError.wrongState(id, state: state, action: "edited")
            #expect(refusal { try store.edit(id, inputs: .text("x")) } == "\(wrong)")
        }
        try store.checkIntegrity()
    }

    private func sent() throws -> OperationID {
        let id = try temporary.start().operation
        _ = try store.markSending(id, base: nil)
        return id
    }
}
