import ConvoIPC
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

/// Each of these rules is about one row, and leaves its neighbours as they are.
@Suite final class `A rule about one write or conversation`: TwoConversations {
    @Test func `takes the conversation with the most entries in common for the parent`() throws {
        let entries = [message("a", "x"), reply("b", "y"), message("c", "z")]
        for (day, count) in [(1, 1), (2, 2), (3, 3)] {
            let moment = "2026-02-0\(day)T00:00:00Z"
            try store.mirror(
                .sample("family \(day)", created: moment, updated: moment),
                entries.prefix(count) + [message("own \(day)", "other")])
        }
        let parent = try store.conversation(matching: "family 3").parent?.conversation
        #expect(parent == (try store.localID(matching: "family 2")))
    }

    @Test func `leaves a person's own branch where it was made, whoever has more in common with it`() throws {
        let (first, second) = ([message("a", "x")], [message("a", "x"), reply("b", "y")])
        for (day, entries) in [(1, first), (2, second), (3, second + [message("c", "z")])] {
            let moment = "2026-02-0\(day)T00:00:00Z"
            try store.mirror(.sample("family \(day)", created: moment, updated: moment), entries)
            guard day == 2 else { continue }
            try store.mirror(.sample("family 3", created: "2026-02-03T00:00:00Z"), [])
            try store.run(
                """
                UPDATE conversation SET parent = (SELECT key FROM conversation WHERE remote_id = 'family 1'),
                    parent_entry_id = 'a', parent_inferred = 0 WHERE remote_id = 'family 3'
                """)
        }
        let parent = try store.conversation(matching: "family 3").parent
        #expect(try parent?.conversation == store.localID(matching: "family 1") && parent?.isInferred == false)
    }

    @Test func `becomes a branch whatever is in doubt in another conversation`() throws {
        let write = try temporary.append("mine", to: first)
        try store.run("UPDATE operation SET seen_entry_id = 'conv_1 q'")
        try temporary.doubt(try temporary.append("other", to: second))
        #expect(try store.branchOff(write))
    }

    @Test func `keeps a write behind one whose answer is missing, and not behind such a deletion`() throws {
        for (kind, mayGo) in [("append", false), ("delete", true)] {
            let doubtful = try temporary.append("before", to: first)
            let write = try temporary.append("behind", to: first)
            try temporary.doubt(doubtful)
            try store.run("UPDATE operation SET kind = ? WHERE id = ?", kind, doubtful.rawValue)
            #expect(try (store.markSending(write, base: nil) != nil) == mayGo, "\(kind)")
            try store.run("UPDATE operation SET state = 'cancelled'")
        }
    }

    @Test func `has a deletion wait for the branches that were queued before it, and for no later one`() throws {
        let branch = try temporary.branch(from: "conv_1 a", of: first)
        let deletion = try #require(try store.delete(first, .remote))
        #expect(try store.readyOperations(limit: 9).map(\.id) == [branch.operation])
        try store.run("UPDATE operation SET sequence = 900 WHERE id = ?", branch.operation.rawValue)
        #expect(try store.readyOperations(limit: 9).map(\.id).contains(deletion.operation))
    }

    @Test func `looks for starts and branches, and for no append that waits for one`() throws {
        let (start, other) = (try temporary.start(), try temporary.start())
        let behind = try temporary.append(to: start.conversation)
        _ = try store.markSending(start.operation, base: nil)
        try store.markStopped(start.operation, from: .sending, as: .held, reason: .no)
        #expect(try temporary.states(behind) == [.held])
        #expect(try store.unsettledCreations(besides: other.operation).map(\.id) == [start.operation])
    }

    @Test func `forgets the conversation of a start that is given up, whatever else is queued`() throws {
        let start = try temporary.start()
        _ = try temporary.append(to: second)
        try temporary.doubt(start.operation)
        #expect(try store.abandon(start.operation, attempts: 1))
        #expect(try store.conversations().map(\.id).contains(start.conversation) == false)
    }

    @Test func `wakes the daemon where a write that others wait behind is given up`() throws {
        let doubtful = try temporary.append("before", to: first)
        _ = try temporary.append("behind", to: first)
        try temporary.doubt(doubtful)
        let listener = try store.listener()
        while listener.wait(milliseconds: 0) {}
        #expect(try store.abandon(doubtful, attempts: 1))
        #expect(listener.wait(milliseconds: 2000))
    }

    @Test func `keeps the conversation of a start that is given up where a read has shown it`() throws {
        let start = try temporary.start()
        try temporary.doubt(start.operation)
        try store.run("UPDATE conversation SET remote_id = 'conv_8' WHERE id = ?", start.conversation.rawValue)
        #expect(try store.abandon(start.operation, attempts: 1))
        #expect(try store.conversations().map(\.id).contains(start.conversation))
    }

    @Test func `takes back nothing that may be on the server`() throws {
        let write = try temporary.append(to: first)
        try temporary.doubt(write)
        #expect(throws: StoreError.self) { try store.takeBack(write) }
        #expect(try temporary.states(write) == [.inDoubt])
        let start = try temporary.start()
        _ = try temporary.append(to: start.conversation)
        try temporary.doubt(start.operation)
        #expect(throws: StoreError.self, "though others wait for it") { try store.takeBack(start.operation) }
    }

    @Test func `settles the request of the write that was delivered, and no other`() throws {
        let writes = try [first, second].map { try temporary.append(to: $0) }
        for write in writes {
            try store.run(
                """
                INSERT INTO request (identity, content, operation, is_named, is_wanted)
                SELECT ?1, 'c', sequence, 0, 0 FROM operation WHERE id = ?1
                """, write.rawValue)
        }
        func count(_ condition: String) throws -> Int {
            try store.read { try $0.count(sql: "SELECT COUNT(*) FROM request WHERE \(condition)") }
        }
        try store.markDelivered(writes[0])
        #expect(try count("settled IS NOT NULL") == 1)
        try temporary.stop(writes[1])
        try store.retry(writes[1])
        #expect(try count("is_wanted = 1") == 1)
    }

    @Test func `reads the history of a start anew whose conversation was another's`() throws {
        let start = try temporary.start()
        let taken = try Conversation.sample(
            "conv_8", extra: #","metadata":{"\#(Store.operationKey)":"\#(start.operation)"}"#)
        try store.mirror(taken, exchange("conv_8"))
        #expect(try store.historyVersion(of: start.conversation) != nil)
        try store.markDelivered(start.operation, as: RemoteID("conv_9"))
        #expect(try store.historyVersion(of: start.conversation) == nil)
        #expect(try store.conversation(matching: start.conversation.rawValue).remoteID == RemoteID("conv_9"))
    }

    @Test func `gives another's conversation back with what was seen of it, and with nothing else`() throws {
        let branch = try temporary.branch(from: "conv_1 a", of: first)
        let taken = try Conversation.sample(
            "conv_8", extra: #","metadata":{"\#(Store.operationKey)":"\#(branch.operation)"}"#)
        try store.mirror(taken, exchange("conv_8"))
        let behind = try temporary.append(to: branch.conversation)
        #expect(try temporary.item(behind).seenEntryID == EntryID("conv_8 a"))
        // It was accepted earlier, in the other half of what became one conversation.
        try store.run("UPDATE operation SET sequence = -1 WHERE id = ?", behind.rawValue)
        let bystander = try temporary.conversation("conv_3")
        try store.run(
            """
            UPDATE conversation SET parent_entry_id = 'conv_8 q', parent = (SELECT key FROM conversation WHERE id = ?)
            WHERE id = ?
            """, second.rawValue, bystander.rawValue)
        try store.markDelivered(branch.operation, as: RemoteID("conv_9"))
        #expect(try store.conversation(matching: bystander.rawValue).parent?.conversation == second)
        #expect(try temporary.item(behind).seenEntryID == EntryID("conv_1 a"), "what the branch continues from")
    }

    @Test func `places what the server does not store behind the last entry of its own conversation`() throws {
        try store.mirror(
            .sample("conv_2", updated: "2026-01-02T00:00:00Z"),
            exchange("conv_2") + (0..<6).map { message("more \($0)", "more") })
        var request = AppendRequest(inputs: .text("aside"))
        request.store = false
        let aside = try store.append(request, to: first).operation
        _ = try store.markSending(aside, base: nil)
        try store.markDelivered(aside, response: temporary.response("conv_1", reply("aside a", "between us")))
        try store.mirror(
            .sample("conv_1", updated: "2026-01-03T00:00:00Z"),
            exchange("conv_1") + [message("next q", "next"), reply("next a", "then")])
        let shown = try store.history(of: first).entries.map { $0.entry.id?.rawValue }
        #expect(shown == ["conv_1 q", "conv_1 a", "local_\(aside)_0", "aside a", "next q", "next a"])
    }
}
