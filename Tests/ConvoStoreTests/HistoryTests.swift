import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite final class `A history that is taken in`: TwoConversations {
    private let version = "2026-01-01T00:00:00.000001Z"

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
            FetchedHistory(
                try .sample(
                    name,
                    [
                        message("\(name) q", "hello"), reply("\(name) a", "echo"),
                        message("\(name) b", "more"), reply("\(name) c", "echo"),
                    ]), version: version)
        }
        #expect(try store.ingest(histories) == 4)
        #expect(try store.ingest(histories) == 0)
        #expect(try store.ingest([FetchedHistory]()) == 0)
        #expect(try store.status().entries == 8)
        #expect(try store.search("more").total == 2)
    }

    @Test func `is in the order that the server gives it, however that has changed`() throws {
        let (q, a) = (message("conv_1 q", "hello"), reply("conv_1 a", "echo"))
        #expect(try store.take("conv_1", [a, message("m", "between"), q]) == 1)
        #expect(try texts("conv_1") == ["echo", "between", "hello"])
        #expect(try store.take("conv_1", [q, message("m", "changed"), a]) == 0)
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
        try store.take("conv_1", [changed.text])
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
        _ = try store.ingest([.sample("conv_3")])
        #expect(try store.take("conv_3", entries) == 3)
        #expect(try store.take("conv_3", entries) == 0)
        #expect(try texts("conv_3") == ["one", "two", "three"])
    }

    @Test func `never takes away what only we hold, and drops the rest once`() throws {
        let id = try store.localID(matching: "conv_1")
        let write = try temporary.append(to: id)
        _ = try store.markSending(write, base: nil)
        try store.keepPartial(
            of: write, conversation: nil,
            entries: entries(reply("part", "half")))
        for _ in 1...6 {
            try store.take("conv_1", [reply("m", "alone")])
            temporary.clock.advance(seconds: 200)
        }
        #expect(try texts("conv_1") == ["alone", "half"])
        func dropped() throws -> [Timestamp?] {
            try store.history(of: id, withDropped: true).entries.map(\.droppedAt).filter { $0 != nil }
        }
        let before = try dropped()
        #expect(before.count == 2)
        try store.take("conv_1", [reply("m", "alone")])
        #expect(try dropped() == before, "when each went")
    }

    /// A replica may not have the turn yet that the list tells of. Our clock is months behind.
    @Test func `is read again where the newest change that the list tells of is not in it`() throws {
        let answer = try JSONText(reply("old", "echo"))
            .setting("created_at", to: .string("2026-05-01T00:00:00Z")).text
        for (name, updated) in [("conv_5", "2026-05-01T00:00:20Z"), ("conv_6", "2026-05-02T00:00:00Z")] {
            _ = try store.ingest([.sample(name, updated: updated)])
            try store.take(name, [answer], version: updated)
            #expect(try recheck(name).isOutdated)
        }
        _ = try store.ingest([.sample("conv_7", updated: "2026-05-01T00:00:20Z")])
        try store.take("conv_7", [answer], version: "2026-05-01T00:00:20Z")
        #expect(try !recheck("conv_7").isOutdated, "the server has gone on for a day since")
        // A conversation that the server has not described yet has a time by our clock.
        let start = try temporary.start()
        _ = try store.markSending(start.operation, base: nil)
        try store.markDelivered(start.operation, as: RemoteID("conv_8"))
        temporary.clock.advance(seconds: 100_000_000)
        _ = try store.ingest([.sample("conv_9", updated: "2026-05-02T00:00:10Z")])
        let late = try JSONText(answer).setting("created_at", to: .string("2026-05-02T00:00:00Z")).text
        try store.take("conv_9", [late], version: "2026-05-02T00:00:10Z")
        #expect(try recheck("conv_9").isOutdated)
    }

    /// Another conversation has a time that lies weeks ahead.
    @Test func `is read again where it lacks a change that is recent by our clock`() throws {
        let now = temporary.clock.now
        _ = try store.ingest([.sample("odd", updated: (now + .seconds(5_000_000)).text)])
        let answer = try JSONText(reply("old", "echo"))
            .setting("created_at", to: .string((now + .seconds(-60)).text)).text
        _ = try store.ingest([.sample("conv_5", updated: now.text)])
        try store.take("conv_5", [answer], version: now.text)
        #expect(try recheck("conv_5").isOutdated)
    }

    @Test func `of several is judged by what it brings itself`() throws {
        _ = try store.ingest([.sample("later", updated: "2026-12-01T00:00:00Z")])
        let second = "2026-02-01T00:00:00Z"
        _ = try store.ingest([.sample("conv_2", updated: second)])
        let held = exchange("conv_2")
        _ = try store.ingest([
            FetchedHistory(.sample("conv_1", [reply("m", "new")]), version: version),
            FetchedHistory(.sample("conv_2", held), version: second),
        ])
        #expect(try recheck("conv_2").isOutdated)
        _ = try store.ingest([.sample("conv_2", updated: "2026-03-01T00:00:00Z")])
        _ = try store.ingest([
            FetchedHistory(.sample("conv_1", [reply("m", "new")]), version: version),
            FetchedHistory(.sample("conv_2", held + [reply("n", "x")]), version: "2026-03-01T00:00:00Z"),
        ])
        #expect(try !recheck("conv_2").isOutdated)
    }

    @Test func `keeps when an answer was complete, which only the response tells`() throws {
        let id = try store.localID(matching: "conv_1")
        let write = try temporary.append(to: id)
        let output = try JSONText(reply("o", "done"))
            .setting("completed_at", to: .string("2026-01-01T00:00:09Z"))
        try store.markDelivered(write, response: temporary.response("conv_1", output.text))
        func completedAt() throws -> Timestamp? {
            try store.history(of: id).entries.first { $0.entry.id == EntryID("o") }?.completedAt
        }
        #expect(try completedAt()?.text == "2026-01-01T00:00:09Z")
        try store.take(
            "conv_1",
            exchange("conv_1") + [message("i", "more"), reply("o", "done")])
        #expect(try completedAt()?.text == "2026-01-01T00:00:09Z")
        #expect(try texts("conv_1") == ["hello", "echo", "more", "done"])
    }

    @Test func `drops what it leaves out once it is believed, and brings it back`() throws {
        let (q, a) = (message("conv_1 q", "hello"), reply("conv_1 a", "echo"))
        for attempt in 1...7 {
            #expect(try store.take("conv_1", [reply("m", "alone")]) == (attempt == 1 ? 1 : 0))
            let state = try recheck("conv_1")
            #expect(state.isOutdated == (attempt < 5))
            #expect((state.due == nil) == (attempt >= 5))
            #expect(state.looks == min(attempt, 4))
            #expect(try texts("conv_1").count == (attempt < 5 ? 3 : 1))
            temporary.clock.advance(seconds: 200)
        }
        #expect(try texts("conv_1", withDropped: true).count == 3)
        #expect(try texts("conv_2").count == 2)
        #expect(try store.search("echo").total == 2)
        #expect(try store.take("conv_1", [q, a, reply("m", "alone")]) == 0)
        #expect(try texts("conv_1") == ["hello", "echo", "alone"])
        try store.checkIntegrity()
    }

    @Test func `of the new version that brings nothing is read again, and settled by what it brings`() throws {
        _ = try store.ingest([.sample("later", updated: "2026-12-01T00:00:00Z")])
        let held = exchange("conv_1")
        let (second, third) = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
        _ = try store.ingest([.sample("conv_1", updated: second)])
        try store.take("conv_1", held, version: second)
        #expect(
            try recheck("conv_1") == Recheck(0, due: temporary.clock.now.microseconds + 2_000_000, isOutdated: true))
        try store.take("conv_1", held, version: second)
        #expect(try recheck("conv_1").looks == 0, "it was read before its time")
        temporary.clock.advance(seconds: 2)
        try store.take("conv_1", held, version: second)
        #expect(
            try recheck("conv_1") == Recheck(1, due: temporary.clock.now.microseconds + 8_000_000, isOutdated: true))
        try store.take("conv_1", held + [reply("m", "x")], version: second)
        #expect(try recheck("conv_1") == Recheck(1, due: nil, isOutdated: false))
        _ = try store.ingest([.sample("conv_1", updated: third)])
        try store.take("conv_1", held + [reply("m", "y")], version: third)
        #expect(try recheck("conv_1") == Recheck(0, due: nil, isOutdated: false))
        #expect(try recheck("conv_2") == Recheck(0, due: nil, isOutdated: false))
    }

    @Test(arguments: [false, true])
    func `that ends long before its conversation changed is read again, unless the change was our own`(
        isOurs: Bool
    ) throws {
        func at(_ seconds: Int64) -> String {
            Timestamp(microseconds: temporary.clock.now.microseconds + seconds * 1_000_000).text
        }
        let (name, version) = ("conv_3", at(0))
        _ = try store.ingest([.sample(name, created: at(-20), updated: version)])
        if isOurs { try store.recordOwnVersion(version, of: store.localID(matching: name)) }
        let answer = try JSONText(reply("a", "echo"))
            .setting("created_at", to: .string(at(-10)))
        #expect(try store.take(name, [answer.text], version: version) == 1)
        #expect(try recheck(name).isOutdated == !isOurs)
    }

    @Test func `first read of a conversation is no old one, whatever it brings`() throws {
        _ = try store.ingest([.sample("conv_3")])
        #expect(try store.take("conv_3", []) == 0)
        #expect(try recheck("conv_3") == Recheck(0, due: nil, isOutdated: false))
        #expect(try store.take("conv_3", []) == 0)
        #expect(try recheck("conv_3") == Recheck(0, due: nil, isOutdated: false))
    }

    @Test func `is passed over where it is older than what is held, not where it is as old`() throws {
        let newer = "2026-02-01T00:00:00.000000Z"
        _ = try store.ingest([.sample("conv_1", updated: newer)])
        try store.take("conv_1", [reply("n", "new")], version: newer)
        _ = try store.ingest([.sample("conv_1", updated: "2026-03-01T00:00:00.000000Z")])
        #expect(try store.take("conv_1", [message("old", "old")], version: "2026-01-31T23:59:59.999999Z") == 0)
        #expect(try store.take("conv_1", [message("same", "same")], version: newer) == 1)
        #expect(try store.take("conv_1", [message("odd", "odd")], version: "no time") == 1)
    }

    @Test func `is told from another by conversation, version and content`() throws {
        func intake(_ name: String, _ text: String, _ version: String) throws -> FetchedHistory {
            FetchedHistory(try .sample(name, [message("m", text)]), version: version)
        }
        let one = try intake("a", "x", "1")
        #expect(try one == intake("a", "x", "1"))
        #expect(try one.hashValue == intake("a", "x", "1").hashValue)
        for other in try [intake("b", "x", "1"), intake("a", "x", "2"), intake("a", "y", "1")] { #expect(one != other) }
        #expect(try Set([one, intake("b", "x", "1"), intake("a", "x", "2")]).count == 3)
    }
}
