import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoSQLite
import SeededRandom
import TestFolders
import Testing

@testable import ConvoStore

/// What programs that show the database are told.
@Suite final class `What was changed`: StoreSuite {
    /// All that a reader can see, by what it is: a text for each conversation, entry and write.
    private struct Picture: Equatable {
        var conversations: [String: String] = [:]
        var entries: [String: String] = [:]
        var operations: [String: String] = [:]
        var status = ""

        init(_ store: Store) throws {
            self = try store.read { database in
                var picture = Picture()
                func texts(_ sql: String) throws -> [String: String] {
                    let rows = try Row.fetchAll(database, sql: sql)
                    return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"] as String, $0["said"] as String) })
                }
                func quoted(_ columns: String...) -> String {
                    columns.map { "quote(\($0))" }.joined(separator: " || ' ' || ")
                }
                picture.conversations = try texts(
                    """
                    SELECT c.id AS name, \(quoted("remote_id", "raw", "name", "model", "created_at", "updated_at", "activity",
                        "deleted_remotely_at", "conflict_policy", "parent_entry_id", "local_name",
                        "(SELECT group_concat(name) FROM conversation_tag t WHERE t.conversation = c.key)")) AS said
                    FROM conversation c WHERE hidden = 0
                    """)
                picture.entries = try texts(
                    """
                    SELECT c.id || '/' || e.id AS name,
                        \(quoted("e.position", "e.raw", "dropped_at", "e.local_only", "completed_at")) AS said
                    FROM entry e JOIN conversation c ON c.key = e.conversation WHERE c.hidden = 0
                    """)
                picture.operations = try texts(
                    """
                    SELECT o.id AS name, \(quoted("c.id", "kind", "state", "request", "reason_code", "attempts", "next_attempt", "response")) AS said
                    FROM operation o JOIN conversation c ON c.key = o.conversation
                    """)
                picture.status = try String.fetchAll(
                    database,
                    sql:
                        "SELECT name || value FROM fact WHERE name LIKE 'last%' UNION ALL SELECT place || position FROM set_aside"
                ).joined(separator: "\n")
                return picture
            }
        }

        private init() {}

        /// What is new or different in one of two dictionaries.
        static func added(_ before: [String: String], _ after: [String: String]) -> Set<String> {
            Set(after.filter { before[$0.key] != $0.value }.keys)
        }
    }

    private func conversationOf(_ entry: String) -> String { String(entry.prefix { $0 != "/" }) }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `is told whole, and nothing else`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var hand = Hand(temporary)
        for step in 1...60 {
            let before = try Picture(store)
            let position = try store.changePosition()
            let name = hand.change(&random)
            let after = try Picture(store)
            let changes = try store.changes(after: position, limit: 1_000_000)
            let place = "seed \(seed), step \(step): \(name)"
            let told = Set(changes.conversations.flatMap { change in change.entries.map { "\(change.id)/\($0)" } })
            #expect(told == Picture.added(before.entries, after.entries), "\(place)")
            let writes = Set(changes.conversations.flatMap { $0.operations.map(\.id.rawValue) })
            #expect(writes == Picture.added(before.operations, after.operations), "\(place)")
            for change in changes.conversations.flatMap(\.operations) {
                #expect(try store.operation(matching: change.id.rawValue).state == change.state, "\(place)")
            }
            let removed = Set(changes.conversations.filter(\.isRemoved).map(\.id.rawValue))
            #expect(removed.isDisjoint(with: after.conversations.keys), "\(place)")
            #expect(
                Set(before.conversations.keys).subtracting(after.conversations.keys).isSubset(of: removed), "\(place)")
            let others = Set(changes.conversations.map(\.id.rawValue)).subtracting(removed)
            let own = Picture.added(before.conversations, after.conversations)
            #expect(own.isSubset(of: others), "\(place)")
            let lost = Set(before.entries.keys).subtracting(after.entries.keys).map(conversationOf)
            #expect(Set(lost).subtracting(removed).isSubset(of: others), "\(place)")
            let parts = Set((told.union(lost)).map(conversationOf)).union(
                try writes.map { try store.operation(matching: $0).conversation.rawValue })
            let left = Set(Picture.added(after.operations, before.operations)).compactMap { before.operations[$0] }
            #expect(
                others.subtracting(own).subtracting(parts).allSatisfy { other in left.contains { $0.contains(other) } },
                "\(place)")
            #expect(
                !changes.isEverythingChanged && (before.status == after.status || changes.isStatusChanged), "\(place)")
            #expect(try store.changes(after: changes.end).isEmpty)
        }
    }

    @Test func `is read in parts that follow each other`() throws {
        let start = try store.changePosition()
        try store.mirror(.sample("conv_1"), (1...50).map { message("m\($0)", "apple") })
        var (position, seen): (ChangePosition, [EntryID]) = (start, [])
        while case let part = try store.changes(after: position, limit: 7), part.end != position {
            seen += part.conversations.flatMap(\.entries)
            position = part.end
        }
        #expect(Set(seen.map(\.rawValue)) == Set((1...50).map { "m\($0)" }) && seen.count == 50)
    }

    @Test func `is told as everything to who is further behind than the log reaches`() throws {
        let start = try store.changePosition()
        _ = try temporary.start()
        try store.write { database in
            try database.execute(sql: "INSERT INTO change (number, conversation) VALUES (131072 * 2, 0)")
        }
        let changes = try store.changes(after: start)
        #expect(changes.isEverythingChanged && changes.conversations.isEmpty)
        _ = try temporary.start()
        let next = try store.changes(after: changes.end)
        #expect(!next.isEverythingChanged && next.conversations.count == 1)
        #expect(try store.number("SELECT COUNT(*) FROM change") ?? 0 < 10)
        #expect(
            try store.changes(after: ChangePosition(number: .max)).isEverythingChanged, "a place of another database")
    }

    @Test func `is not what a transaction did that was taken back`() throws {
        struct Stop: Error {}
        let start = try store.changePosition()
        #expect(throws: StoreError.self) {
            try store.write { database in
                try database.execute(
                    sql: "INSERT INTO conversation (id, created_at, updated_at, activity) VALUES ('x', '', '', 0)")
                throw Stop()
            }
        }
        try store.notePull(isSweep: false)
        let changes = try store.changes(after: start)
        #expect(changes.conversations.isEmpty && changes.isStatusChanged)
    }

    @Test func `is told of a database of version 12 from its migration on`() throws {
        let folder = try TemporaryFolder()
        do {
            let store = try Store(path: folder.file("convo.db"))
            try store.mirror(.sample("conv_1"), exchange("conv_1"))
            try store.write { try `A database file`.removeChanges($0) }
            try store.run("PRAGMA user_version = 12")
        }
        let store = try Store(path: folder.file("convo.db"))
        let start = try store.changePosition()
        #expect(try store.changes(after: start).isEmpty)
        try store.mirror(.sample("conv_1", updated: "2026-05-01T00:00:00Z"), exchange("conv_1") + [reply("m", "more")])
        #expect(try store.changes(after: start).conversations.map(\.entries) == [[EntryID("m")]])
        try store.checkIntegrity()
    }

    @Test func `wakes who listens, in this process and in others`() throws {
        let other = try Store(path: store.path)
        let listener = try store.changeListener()
        while listener.wait(milliseconds: 0) {}
        _ = try temporary.start()
        #expect(listener.wait(milliseconds: 10_000))
        while listener.wait(milliseconds: 0) {}
        _ = try other.start(.sample("pear"))
        #expect(listener.wait(milliseconds: 10_000))
        listener.interrupt()
        #expect(!listener.wait() && !listener.wait())
    }
}

/// Changes a store at random, as the engine and people do.
private struct Hand {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private var mirrored = 0
    private var writes: [QueuedWrite] = []
    private var version = 0

    init(_ temporary: TemporaryStore) { self.temporary = temporary }

    /// Does one thing; what the store refuses changes nothing.
    ///
    /// - Returns: what it was.
    mutating func change(_ random: inout SplitMix64) -> String {
        temporary.clock.advance(seconds: 40)
        let choice = random.int(in: 0...18)
        do {
            try change(choice, &random)
            return "change \(choice)"
        } catch { return "change \(choice): \(error)" }
    }

    private mutating func change(_ choice: Int, _ random: inout SplitMix64) throws {
        version += 1
        let updated = Timestamp(microseconds: 1_770_000_000_000_000 + Int64(version) * 1_000_000).text
        let known = "conv_\(random.int(in: 0...max(0, mirrored - 1)))"
        let write = writes.isEmpty ? nil : writes[random.int(in: 0...(writes.count - 1))]
        switch choice {
        case 0, 1:
            try store.mirror(.sample("conv_\(mirrored)", updated: updated), exchange("conv_\(mirrored)"))
            mirrored += 1
        case 2:
            let more = (0...random.int(in: 0...3)).map { reply("m\(version).\($0)", "pear \(version)") }
            try store.mirror(.sample(known, updated: updated), exchange(known) + more)
        case 3:
            try store.mirror(.sample(known, updated: updated), [message("\(known) q", "changed \(version)")])
        case 4: writes.append(try temporary.start("fig \(version)"))
        case 5:
            let id = try store.localID(matching: known)
            writes.append(try store.append(AppendRequest(inputs: .text("kiwi")), to: id))
        case 6:
            let id = try store.localID(matching: known)
            writes.append(try temporary.branch(from: "\(known) q", of: id))
        case 7: if let write { _ = try store.markSending(write.operation, base: nil) }
        case 8:
            guard let write else { return }
            let name = try store.operation(matching: write.operation.rawValue).remoteID?.rawValue ?? "made_\(version)"
            let response = try temporary.response(name, reply("o\(version)", "answer"))
            try store.markDelivered(write.operation, as: RemoteID(name), response: response)
        case 9: if let write { try temporary.doubt(write.operation) }
        case 10: if let write { try temporary.stop(write.operation) }
        case 11: if let write { _ = try store.cancel(write.operation) }
        case 12: if let write { try store.retry(write.operation) }
        case 13: _ = try store.delete(store.localID(matching: known), .local)
        case 14: try store.notePull(isSweep: random.chance(perMille: 500))
        case 15: try store.markDeletedRemotely([RemoteID(known)])
        case 16:
            try store.rename(store.localID(matching: known), to: random.chance(perMille: 700) ? "fig \(version)" : nil)
        case 17:
            let tags = ["a", "b", "c"].filter { _ in random.chance(perMille: 500) }
            try store.tag(store.localID(matching: known), adding: tags, removing: ["b"])
        default:
            try store.setConflictPolicy(
                random.chance(perMille: 500) ? .branch : nil, of: store.localID(matching: known))
        }
    }
}
