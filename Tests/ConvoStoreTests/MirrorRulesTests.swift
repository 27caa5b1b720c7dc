import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

/// What is taken in of one conversation changes nothing of another.
@Suite struct `A conversation that the server describes` {
    private let house: TemporaryStore
    private var store: Store { house.store }
    private let first: LocalID
    private let second: LocalID

    init() throws {
        house = try TemporaryStore()
        first = try house.conversation("conv_1")
        second = try house.conversation("conv_2")
    }

    private func stale(_ limit: Int = 9) throws -> [String] {
        try store.staleConversations(limit: limit, now: house.clock.now).map(\.remoteID.rawValue)
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
        #expect(try store.takeIn([told]).items == [.changed])
        let shown = try store.conversation(matching: first.rawValue)
        #expect(shown.name == "Apple" && shown.details == "Pear")
        #expect(shown.model == nil && shown.agentID == "ag_1")
        #expect(shown.createdAt == Timestamp("2026-02-01T00:00:00Z")?.text)
        #expect(shown.updatedAt == "2026-02-02T00:00:00Z")
        #expect(shown.raw == told.raw)
        #expect(try store.conversations().map(\.id) == [first, second])
        #expect(try store.conversation(matching: second.rawValue) == before)
        for (word, count) in [("Apple", 1), ("Pear", 1), ("conv_1", 0), ("conv_2", 1)] {
            #expect(try store.search(word).hits.filter { $0.entry == nil }.count == count, "\(word)")
        }
        let renamed = try described(
            "conv_1", #""name":"Apple","description":"Plum","updated_at":"2025-01-01T00:00:00Z""#)
        #expect(try store.takeIn([renamed]).items == [.changed])
        #expect(try store.search("Pear").total == 0)
        #expect(try store.search("Plum").total == 1)
        #expect(try store.conversations().map(\.id) == [first, second], "what was is never moved back")
        try store.checkIntegrity()
    }

    @Test func `is unchanged where nothing of it is, and nothing is written then`() throws {
        let same = try [Conversation.sample("conv_1"), .sample("conv_2")]
        let reader = try Store(
            path: house.path, environment: store.environment, busyTimeoutSeconds: 1, isReadOnly: true)
        #expect(try reader.takeIn(same).items == [.unchanged, .unchanged])
        #expect(try reader.takeIn(same).ids == same.map(\.id))
        #expect(throws: StoreError.self) { try reader.takeIn([.sample("new")]) }
        let mixed = try store.takeIn([.sample("conv_1"), .sample("new")])
        #expect(mixed.items == [.unchanged, .new])
        #expect(mixed.ids == [RemoteID("conv_1"), RemoteID("new")])
        #expect(try store.takeIn([.sample("new")]).items == [.changed], "its history is not here yet")
        #expect(try store.takeIn([.sample("conv_1", extra: #","x":1"#)]).items == [.unchanged])
    }

    @Test func `that was deleted here is not wanted, and comes back in no way`() throws {
        _ = try store.delete(first, .local)
        let moved = try Conversation.sample("conv_1", updated: "2026-05-01T00:00:00Z")
        #expect(try store.takeIn([moved]).items == [.unchanged])
        #expect(try stale().isEmpty)
        #expect(
            try store.takeIn([
                HistoryIntake(.sample("conv_1", [message("x", "again")]), version: moved.version)
            ]) == 0)
        #expect(try store.search("again").total == 0)
        #expect(try store.conversations().map(\.id) == [second])
        _ = try store.takeIn([.sample("conv_9")])
        _ = try store.delete(store.localID(matching: "conv_9"), .local)
        #expect(try store.takeIn([.sample("conv_9")]).items == [.unchanged], "its history is not wanted either")
    }

    @Test func `that has changed is the one that is listed`() throws {
        #expect(try store.takeIn([.sample("conv_2", updated: "2026-05-01T00:00:00Z")]).items == [.changed])
        #expect(try store.takeIn([.sample("conv_1", extra: #","x":1"#)]).items == [.unchanged])
    }

    @Test func `that the server denies is marked, once, and it alone`() throws {
        let then = house.clock.now.text
        try store.write { try $0.execute(sql: "UPDATE conversation SET history_due = 1") }
        try store.markDeletedRemotely([RemoteID("conv_1")])
        house.clock.advance(seconds: 10)
        try store.markDeletedRemotely([RemoteID("conv_1"), RemoteID("none")])
        #expect(try store.conversation(matching: first.rawValue).deletedRemotelyAt == then)
        #expect(try store.conversation(matching: second.rawValue).deletedRemotelyAt == nil)
        #expect(try stale() == ["conv_2"])
        _ = try store.takeIn([.sample("conv_1")])
        #expect(Set(try stale()) == ["conv_1", "conv_2"], "what is there again is read anew")
        try store.markDeletedRemotely([RemoteID("conv_1"), RemoteID("conv_2")])
        #expect(try store.conversations().allSatisfy { $0.deletedRemotelyAt != nil })
    }

    @Test func `that was marked counts for a day, unless it went from here or a person accepted it`() throws {
        for name in ["c", "d", "e"] { _ = try house.conversation(name) }
        try store.markDeletedRemotely([RemoteID("c")])
        let deletion = try store.delete(try store.localID(matching: "d"), .remote)
        try store.markDelivered(try #require(deletion).operation)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 3, recentlyMarked: 1))
        house.clock.advance(seconds: 86_399)
        #expect(try store.deletionCensus().recentlyMarked == 1)
        house.clock.advance(seconds: 2)
        #expect(try store.deletionCensus().recentlyMarked == 0)
        try store.markDeletedRemotely([RemoteID("e")])
        #expect(try store.deletionCensus().recentlyMarked == 1)
        try store.markDeletedRemotely([RemoteID("conv_1")], isAccepted: true)
        #expect(try store.deletionCensus() == DeletionCensus(mirrored: 1, recentlyMarked: 0))
        _ = try store.takeIn([.sample("e")])
        #expect(try store.deletionCensus().mirrored == 2)
    }

    @Test func `is fetched in the order of its activity, as many as are asked for`() throws {
        for day in 3...6 { _ = try store.takeIn([.sample("conv_\(day)", updated: "2026-03-0\(day)T00:00:00Z")]) }
        #expect(try stale() == ["conv_6", "conv_5", "conv_4", "conv_3"])
        #expect(try stale(2) == ["conv_6", "conv_5"])
        _ = try store.delete(try store.localID(matching: "conv_6"), .local)
        try store.markDeletedRemotely([RemoteID("conv_5")])
        try store.write {
            try $0.execute(sql: "UPDATE conversation SET local_only = 1 WHERE remote_id = 'conv_4'")
        }
        _ = try house.start()
        #expect(try stale() == ["conv_3"])
    }

    @Test func `is read again when its time has come, to the microsecond, and where the clock was set back`() throws {
        func due(in microseconds: Int64) throws -> [String] {
            let moment = house.clock.now.microseconds + microseconds
            try store.write {
                try $0.execute(
                    sql: "UPDATE conversation SET history_due = ? WHERE remote_id = 'conv_1'", arguments: [moment])
            }
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
            try store.write {
                try $0.execute(sql: "UPDATE conversation SET \(hidden) WHERE remote_id = 'conv_1'")
            }
            #expect(try stale().isEmpty, "\(hidden)")
            try store.write {
                try $0.execute(
                    sql: """
                        UPDATE conversation SET hidden = 0, local_only = 0, deleted_remotely_at = NULL,
                            remote_id = 'conv_1' WHERE id = ?
                        """,
                    arguments: [first.rawValue])
            }
        }
    }

    @Test func `has a place on the page that lists it, and none where none does`() throws {
        _ = try store.takeIn(
            ConversationPage([.sample("conv_1"), .sample("conv_3")]), at: PagePlace(page: 4, size: 2),
            digest: PageDigest(point: .max, value: 7))
        #expect(try store.mirrored(exceptOn: [4]) == [RemoteID("conv_2")])
        #expect(try store.mirrored(exceptOn: [3]).count == 3)
        try store.markDeletedRemotely([RemoteID("conv_2")])
        #expect(try store.mirrored(exceptOn: []) == [RemoteID("conv_1"), RemoteID("conv_3")])
        #expect(try store.deletionCensus().mirrored == 2)
    }

    @Test func `is counted with a look or a sweep that is complete`() throws {
        try store.notePull(isSweep: true)
        let sweep = house.clock.now.text
        house.clock.advance(seconds: 5)
        try store.notePull(isSweep: false)
        let status = try store.status()
        #expect(status.lastPullAt == house.clock.now.text && status.lastSweepAt == sweep)
    }
}

@Suite struct `A history that is taken in` {
    private let house: TemporaryStore
    private var store: Store { house.store }
    private let version = "2026-01-01T00:00:00.000001Z"

    init() throws {
        house = try TemporaryStore()
        _ = try house.conversation("conv_1")
        _ = try house.conversation("conv_2")
    }

    private func take(_ name: String, _ entries: [String], version: String? = nil) throws -> Int {
        try store.takeIn([HistoryIntake(.sample(name, entries), version: version ?? self.version)])
    }

    private func texts(_ name: String, withDropped: Bool = false) throws -> [String?] {
        try store.history(of: store.localID(matching: name), withDropped: withDropped).entries
            .map { $0.entry.raw["content"]?.string }
    }

    private struct Recheck: Equatable {
        let looks: Int
        let due: Int64?
        let isOutdated: Bool

        init(_ looks: Int, due: Int64?, isOutdated: Bool) {
            (self.looks, self.due, self.isOutdated) = (looks, due, isOutdated)
        }
    }

    private func recheck(_ name: String) throws -> Recheck {
        try #require(
            try store.read {
                try Row.fetchOne(
                    $0,
                    sql:
                        "SELECT history_looks, history_due, history_outdated FROM conversation WHERE remote_id = ?",
                    arguments: [name])
            }.map { Recheck($0["history_looks"], due: $0["history_due"], isOutdated: $0["history_outdated"]) })
    }

    @Test func `counts what is new in it, of several histories as well`() throws {
        let histories = try ["conv_1", "conv_2", "unknown"].map { name in
            HistoryIntake(
                try .sample(
                    name,
                    [
                        message("\(name) q", "hello"), message("\(name) a", "echo", role: "assistant"),
                        message("\(name) b", "more"), message("\(name) c", "echo", role: "assistant"),
                    ]), version: version)
        }
        #expect(try store.takeIn(histories) == 4)
        #expect(try store.takeIn(histories) == 0)
        #expect(try store.takeIn([HistoryIntake]()) == 0)
        #expect(try store.status().entries == 8)
        #expect(try store.search("more").total == 2)
    }

    @Test func `is in the order that the server gives it, however that has changed`() throws {
        let (q, a) = (message("conv_1 q", "hello"), message("conv_1 a", "echo", role: "assistant"))
        #expect(try take("conv_1", [a, message("m", "between"), q]) == 1)
        #expect(try texts("conv_1") == ["echo", "between", "hello"])
        #expect(try take("conv_1", [q, message("m", "changed"), a]) == 0)
        #expect(try texts("conv_1") == ["hello", "changed", "echo"])
        #expect(try store.search("between").total == 0)
        #expect(try store.search("changed").total == 1)
        #expect(try texts("conv_2") == ["hello", "echo"])
        try store.checkIntegrity()
    }

    @Test func `changes an entry in all that is asked of it`() throws {
        let changed = try JSONText(message("conv_1 q", "hello"))
            .setting("type", to: .string("message.output")).setting("role", to: .string("assistant"))
            .setting("created_at", to: .string("2026-03-01T00:00:00Z"))
            .setting("completed_at", to: .string("2026-03-01T00:00:01Z"))
        _ = try take("conv_1", [changed.text])
        let row = try #require(
            try store.read {
                try Row.fetchOne($0, sql: "SELECT type, role, created, completed_at FROM entry WHERE id = 'conv_1 q'")
            })
        #expect(row["type"] as String == "message.output")
        #expect(row["role"] as String == "assistant")
        #expect(row["created"] as Int64 == Timestamp("2026-03-01T00:00:00Z")?.microseconds)
        #expect(row["completed_at"] as String == "2026-03-01T00:00:01Z")
        #expect(try store.search("hello role:assistant").total == 1)
    }

    @Test func `gives each entry a name of its own, however odd the server's are`() throws {
        let entries = [message("a", "one"), message("a~2", "two"), message("a", "three")]
        _ = try store.takeIn([.sample("conv_3")])
        #expect(try take("conv_3", entries) == 3)
        #expect(try take("conv_3", entries) == 0)
        #expect(try texts("conv_3") == ["one", "two", "three"])
    }

    @Test func `never takes away what only we hold, and drops the rest once`() throws {
        let id = try store.localID(matching: "conv_1")
        let write = try house.append(to: id)
        _ = try store.markSending(write, base: nil)
        try store.keepPartial(
            of: write, conversation: nil,
            entries: [Entry(raw: try JSONText(message("part", "half", role: "assistant")))])
        for _ in 1...6 {
            _ = try take("conv_1", [message("m", "alone", role: "assistant")])
            house.clock.advance(seconds: 200)
        }
        #expect(try texts("conv_1") == ["alone", "half"])
        func dropped() throws -> [String?] {
            try store.history(of: id, withDropped: true).entries.map(\.droppedAt).filter { $0 != nil }
        }
        let before = try dropped()
        #expect(before.count == 2)
        _ = try take("conv_1", [message("m", "alone", role: "assistant")])
        #expect(try dropped() == before, "when each went")
    }

    @Test func `of several is judged by what it brings itself`() throws {
        let second = "2026-02-01T00:00:00Z"
        _ = try store.takeIn([.sample("conv_2", updated: second)])
        let held = [message("conv_2 q", "hello"), message("conv_2 a", "echo", role: "assistant")]
        _ = try store.takeIn([
            HistoryIntake(.sample("conv_1", [message("m", "new", role: "assistant")]), version: version),
            HistoryIntake(.sample("conv_2", held), version: second),
        ])
        #expect(try recheck("conv_2").isOutdated)
        _ = try store.takeIn([.sample("conv_2", updated: "2026-03-01T00:00:00Z")])
        _ = try store.takeIn([
            HistoryIntake(.sample("conv_1", [message("m", "new", role: "assistant")]), version: version),
            HistoryIntake(
                .sample("conv_2", held + [message("n", "x", role: "assistant")]), version: "2026-03-01T00:00:00Z"),
        ])
        #expect(try !recheck("conv_2").isOutdated)
    }

    @Test func `keeps when an answer was complete, which only the response tells`() throws {
        let id = try store.localID(matching: "conv_1")
        let write = try house.append(to: id)
        let output = try JSONText(message("o", "done", role: "assistant"))
            .setting("completed_at", to: .string("2026-01-01T00:00:09Z"))
        try store.markDelivered(write, response: house.response("conv_1", output.text))
        func completedAt() throws -> String? {
            try store.history(of: id).entries.first { $0.entry.id == EntryID("o") }?.completedAt
        }
        #expect(try completedAt() == "2026-01-01T00:00:09Z")
        _ = try take(
            "conv_1",
            [
                message("conv_1 q", "hello"), message("conv_1 a", "echo", role: "assistant"), message("i", "more"),
                message("o", "done", role: "assistant"),
            ])
        #expect(try completedAt() == "2026-01-01T00:00:09Z")
        #expect(try texts("conv_1") == ["hello", "echo", "more", "done"])
    }

    @Test func `drops what it leaves out once it is believed, and brings it back`() throws {
        let (q, a) = (message("conv_1 q", "hello"), message("conv_1 a", "echo", role: "assistant"))
        for attempt in 1...7 {
            #expect(try take("conv_1", [message("m", "alone", role: "assistant")]) == (attempt == 1 ? 1 : 0))
            let state = try recheck("conv_1")
            #expect(state.isOutdated == (attempt < 4))
            #expect((state.due == nil) == (attempt >= 4))
            #expect(state.looks == min(attempt, 3))
            #expect(try texts("conv_1").count == (attempt < 4 ? 3 : 1))
            house.clock.advance(seconds: 200)
        }
        #expect(try texts("conv_1", withDropped: true).count == 3)
        #expect(try texts("conv_2").count == 2)
        #expect(try store.search("echo").total == 2)
        #expect(try take("conv_1", [q, a, message("m", "alone", role: "assistant")]) == 0)
        #expect(try texts("conv_1") == ["hello", "echo", "alone"])
        try store.checkIntegrity()
    }

    @Test func `of the new version that brings nothing is read again, and settled by what it brings`() throws {
        let held = [message("conv_1 q", "hello"), message("conv_1 a", "echo", role: "assistant")]
        let (second, third) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
        _ = try store.takeIn([.sample("conv_1", updated: second)])
        _ = try take("conv_1", held, version: second)
        #expect(try recheck("conv_1") == Recheck(0, due: house.clock.now.microseconds + 2_000_000, isOutdated: true))
        _ = try take("conv_1", held, version: second)
        #expect(try recheck("conv_1").looks == 0, "it was read before its time")
        house.clock.advance(seconds: 2)
        _ = try take("conv_1", held, version: second)
        #expect(try recheck("conv_1") == Recheck(1, due: house.clock.now.microseconds + 8_000_000, isOutdated: true))
        _ = try take("conv_1", held + [message("m", "x", role: "assistant")], version: second)
        #expect(try recheck("conv_1") == Recheck(1, due: nil, isOutdated: false))
        _ = try store.takeIn([.sample("conv_1", updated: third)])
        _ = try take("conv_1", held + [message("m", "y", role: "assistant")], version: third)
        #expect(try recheck("conv_1") == Recheck(0, due: nil, isOutdated: false))
        #expect(try recheck("conv_2") == Recheck(0, due: nil, isOutdated: false))
    }

    @Test(arguments: [false, true])
    func `that ends long before its conversation changed is read again, unless the change was our own`(
        isOurs: Bool
    ) throws {
        func at(_ seconds: Int64) -> String {
            Timestamp(microseconds: house.clock.now.microseconds + seconds * 1_000_000).text
        }
        let (name, version) = ("conv_3", at(0))
        _ = try store.takeIn([.sample(name, created: at(-20), updated: version)])
        if isOurs { try store.recordOwnVersion(version, of: store.localID(matching: name)) }
        let answer = try JSONText(message("a", "echo", role: "assistant"))
            .setting("created_at", to: .string(at(-10)))
        #expect(try take(name, [answer.text], version: version) == 1)
        #expect(try recheck(name).isOutdated == !isOurs)
    }

    @Test func `first read of a conversation is no old one, whatever it brings`() throws {
        _ = try store.takeIn([.sample("conv_3")])
        #expect(try take("conv_3", []) == 0)
        #expect(try recheck("conv_3") == Recheck(0, due: nil, isOutdated: false))
        #expect(try take("conv_3", []) == 0)
        #expect(try recheck("conv_3") == Recheck(0, due: nil, isOutdated: false))
    }

    @Test func `is passed over where it is older than what is held, not where it is as old`() throws {
        let newer = "2026-02-01T00:00:00.000000Z"
        _ = try store.takeIn([.sample("conv_1", updated: newer)])
        _ = try take("conv_1", [message("n", "new", role: "assistant")], version: newer)
        _ = try store.takeIn([.sample("conv_1", updated: "2026-03-01T00:00:00.000000Z")])
        #expect(try take("conv_1", [message("old", "old")], version: "2026-01-31T23:59:59.999999Z") == 0)
        #expect(try take("conv_1", [message("same", "same")], version: newer) == 1)
        #expect(try take("conv_1", [message("odd", "odd")], version: "no time") == 1)
    }

    @Test func `is told from another by conversation, version and content`() throws {
        func intake(_ name: String, _ text: String, _ version: String) throws -> HistoryIntake {
            HistoryIntake(try .sample(name, [message("m", text)]), version: version)
        }
        let one = try intake("a", "x", "1")
        #expect(try one == intake("a", "x", "1"))
        #expect(try one.hashValue == intake("a", "x", "1").hashValue)
        for other in try [intake("b", "x", "1"), intake("a", "x", "2"), intake("a", "y", "1")] { #expect(one != other) }
        #expect(try Set([one, intake("b", "x", "1"), intake("a", "x", "2")]).count == 3)
    }
}

@Suite struct `Outputs of an answer` {
    private let house: TemporaryStore
    private var store: Store { house.store }

    init() throws { house = try TemporaryStore() }

    @Test func `stand behind the last entry, in their order, each once`() throws {
        let id = try house.conversation("conv_1")
        _ = try house.conversation("conv_2")
        let write = try house.append(to: id)
        let nameless = #"{"type":"message.output","role":"assistant","content":"three"}"#
        try store.markDelivered(
            write,
            response: house.response(
                "conv_1", message("conv_1 a", "again", role: "assistant"), message("o1", "one", role: "assistant"),
                message("o2", "two", role: "assistant"), nameless))
        let entries = try store.history(of: id).entries
        #expect(entries.map { $0.entry.raw["content"]?.string } == ["hello", "echo", "one", "two", "three"])
        let rows = try store.read {
            try Row.fetchAll($0, sql: "SELECT position, id FROM entry ORDER BY conversation, position")
        }
        #expect(rows.map { $0["position"] as Int } == [0, 1, 2, 3, 4, 0, 1])
        #expect(rows[4]["id"] as String == "~4")
        for word in ["one", "two", "three"] { #expect(try store.search(word).total == 1, "\(word)") }
        #expect(try store.search("again").total == 0)
    }

    @Test func `are there also where another conversation has one of the same name`() throws {
        let (id, other) = (try house.conversation("conv_1"), try house.conversation("conv_2"))
        let write = try house.append(to: id)
        try store.markDelivered(
            write, response: house.response("conv_1", message("conv_2 a", "echo", role: "assistant")))
        #expect(try store.history(of: id).entries.map(\.entry.id?.rawValue) == ["conv_1 q", "conv_1 a", "conv_2 a"])
        #expect(try store.history(of: other).entries.count == 2)
    }

    @Test func `of a new conversation begin with the first place`() throws {
        let start = try house.start()
        try store.markDelivered(
            start.operation, response: house.response("conv_1", message("o", "one", role: "assistant")))
        let position = try store.read { try Int.fetchOne($0, sql: "SELECT position FROM entry") }
        #expect(position == 0)
    }

    @Test func `of an unstored exchange have its inputs before them, under names of their own`() throws {
        var request = StartRequest(
            inputs: .entries([
                try JSONText(#"{"type":"message.input","role":"user","content":"one"}"#),
                try JSONText(#"{"type":"message.input","role":"user","content":"two","id":"mine"}"#),
            ]))
        request.model = "m"
        request.store = false
        let start = try store.start(request)
        let other = try house.conversation("conv_9")
        try store.markDelivered(
            start.operation, response: house.response("conv_1", message("o", "three", role: "assistant")))
        let entries = try store.history(of: start.conversation).entries
        #expect(entries.map { $0.entry.raw["content"]?.string } == ["one", "two", "three"])
        #expect(entries.map(\.entry.id?.rawValue) == ["local_\(start.operation)_0", "mine", "o"])
        #expect(entries.map(\.isLocalOnly) == [true, true, true])
        #expect(try store.history(of: other).entries.map(\.isLocalOnly) == [false, false])
        #expect(try store.isUnstored(start.operation))
        #expect(try !store.isUnstored(OperationID("none")))
    }
}
