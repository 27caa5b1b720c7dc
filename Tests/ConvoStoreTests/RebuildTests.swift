import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoWords
import SeededRandom
import TestFolders
import Testing

@testable import ConvoStore

/// A new version of Convo may cut and fold words otherwise; the index is made anew then, while everything goes on.
@Suite struct `An index of older rules` {
    private let folder: TemporaryFolder
    private let clock = SettableClock()

    init() throws { folder = try TemporaryFolder() }

    /// Opens the file as a program whose rules have this version.
    private func open(_ version: Int) throws -> Store {
        let (clock, folder) = (clock, folder)
        var environment = StoreDependencies(
            now: { clock.now }, uptime: { Uptime(boot: "a", microseconds: clock.now.microseconds) },
            randomBits: { withExtendedLifetime(folder) { UInt64.random(in: .min ... .max) } })
        environment.indexVersion = version
        return try Store(path: folder.file("convo.db"), environment: environment)
    }

    private func fill(_ store: Store, conversations: Int = 12, entries: Int = 30) throws {
        for number in 0..<conversations {
            try store.mirror(
                .sample("conv_\(number)", extra: #","description":"about word\#(number)""#),
                (0..<entries).map {
                    message("m\(number)_\($0)", "word\(number) " + String(repeating: "x y z ", count: 60))
                })
        }
    }

    /// Every word of both indexes with its place, and the same as the rows have it.
    private func contents(_ store: Store) throws -> (held: [String], expected: [String]) {
        try store.write { database in
            var held: [String] = []
            var expected: [String] = []
            for table in IndexTable.allCases {
                try database.execute(
                    sql: """
                        CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', '\(table.rawValue)', 'instance')
                        """)
                defer { try? database.execute(sql: "DROP TABLE temp.vocabulary") }
                held += try Row.fetchAll(database, sql: "SELECT term, doc, col, offset FROM vocabulary").map {
                    "\(table) \($0["doc"] as Int64) \($0["col"] as String) \($0["offset"] as Int) \($0["term"] as String)"
                }
                let keys =
                    switch table {
                    case .entries:
                        try Int64.fetchAll(database, sql: "SELECT key FROM entry")
                            + Int64.fetchAll(
                                database,
                                sql: """
                                    SELECT sequence + \(EntryKey.firstOperation) FROM operation
                                    WHERE state NOT IN ('delivered', 'cancelled')
                                    """)
                    case .conversations:
                        try Int64.fetchAll(database, sql: "SELECT key FROM conversation WHERE hidden = 0")
                    }
                let columns = table == .entries ? ["text"] : ["name", "description"]
                for key in keys {
                    for (column, text) in zip(columns, try table.texts(database, of: key) ?? []) {
                        var (place, words) = (-1, IndexedWords(of: text).text)
                        words.withUTF8 { bytes in
                            IndexedWords.forEach(in: UnsafeRawBufferPointer(bytes)) { word, isColocated in
                                if !isColocated { place += 1 }
                                expected.append(
                                    "\(table) \(key) \(column) \(place) \(String(decoding: word, as: UTF8.self))")
                                return true
                            }
                        }
                    }
                }
            }
            return (held.sorted(), expected.sorted())
        }
    }

    private func expectWhole(_ store: Store) throws {
        let (held, expected) = try contents(store)
        #expect(held == expected)
        try store.checkIntegrity()
        let leftOver = try store.read {
            try String.fetchAll(
                $0, sql: "SELECT name FROM sqlite_schema WHERE name GLOB '*_index_new*' OR name GLOB '*_index_old*'")
        }
        #expect(leftOver.isEmpty)
    }

    @Test func `is known by a number that goes up whenever the rules change`() {
        #expect(SearchIndex.ownFingerprint == SearchIndex.fingerprint, "a change needs SearchIndex.version + 1")
    }

    @Test func `is made anew step by step, by whichever process comes next, and searched until then`() throws {
        try fill(try open(1))
        #expect(try open(1).indexStatus().standing == .current)
        #expect(try open(2).indexStatus() == IndexStatus(standing: .outdated, rebuiltRows: nil, rows: 372))
        var steps = 0
        var isFound = true
        while true {
            let store = try open(2)  // a process that is killed after each step
            store.budget.note(wasAwaited: true)
            guard try store.rebuildIndex() else { break }
            steps += 1
            isFound = try isFound && store.search("word7", limit: 99).total == 31
        }
        #expect(steps > 10 && isFound)
        let store = try open(2)
        #expect(try store.indexStatus() == IndexStatus(standing: .current, rebuiltRows: nil, rows: 372))
        try expectWhole(store)
        #expect(try !store.rebuildIndex())
    }

    @Test func `that is empty needs no rebuild`() throws {
        let store = try open(1)
        #expect(try open(7).indexStatus().standing == .current)
        let newer = try open(7)
        try fill(newer, conversations: 1, entries: 1)
        #expect(try !newer.rebuildIndex() && store.indexStatus().standing == .newer)
        try expectWhole(newer)
    }

    /// A daemon of the version before may still run, and a third version come while a rebuild is under way.
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func `is right in the end, whoever writes in between`(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        try fill(try open(1))
        let versions = seed % 2 == 0 ? [1, 2] : [1, 2, 3]
        var stores = try versions.map { try open($0) }
        for round in 0..<150 {
            let place = Int.random(in: 0..<stores.count, using: &generator)
            if Int.random(in: 0..<10, using: &generator) == 0 { stores[place] = try open(versions[place]) }
            let store = stores[place]
            store.budget.note(wasAwaited: true)
            let number = Int.random(in: 0..<14, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1: _ = try store.rebuildIndex()
            case 2:
                guard let id = try? store.conversation(matching: "conv_\(number)").id else { continue }
                let write = try? store.append(AppendRequest(inputs: .text("queued \(round)")), to: id)
                if let write, Bool.random(using: &generator) { _ = try store.cancel(write.operation) }
            case 3:
                guard let id = try? store.conversation(matching: "conv_\(number)").id else { continue }
                _ = try? store.delete(id, .local)  // the store refuses it where writes wait
            default:
                let at = Timestamp(microseconds: 1_800_000_000_000_000 + Int64(round)).text
                let entries = (0..<Int.random(in: 1...40, using: &generator)).map {
                    message("m\(number)_\($0)", "word\(number) round\(Int.random(in: 0..<9, using: &generator)) a b c")
                }
                try store.mirror(
                    .sample("conv_\(number)", updated: at, extra: #","description":"round\#(round)""#), entries)
            }
        }
        let newest = try open(versions.last ?? 0)
        while try newest.rebuildIndex() {}
        try expectWhole(newest)
    }

    @Test func `of newer rules is left to the newer version, which makes up for what an older one wrote`() throws {
        let (old, new) = (try open(2), try open(3))
        try fill(new, conversations: 2, entries: 2)
        #expect(try old.indexStatus().standing == .newer)
        try old.mirror(
            .sample("conv_0", updated: "2026-02-01T00:00:00Z"), [message("m0_0", "changed"), message("n", "brandnew")])
        let write = try old.append(AppendRequest(inputs: .text("shortlived")), to: old.localID(matching: "conv_0"))
        _ = try old.cancel(write.operation)
        #expect(try old.search("brandnew").total == 0 && new.search("brandnew").total == 0, "not yet")
        #expect(try !old.rebuildIndex())
        #expect(throws: StoreError.self) { try old.restartIndex() }
        while try new.rebuildIndex() {}
        #expect(try new.search("brandnew").total == 1 && new.search("changed").total == 1)
        try expectWhole(new)
    }

    @Test func `finds nothing that has gone since, and what is new`() throws {
        let store = try open(1)
        try fill(store, conversations: 3, entries: 3)
        let newer = try open(2)
        let id = try newer.localID(matching: "conv_0")
        let writes = try ["shortlived", "longlived"].map {
            try newer.append(AppendRequest(inputs: .text($0)), to: id).operation
        }
        #expect(try newer.indexStatus().rebuiltRows == 0)
        #expect(try newer.search("shortlived").total == 1 && newer.search("longlived").total == 1)
        _ = try newer.cancel(writes[0])
        _ = try newer.delete(newer.localID(matching: "conv_1"), .local)
        #expect(try newer.search("shortlived").total == 0 && newer.search("shortlived").hits.isEmpty)
        #expect(try newer.search("word1").total == 0)
        #expect(try newer.search("longlived").total == 1 && newer.search("word2").total == 4)
    }

    @Test func `is made anew on a person's word as well`() throws {
        let store = try open(2)
        try fill(store)
        #expect(try !store.rebuildIndex())
        try store.restartIndex()
        #expect(try store.indexStatus().rebuiltRows == 0)
        while try store.rebuildIndex() {}
        try expectWhole(store)
        #expect(try store.search("word3", limit: 99).total == 31)
    }
}
