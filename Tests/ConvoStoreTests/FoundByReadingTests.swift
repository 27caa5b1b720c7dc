import ConvoJSON
import ConvoModel
import Expectations
import Testing

@testable import ConvoStore

/// Sequences of events that a reading of the code found, and that no simulated run had drawn.
@Suite final class `The outbox, in sequences found by reading`: TwoConversations {
    private static let unrecognisable = OutboxItem.Reason(code: "unrecognisable", message: "which one is it?")

    /// The conversation that a start has made, as the server lists it.
    private func listed(_ id: OperationID, as name: String = "conv_9") throws -> Conversation {
        try Conversation.sample(name, extra: #","metadata":{"\#(Store.operationKey)":"\#(id)"}"#)
    }

    /// Holds a write whose answer was lost.
    private func hold(_ id: OperationID, _ reason: OutboxItem.Reason) throws {
        try temporary.doubt(id)
        try store.markStopped(id, from: .inDoubt, as: .held, reason: reason)
    }

    @Test func `A start that is held as unrecognisable is looked for once a pull shows what it has made`() throws {
        let start = try temporary.start()
        let behind = try temporary.append(to: start.conversation)
        try hold(start.operation, Self.unrecognisable)
        #expect(try temporary.states(start.operation, behind) == [.held, .held])
        _ = try store.ingest([try listed(start.operation)])
        #expect(try temporary.states(start.operation, behind) == [.inDoubt, .queued])
        #expect(try store.readyOperations(limit: 9).map(\.id) == [start.operation], "nothing passes what is in doubt")
        try store.markDelivered(start.operation, as: RemoteID("conv_9"))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [behind])
    }

    @Test func `A start that is held for another reason stays held, and a retry looks for it first`() throws {
        let start = try temporary.start()
        try hold(start.operation, .init(code: "other", message: "who knows"))
        _ = try store.ingest([try listed(start.operation)])
        #expect(try temporary.states(start.operation) == [.held])
        try store.retry(start.operation)
        #expect(try temporary.states(start.operation) == [.inDoubt])
    }

    @Test func `A held start whose conversation is not known is sent again by a retry`() throws {
        let start = try temporary.start()
        try hold(start.operation, Self.unrecognisable)
        try store.retry(start.operation)
        #expect(try temporary.states(start.operation) == [.queued])
    }

    @Test func `What is kept here only is no base: a writer has not seen it on the server`() throws {
        try store.run(
            "INSERT INTO entry (key, id, conversation, position, type, raw, local_only) "
                + "SELECT 900, 'local', key, 7, 'message.output', '{}', 1 FROM conversation WHERE id = ?",
            first.rawValue)
        let write = try temporary.append(to: first)
        #expect(try temporary.item(write).seenEntryID == EntryID("conv_1 a"))
        try temporary.stop(write)
        try store.retry(write)
        #expect(try temporary.item(write).seenEntryID == EntryID("conv_1 a"))
    }

    @Test func `No branch takes along what another copy may have sent, or what is under way`() throws {
        let write = try temporary.append("mine", to: first)
        let behind = try temporary.append("copied", to: first)
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 q'")
        for (state, reason) in [("held", "copied"), ("in_doubt", "lost"), ("sending", nil as String?)] {
            try store.run(
                """
                UPDATE operation SET state = ?, reason_code = ?, sent = 1, doubted = 1, doubted_uptime = 1, doubted_boot = 'a'
                WHERE id = ?
                """, state, reason, behind.rawValue)
            #expect(try !store.branchOff(write), "\(state)")
            #expect(try temporary.item(behind).conversation == first && temporary.item(write).kind == .append)
        }
        try store.run("UPDATE operation SET state = 'held', reason_code = 'dependency' WHERE id = ?", behind.rawValue)
        #expect(try store.branchOff(write))
    }

    @Test func `Cancelling a start cancels an append in doubt for which nobody could look`() throws {
        let start = try temporary.start()
        let behind = try temporary.append(to: start.conversation)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'copied'")
        for id in [start.operation, behind] { try store.retry(id) }
        #expect(try temporary.states(start.operation, behind) == [.inDoubt, .inDoubt])
        try store.markQueued(start.operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try Set(store.cancel(start.operation)) == [start.operation, behind])
        #expect(try temporary.states(start.operation, behind) == [.cancelled, .cancelled])
    }

    @Test func `A program's failed start stays where others wait for its conversation`() throws {
        for isRefused in [false, true] {
            let start = try temporary.start()
            let behind = try temporary.append(to: start.conversation)
            if isRefused { try temporary.stop(start.operation) }
            let before = try temporary.states(start.operation, behind)
            try store.takeBack(start.operation)
            #expect(try temporary.states(start.operation, behind) == before)
            #expect(before == (isRefused ? [.refused, .held] : [.queued, .queued]))
        }
        let alone = try temporary.start()
        try store.takeBack(alone.operation)
        let append = try temporary.append(to: first)
        try store.takeBack(append)
        #expect(try temporary.states(alone.operation, append) == [.cancelled, .cancelled])
        #expect(refusal { try store.takeBack(append) }.contains("is cancelled"))
    }

    @Test func `A conversation that nobody makes any more takes no append, and shows what was cancelled`() throws {
        let start = try temporary.start()
        let cancelled = try temporary.append(to: start.conversation)
        _ = try store.cancel(cancelled)
        try temporary.doubt(start.operation)
        #expect(try store.abandon(start.operation, attempts: 1))
        #expect(throws: StoreError.self) { try temporary.append(to: start.conversation) }
        #expect(try temporary.states(start.operation, cancelled) == [.cancelled, .cancelled])
    }

    @Test func `A person's retry wants again what a program was told had failed`() throws {
        let id = store.makeOperationID()
        _ = try store.accept(.start(.sample()), identity: "a", content: "a", isNamed: false, as: id)
        try temporary.doubt(id)
        try store.noteUnwanted(id)
        try store.retry(id)
        try store.markQueued(id, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try temporary.states(id) == [.queued])
    }

    @Test func `Every held write is retried, and each that another one holds with it`() throws {
        let writes = try [first, second].map { try temporary.append(to: $0) }
        let behind = try temporary.append(to: first)
        for id in writes { try temporary.stop(id, as: .held) }
        #expect(try store.retryAll(in: [.held]) == writes)
        #expect(try temporary.states(writes[0], writes[1], behind) == [.queued, .queued, .queued])
    }

    private func unstored() throws -> OperationID {
        var request = AppendRequest(inputs: .text("aside"))
        request.store = false
        return try store.append(request, to: first).operation
    }

    /// What readers show of the first conversation, in their order.
    private func shown() throws -> [String] {
        try store.history(of: first).entries.filter { $0.droppedAt == nil }.map { $0.entry.id?.rawValue ?? "?" }
    }

    @Test func `An exchange that the server does not store stands before the next turn, whatever our clock shows`()
        throws
    {
        for offset in [0.0, -86_400, 86_400] {
            temporary.clock.advance(seconds: offset)
            let write = try unstored()
            let output = "aside \(offset)"
            try store.markDelivered(write, response: temporary.response("conv_1", reply(output, "between us")))
            temporary.clock.advance(seconds: -offset)
            #expect(try shown().suffix(2) == ["local_\(write)_0", output])
        }
        let before = try shown()
        #expect(before.count == 2 + 6)
        let turn = try temporary.append("next", to: first)
        try store.markDelivered(turn, response: temporary.response("conv_1", reply("next a", "then")))
        let history = exchange("conv_1") + [message("next q", "next"), reply("next a", "then")]
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), history)
        #expect(try shown() == before + ["next q", "next a"])
        try store.checkIntegrity()
    }

    @Test func `An exchange that the server was not to store, and stores, is there once`() throws {
        let write = try unstored()
        try store.markDelivered(write, response: temporary.response("conv_1", reply("o", "kept")))
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_1") + [message("i", "aside"), reply("o", "kept")])
        #expect(try shown() == ["conv_1 q", "conv_1 a", "i", "o"])
    }

    @Test func `An exchange that the server stores all the same is there once, though an output is no object`() throws {
        let write = try unstored()
        try store.markDelivered(write, response: temporary.response("conv_1", reply("o", "kept"), #""odd""#))
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_1") + [message("i", "aside"), reply("o", "kept")])
        let ids = try shown()
        #expect(ids.filter { $0 != "?" } == ["conv_1 q", "conv_1 a", "i", "o"], "\(ids)")
    }

    @Test func `A conversation that turns out not to be our start's keeps its name, and is found by it`() throws {
        let start = try temporary.start()
        _ = try store.ingest([try listed(start.operation, as: "conv_8")])
        try store.markDelivered(start.operation, response: temporary.response("conv_9"))
        #expect(try store.conversation(matching: "conv_8").id != start.conversation)
        let found = try store.search("conv_8").hits.map(\.conversation)
        #expect(try found.contains(store.conversation(matching: "conv_8").id))
    }

    @Test func `An exchange that the server does not store stands behind the turn before it, which no read has shown`()
        throws
    {
        let turn = try temporary.append("next", to: first)
        try store.markDelivered(turn, response: temporary.response("conv_1", reply("next a", "then")))
        let aside = try unstored()
        try store.markDelivered(aside, response: temporary.response("conv_1", reply("aside a", "between us")))
        let later = message("next q", "next").replacing("2026-01-01T00:00:00", with: "2036-01-01T00:00:00")
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_1") + [later, reply("next a", "then")])
        #expect(try shown() == ["conv_1 q", "conv_1 a", "next q", "next a", "local_\(aside)_0", "aside a"])
    }

    @Test func `A held start whose conversation the server has lost is made again by a retry`() throws {
        for code in ["unrecognisable", "conversation_gone"] {
            let start = try temporary.start()
            _ = try store.ingest([try listed(start.operation, as: "conv \(code)")])
            try hold(start.operation, .init(code: code, message: "it is gone"))
            try store.markDeletedRemotely([RemoteID("conv \(code)")])
            try store.retry(start.operation)
            #expect(try temporary.states(start.operation) == [.queued], "\(code)")
        }
    }

    @Test func `An append whose conversation was not found is looked for by a retry`() throws {
        for code in ["conversation_gone", "not_shown", "ambiguous"] {
            let write = try temporary.append("hello \(code)", to: first)
            try hold(write, .init(code: code, message: "who knows"))
            try store.retry(write)
            #expect(try temporary.states(write) == [code == "ambiguous" ? .queued : .inDoubt], "\(code)")
            _ = try store.markDelivered(write)
        }
    }

    @Test func `A write that a copy's original may have sent keeps its text, by which it is looked for`() throws {
        let write = try temporary.append("hello", to: first)
        try store.run("UPDATE operation SET state = 'held', reason_code = 'copied', reason_message = 'a copy'")
        #expect(refusal { try store.edit(write, inputs: .text("another")) }.contains("held"))
        try store.retry(write)
        #expect(try temporary.item(write).inputs.string == "hello")
        try holdForAnother(write)
        #expect(refusal { try store.edit(write, inputs: .text("another")) }.contains("held"))
        let stopped = try temporary.append("hello", to: second)
        try temporary.stop(stopped)
        try store.edit(stopped, inputs: .text("another"))
        #expect(try temporary.item(stopped).inputs.string == "another")
    }

    /// Holds a write in doubt because the database has changed hands.
    private func holdForAnother(_ id: OperationID) throws {
        try store.markStopped(id, from: .inDoubt, as: .held, reason: .init(code: "other_account", message: "before"))
    }

    @Test func `Many writes that wait keep no other from being seen`() throws {
        let waiting = try (0..<5).map { _ in try temporary.start().operation }
        let (due, awaited) = (try temporary.start().operation, try temporary.start().operation)
        let now = temporary.clock.now
        for id in waiting + [awaited] {
            try store.run("UPDATE operation SET next_attempt = ? WHERE id = ?", now.microseconds + 1, id.rawValue)
        }
        #expect(try store.readyOperations(limit: 2, awaited: [awaited], now: now).map(\.id) == [awaited, due])
        #expect(try store.readyOperations(limit: 3, now: now).map(\.id) == [due] + waiting.prefix(2))
        #expect(try store.readyOperations(limit: 9).map(\.id) == waiting + [due, awaited])
        let ahead = try temporary.start().operation
        try store.run(
            "UPDATE operation SET next_attempt = ? WHERE id = ?", now.microseconds + 7_200_000_000, ahead.rawValue)
        #expect(try store.readyOperations(limit: 2, now: now).map(\.id) == [due, ahead], "the clock was set back")
    }

    @Test func `The endpoint lists what a delivered start has made, before a read has shown it`() throws {
        let start = try temporary.start()
        try store.markDelivered(start.operation, response: temporary.response("conv_new"))
        let served = try store.servedConversations(limit: 9, offset: 0)
        #expect(served.contains { $0.remoteID == RemoteID("conv_new") && $0.start != nil })
    }

    @Test func `A start that a pull recognises while it is looked for is not sent again`() throws {
        let start = try temporary.start()
        try temporary.doubt(start.operation)
        _ = try store.ingest([try listed(start.operation)])
        try store.markQueued(start.operation, from: .inDoubt, reason: nil, nextAttempt: nil)
        #expect(try temporary.states(start.operation) == [.inDoubt])
    }
}
