import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite struct `The shortest reference` {
    @Test(
        arguments: [
            ("a8p3k2m4", ["a8p2zzzz", "b000"], "a8p3"), ("a8p3k2m4", ["a8p3k1zz", "a8p3zz"], "a8p3k2"),
            ("a8p3k2m4", ["conv_1", nil], "a8p3"), ("a8p3k2m4", [], "a8p3"), ("ab", ["abc"], "ab"),
            ("a8p3", ["a8p3k2"], "a8p3"), ("日本語の会話", ["日本語の夢", nil], "日本語の会"),
        ] as [(String, [String?], String)])
    func `is as long as it must be, and no shorter than four`(id: String, others: [String?], expected: String) {
        #expect(References.shortest(of: id, besides: others) == expected)
    }
}

@Suite final class `References to conversations and writes`: StoreSuite {
    @Test func `name these, and no other`() throws {
        let writes = try (0..<300).map { _ in try temporary.start() }
        try store.run("UPDATE conversation SET id = 'zz' || substr(id, 3), remote_id = id WHERE key % 7 = 0")
        let ids = try store.conversations().map(\.id)
        let references = try store.references(of: ids, writes.map(\.operation))
        for id in ids { #expect(try store.localID(matching: references[id]) == id) }
        for write in writes {
            #expect(try store.operation(matching: references[write.operation]).id == write.operation)
        }
        #expect(Set(ids.map { references[$0] }).count == ids.count)
    }

    @Test func `are those of conversations that are not beginnings of the server's ids either`() throws {
        try store.mirror(.sample("zzzz1"), [])
        try store.mirror(.sample("zzzz2"), [])
        let id = try temporary.start().conversation
        try store.run("UPDATE conversation SET id = 'zzzz1abc' WHERE id = ?", id.rawValue)
        let renamed = LocalID("zzzz1abc")
        #expect(try store.references(of: [renamed])[renamed] == "zzzz1a")
    }

    @Test func `that a person mistyped are near`() throws {
        let first = try temporary.start("x").conversation
        try store.run("UPDATE conversation SET id = 'a8p3k2m4', name = 'A budget' WHERE id = ?", first.rawValue)
        func near(_ name: String) throws -> [String] {
            try store.conversations(near: name, limit: 5).map(\.id.rawValue)
        }
        for name in ["a8q3", "a83p", "8p3k", "a8pp3", "BUDGET", "a8k3p2"] {
            #expect(try near(name) == ["a8p3k2m4"], "\(name)")
        }
        for name in ["b9q4", "", "a", "%%", "a8p3zzzz", String(repeating: "x", count: 3000)] {
            #expect(try near(name).isEmpty, "\(name)")
        }
    }
}

@Suite final class `The numbers of entries`: StoreSuite {
    @Test func `count what the server lists, in its order`() throws {
        try store.mirror(.sample("conv_1"), (1...5).map { message("m\($0)", "x") })
        let id = try store.localID(matching: "conv_1")
        try store.run("UPDATE entry SET dropped_at = '2026-01-01T00:00:00.000000Z' WHERE id = 'm2'")
        #expect(
            try (0...6).map { try store.entryID(numbered: $0, in: id)?.rawValue } == [
                nil, "m1", "m3", "m4", "m5", nil, nil,
            ])
        let entries = ["m1", "m2", "m3", "m5", "m9"].map { (conversation: id, entry: EntryID($0)) }
        #expect(try store.entryNumbers(of: entries) == [1, nil, 2, 4, nil])
        #expect(try store.entryIDs(beginningWith: "m", in: id, limit: 9).map(\.rawValue) == ["m1", "m3", "m4", "m5"])
        #expect(try store.entryIDs(beginningWith: "m2", in: id, limit: 9).isEmpty)
    }
}

@Suite final class `A list of conversations`: StoreSuite {
    private func names(_ change: (inout ConversationFilter) -> Void) throws -> [String] {
        var filter = ConversationFilter()
        change(&filter)
        var names: [String] = []
        try store.forEachConversation(filter, limit: nil) { names += $0.map(\.title) }
        return names
    }

    private func mirror(_ name: String, day: Int, entries: Int, extra: String = "") throws {
        try store.mirror(
            .sample(
                name, created: "2026-01-0\(9 - day)T00:00:00.000000Z", updated: "2026-02-0\(day)T00:00:00.000000Z",
                extra: extra),
            (0..<entries).map { message("\(name) \($0)", "text of \(name)") })
        try store.run("UPDATE conversation SET name = ? WHERE remote_id = ?", name, name)
    }

    override init() throws {
        try super.init()
        try mirror("alpha", day: 1, entries: 3)
        try mirror("Beta", day: 2, entries: 5)
        try mirror("gamma", day: 3, entries: 1)
        try store.run("UPDATE conversation SET model = 'other-model' WHERE name = 'Beta'")
        try store.run("UPDATE conversation SET model = NULL, agent_id = 'ag_1' WHERE name = 'gamma'")
        try store.run("UPDATE conversation SET deleted_remotely_at = updated_at WHERE name = 'gamma'")
    }

    @Test func `is in the order that is asked for`() throws {
        #expect(try names { _ in } == ["gamma", "Beta", "alpha"])
        #expect(try names { $0.order = .created } == ["alpha", "Beta", "gamma"])
        #expect(try names { $0.order = .name } == ["alpha", "Beta", "gamma"])
        #expect(try names { $0.order = .entries } == ["Beta", "alpha", "gamma"])
    }

    @Test func `has what is asked for`() throws {
        #expect(try names { $0.onlyDeleted = true } == ["gamma"])
        #expect(try names { $0.model = "OTHER" } == ["Beta"])
        #expect(try names { $0.model = "%" }.isEmpty)
        #expect(try names { $0.agent = "ag_" } == ["gamma"])
        #expect(try names { $0.since = Timestamp(stored: "2026-02-02T00:00:00.000000Z") } == ["gamma", "Beta"])
        #expect(try names { $0.onlyPending = true }.isEmpty)
        let alpha = try store.localID(matching: "alpha")
        _ = try temporary.append("a purple message", to: alpha)
        #expect(try names { $0.onlyPending = true } == ["alpha"])
        _ = try temporary.branch("another", from: "alpha 0", of: alpha)
        try store.run("UPDATE conversation SET name = NULL WHERE parent IS NOT NULL")
        #expect(try names { $0.onlyBranches = true } == ["another"])
    }

    @Test func `has those in which a search finds something, queued writes included`() throws {
        #expect(try names { $0.query = "text" } == ["gamma", "Beta", "alpha"])
        #expect(try names { $0.query = "beta" } == ["Beta"])
        #expect(try names { ($0.query, $0.onlyDeleted) = ("text", true) } == ["gamma"])
        #expect(try names { $0.query = "purple" }.isEmpty)
        _ = try temporary.append("a purple message", to: store.localID(matching: "alpha"))
        #expect(try names { $0.query = "purple" } == ["alpha"])
        #expect(try names { ($0.query, $0.findsQueuedWrites) = ("purple", false) }.isEmpty)
        #expect(try names { $0.query = "" }.isEmpty)
        #expect(throws: StoreError.self) { try self.names { $0.query = "before:tomorow" } }
    }
}
