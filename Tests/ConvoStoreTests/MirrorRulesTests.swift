import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

/// The store changes nothing in one conversation when it ingests another.
@Suite final class `A conversation that the server describes`: TwoConversations {
    private func stale(_ limit: Int = 9) throws -> [String] {
        try store.staleConversations(limit: limit, now: temporary.clock.now).map(\.remoteID.rawValue)
    }

    private func described(_ id: String, _ members: String) throws -> Conversation {
        try Conversation(raw: JSONText(#"{"id":"\#(id)",\#(members)}"#))
    }

    @Test func `is shown as it is described now`() throws {
        let before = try store.conversation(matching: second.rawValue)
        let told = try described(
            "conv_1",
            #""agent_id":"ag_1","name":"Apple","description":"Pear","created_at":"2026-02-01T00:00:00Z","#
                + #""updated_at":"2026-02-02T00:00:00Z""#)
        #expect(try store.ingest([told]).items == [.changed])
        let shown = try store.conversation(matching: first.rawValue)
        #expect(shown.name == "Apple" && shown.description == "Pear")
        #expect(shown.model == nil && shown.agentID == "ag_1")
        #expect(shown.createdAt == Timestamp("2026-02-01T00:00:00Z"))
        #expect(shown.updatedAt.text == "2026-02-02T00:00:00Z")
        #expect(shown.raw == told.raw)
        #expect(try store.conversations().map(\.id) == [first, second])
        #expect(try store.conversation(matching: second.rawValue) == before)
        for (word, count) in [("Apple", 1), ("Pear", 1), ("conv_1", 0), ("conv_2", 1)] {
            #expect(try store.search(word).hits.filter { $0.entry == nil }.count == count, "\(word)")
        }
        let renamed = try described(
            "conv_1", #""name":"Apple","description":"Plum","updated_at":"2025-01-01T00:00:00Z""#)
        #expect(try store.ingest([renamed]).items == [.changed])
        #expect(try store.search("Pear").total == 0)
        #expect(try store.search("Plum").total == 1)
        #expect(try store.conversations().map(\.id) == [first, second], "what was is never moved back")
        try store.checkIntegrity()
    }

    @Test func `is unchanged where nothing of it is, and nothing is written then`() throws {
        let same = try [Conversation.sample("conv_1"), .sample("conv_2")]
        let reader = try Store(
            path: temporary.path, environment: store.environment, busyTimeoutSeconds: 1, isReadOnly: true)
        #expect(try reader.ingest(same).items == [.unchanged, .unchanged])
        #expect(try reader.ingest(same).ids == same.map(\.id))
        #expect(throws: StoreError.self) { try reader.ingest([.sample("new")]) }
        let mixed = try store.ingest([.sample("conv_1"), .sample("new")])
        #expect(mixed.items == [.unchanged, .new])
        #expect(mixed.ids == [RemoteID("conv_1"), RemoteID("new")])
        #expect(try store.ingest([.sample("new")]).items == [.changed], "its history is not here yet")
        #expect(try store.ingest([.sample("conv_1", extra: #","x":1"#)]).items == [.unchanged])
    }

    @Test func `that was deleted here is not wanted, and comes back in no way`() throws {
        _ = try store.delete(first, .local)
        let moved = try Conversation.sample("conv_1", updated: "2026-05-01T00:00:00Z")
        #expect(try store.ingest([moved]).items == [.unchanged])
        #expect(try stale().isEmpty)
        #expect(try store.take("conv_1", [message("x", "again")], version: moved.version) == 0)
        #expect(try store.search("again").total == 0)
        #expect(try store.conversations().map(\.id) == [second])
        _ = try store.ingest([.sample("conv_9")])
        _ = try store.delete(store.localID(matching: "conv_9"), .local)
        #expect(try store.ingest([.sample("conv_9")]).items == [.unchanged], "its history is not wanted either")
    }

    @Test func `that has changed is the one that is listed`() throws {
        #expect(try store.ingest([.sample("conv_2", updated: "2026-05-01T00:00:00Z")]).items == [.changed])
        #expect(try store.ingest([.sample("conv_1", extra: #","x":1"#)]).items == [.unchanged])
    }

    @Test func `that the server denies is marked, once, and it alone`() throws {
        let then = temporary.clock.now
        try store.run("UPDATE conversation SET history_due = 1")
        try store.markDeletedRemotely([RemoteID("conv_1")])
        temporary.clock.advance(seconds: 10)
        try store.markDeletedRemotely([RemoteID("conv_1"), RemoteID("none")])
        #expect(try store.conversation(matching: first.rawValue).deletedRemotelyAt == then)
        #expect(try store.conversation(matching: second.rawValue).deletedRemotelyAt == nil)
        #expect(try stale() == ["conv_2"])
        _ = try store.ingest([.sample("conv_1")])
        #expect(Set(try stale()) == ["conv_1", "conv_2"], "what is there again is read anew")
        try store.markDeletedRemotely([RemoteID("conv_1"), RemoteID("conv_2")])
        #expect(try store.conversations().allSatisfy { $0.deletedRemotelyAt != nil })
    }

    @Test func `is fetched in the order of its activity, as many as are asked for`() throws {
        for day in 3...6 { _ = try store.ingest([.sample("conv_\(day)", updated: "2026-03-0\(day)T00:00:00Z")]) }
        #expect(try stale() == ["conv_6", "conv_5", "conv_4", "conv_3"])
        #expect(try stale(2) == ["conv_6", "conv_5"])
        _ = try store.delete(try store.localID(matching: "conv_6"), .local)
        try store.markDeletedRemotely([RemoteID("conv_5")])
        try store.run("UPDATE conversation SET local_only = 1 WHERE remote_id = 'conv_4'")
        _ = try temporary.start()
        #expect(try stale() == ["conv_3"])
    }

    @Test func `is read again when its time has come, to the microsecond, and where the clock was set back`() throws {
        func due(in microseconds: Int64) throws -> [String] {
            let moment = temporary.clock.now.microseconds + microseconds
            try store.run("UPDATE conversation SET history_due = ? WHERE remote_id = 'conv_1'", moment)
            return try stale()
        }
        let longest = HistoryRecheck.longestWaitMicroseconds
        #expect(try due(in: 0) == ["conv_1"])
        #expect(try due(in: -1) == ["conv_1"])
        #expect(try due(in: 1).isEmpty)
        #expect(try due(in: longest).isEmpty)
        #expect(try due(in: longest + 1) == ["conv_1"])
        for hidden in ["hidden = 1", "local_only = 1", "deleted_remotely_at = 'x'", "remote_id = NULL"] {
            #expect(try due(in: 0) == ["conv_1"])
            try store.run("UPDATE conversation SET \(hidden) WHERE remote_id = 'conv_1'")
            #expect(try stale().isEmpty, "\(hidden)")
            let shown = "hidden = 0, local_only = 0, deleted_remotely_at = NULL, remote_id = 'conv_1'"
            try store.run("UPDATE conversation SET \(shown) WHERE id = ?", first.rawValue)
        }
    }

    @Test func `has a place on the page that lists it, and none where none does`() throws {
        _ = try store.ingest(
            ConversationPage([.sample("conv_1"), .sample("conv_3")]), at: PageKey(page: 4, size: 2),
            digest: PageDigest(point: .max, value: 7))
        #expect(try store.mirrored(exceptOn: [4]) == [RemoteID("conv_2")])
        #expect(try store.mirrored(exceptOn: [3]).count == 3)
        try store.markDeletedRemotely([RemoteID("conv_2")])
        #expect(try store.mirrored(exceptOn: []) == [RemoteID("conv_1"), RemoteID("conv_3")])
        #expect(try store.deletionCensus().mirrored == 2)
    }

    @Test func `is counted with a look or a sweep that is complete`() throws {
        try store.notePull(isSweep: true)
        let sweep = temporary.clock.now
        temporary.clock.advance(seconds: 5)
        try store.notePull(isSweep: false)
        let status = try store.status()
        #expect(status.lastPullAt == temporary.clock.now && status.lastSweepAt == sweep)
    }
}
