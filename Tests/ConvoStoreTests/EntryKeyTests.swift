import ConvoJSON
import ConvoModel
import ConvoSQLite
import SeededRandom
import TestFolders
import Testing

@testable import ConvoStore

/// The keys of entries are minutes, of which there may be fewer than entries.
@Suite struct `The keys of entries` {
    private static let day: Int64 = 86_400_000_000

    private func entry(_ id: String, _ moment: Timestamp) -> String {
        message(id, "an apple").replacing("2026-01-01T00:00:00.000000Z", with: moment.text)
    }

    private func found(_ store: Store, _ query: String) throws -> Int { try store.search(query, limit: 1).total }

    /// The entries' keys in the order of their times.
    private func keys(_ store: Store) throws -> [Int64] {
        try store.read { try Int64.fetchAll($0, sql: "SELECT key FROM entry ORDER BY created, key") }
    }

    @Test func `of thousands that were made in a minute are one run, and each is found on its day`() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let minute = try #require(Timestamp("2026-03-11T10:00:00Z"))
        for part in 0..<6 {
            try store.mirror(.sample("conv_\(part)"), (0..<1000).map { entry("m\(part)_\($0)", minute) })
        }
        try store.mirror(
            .sample("later"), [entry("l", minute + .seconds(3600)), entry("n", minute + .seconds(2 * 86_400))])
        let keys = try keys(store)
        #expect(keys.prefix(6000).elementsEqual(EntryKey.of(minute)..<EntryKey.of(minute) + 6000))
        #expect(Set(keys).count == 6002)
        #expect(try found(store, "apple on:2026-03-11") == 6001)
        #expect(try found(store, "apple before:2026-03-12") == 6001)
        #expect(try found(store, "apple after:2026-03-11") == 6002)
        #expect(try found(store, "apple on:2026-03-12") == 0 && found(store, "apple on:2026-03-13") == 1)
    }

    @Test func `are found again where an entry's time has changed, and where nothing is known of distances`() throws {
        let temporary = try TemporaryStore()
        let store = temporary.store
        let moments = ["2026-03-11T10:00:00Z", "2026-05-11T10:00:00Z", "2025-01-11T10:00:00Z"].compactMap {
            Timestamp($0)
        }
        for (number, moment) in moments.enumerated() {
            let updated = Timestamp(microseconds: 1_800_000_000_000_000 + Int64(number)).text
            try store.mirror(.sample("conv_1", updated: updated), [entry("m", moment)])
            let day = String(moment.text.prefix(10))
            #expect(try found(store, "apple on:\(day)") == 1, "\(day)")
            #expect(try found(store, "apple after:\(day)") == 1 && found(store, "apple before:\(day)") == 0)
        }
        #expect(try keys(store) == [EntryKey.of(moments[0])])
        try store.run("DELETE FROM fact WHERE name GLOB 'entry_key_*'")
        #expect(try found(store, "apple on:2025-01-11") == 1)
    }

    @Test func `of a database of version 11 are measured`() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("convo.db")
        let made = try #require(Timestamp("2026-03-11T10:00:00Z"))
        do {
            let store = try Store(path: path)
            try store.mirror(.sample("conv_1"), [entry("m", made), entry("n", made)])
            // As the versions before could have done it.
            try store.run("UPDATE entry SET created = created + ? WHERE id = 'm'", 5 * Self.day)
            try store.run("UPDATE entry SET created = created - ? WHERE id = 'n'", 7 * Self.day)
            try store.run("DELETE FROM fact WHERE name GLOB 'entry_key_*'")
            try store.write { try `A database file`.removeChanges($0) }
            try store.run("PRAGMA user_version = 11")
        }
        let store = try Store(path: path)
        let distances = try store.read { try EntryKey.Distances($0) }
        #expect(distances.lead == 5 * 1440 && distances.delay == 7 * 1440 + 1)
        #expect(try found(store, "apple on:2026-03-16") == 1 && found(store, "apple on:2026-03-04") == 1)
        try store.write { try EntryKey.Distances.measure($0) }
        let measured = try store.read { try EntryKey.Distances($0) }
        #expect(measured.lead == distances.lead && measured.delay == distances.delay)
    }

    /// Bursts of one minute, years apart or within an hour, by several processes, with times that change.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `let each day's search find what a look at all entries finds`(seed: UInt64) throws {
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: seed)
        let first = try #require(Timestamp("2026-03-01T00:00:00Z"))
        let stores = try (0..<2).map { _ in
            try Store(path: folder.file("convo.db"), environment: .utc)
        }
        for round in 0..<20 {
            let hour = Int64.random(in: 0..<(seed % 2 == 0 ? 3 : 24 * 30), using: &random)
            let moment = Timestamp(microseconds: first.microseconds + hour * 3_600_000_000)
            let count = [1, 3, 40, 400].randomElement(using: &random) ?? 1
            let (store, number) = (
                stores[Int.random(in: 0..<2, using: &random)], Int.random(in: 0..<12, using: &random)
            )
            let updated = Timestamp(microseconds: 1_800_000_000_000_000 + Int64(round)).text
            try store.mirror(
                .sample("conv_\(number)", updated: updated), (0..<count).map { entry("m\(number)_\($0)", moment) })
        }
        for day in 0..<30 {
            let start = first.microseconds + Int64(day) * Self.day
            let name = String(Timestamp(microseconds: start).text.prefix(10))
            let sql = "SELECT COUNT(*) FROM entry WHERE created >= ? AND created < ?"
            for (query, from, to) in [
                ("on", start, start + Self.day), ("before", 0, start), ("after", start, Int64.max),
            ] {
                #expect(
                    try found(stores[0], "apple \(query):\(name)") == stores[0].number(sql, from, to),
                    "\(query):\(name)")
            }
        }
    }
}

extension StoreDependencies {
    fileprivate static var utc: StoreDependencies {
        StoreDependencies(
            now: live.now, uptime: live.uptime, randomBits: live.randomBits, timeZone: { .utc })
    }
}
