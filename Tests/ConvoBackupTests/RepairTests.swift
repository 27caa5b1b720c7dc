import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoStore
import Foundation
import SeededRandom
import TestFolders
import Testing

@testable import ConvoBackup

@Suite struct `A repair` {
    /// The page size of a new database.
    private static let page = 16384
    private let house: BackupHouse
    private let time = Timestamp(microseconds: 1_795_930_643_000_000)

    init() throws { house = try BackupHouse() }

    /// Fills a database, and closes it, so that the file has everything.
    private func fill(_ path: String, conversations: Int, entryWords: Int = 60) throws {
        let store = try Store(path: path)
        for number in 0..<conversations {
            let id = "conv_\(number)"
            _ = try store.ingest([
                Conversation(
                    raw: JSONText(
                        #"{"id":"\#(id)","object":"conversation","model":"m","name":"Name \#(number)","#
                            + #""created_at":"2026-01-01T00:00:00.000000Z","updated_at":"2026-01-01T00:00:01.000000Z"}"#
                    ))
            ])
            let entries = (0..<10).map { place in
                #"{"object":"entry","type":"message.input","id":"msg_\#(number)_\#(place)","role":"user","content":"#
                    + #""word\#(number) \#(String(repeating: "text ", count: entryWords))","#
                    + #""created_at":"2026-01-01T00:0\#(place):00.000000Z","completed_at":null}"#
            }
            let history = try ConversationHistory(
                raw: JSONText(
                    #"{"conversation_id":"\#(id)","entries":[\#(entries.joined(separator: ","))],"object":"conversation.history"}"#
                ))
            _ = try store.ingest([FetchedHistory(history, version: "2026-01-01T00:00:01.000000Z")])
        }
        try store.checkIntegrity()
        store.finishCheckpoints()  // no thread of its own has the file open any more
    }

    /// The entries that a question for each single key finds; `keys` are all that there were.
    private func found(_ path: String, _ keys: [Int64]) throws -> Set<String> {
        let pool = try DatabasePool(path: path, access: .readOnly, busyTimeoutSeconds: 1) { _ in }
        var found: Set<String> = []
        // Where a page could not be read, the end of the transaction fails, too.
        try? pool.read { database in
            for key in keys {
                let sql = "SELECT id || raw || conversation FROM entry WHERE key = ?"
                if let text = try? String.fetchOne(database, sql: sql, arguments: [key]) { found.insert(text) }
            }
        }
        return found
    }

    private func keys(_ path: String) throws -> [Int64] {
        let pool = try DatabasePool(path: path, access: .readOnly, busyTimeoutSeconds: 1) { _ in }
        return try pool.read { try Int64.fetchAll($0, sql: "SELECT key FROM entry") }
    }

    /// The pages, counted from 0, that hold the list of the tables: the first, and those that it leads to.
    private func listPages(_ path: String) throws -> Set<Int> {
        let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)).prefix(Self.page))
        func number(_ place: Int, _ count: Int) -> Int { bytes[place..<place + count].reduce(0) { $0 << 8 | Int($1) } }
        guard bytes[100] == 5 else { return [0] }
        let cells = (0..<number(103, 2)).map { number(number(112 + 2 * $0, 2), 4) }
        return Set([0, number(108, 4) - 1] + cells.map { $0 - 1 })
    }

    /// The pages, counted from 0, that hold the rows of a table, in their order; the table has one level of pages above them.
    private func leaves(_ path: String, of table: String) throws -> [Int] {
        let pool = try DatabasePool(path: path, access: .readOnly, busyTimeoutSeconds: 1) { _ in }
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        let root = try #require(try pool.read { try Int64.fetchOne($0, sql: sql, arguments: [table]) })
        let page = try [UInt8](
            Data(contentsOf: URL(fileURLWithPath: path)).dropFirst(Int(root - 1) * Self.page).prefix(Self.page))
        func number(_ place: Int, _ count: Int) -> Int { page[place..<place + count].reduce(0) { $0 << 8 | Int($1) } }
        try #require(page[0] == 5)
        return (0..<number(3, 2)).map { number(number(12 + 2 * $0, 2), 4) - 1 } + [number(8, 4) - 1]
    }

    private func overwrite(_ path: String, at offset: Int, count: Int) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [UInt8](repeating: 0xA5, count: count))
        try file.close()
    }

    @Test func `changes nothing of a database that is whole`() throws {
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 3)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let report = try DatabaseRepair.run(path, at: time)
        #expect(report.damage == nil && report.copy == nil && report.salvage == nil && report.permissions.isEmpty)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func `narrows permissions of the files beside the database`() throws {
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 1)
        _ = try house.folder.file("a/convo.db.instance", "x", mode: 0o644)
        #expect(try DatabaseRepair.run(path, at: time).permissions == [path + ".instance"])
        #expect(try house.mode(path + ".instance") == 0o600)
    }

    @Test func `waits for nobody, and leaves a database alone that is in use`() throws {
        try house.queue(1)
        #expect(throws: BackupError.inUse(path: house.store.path)) {
            try DatabaseRepair.run(house.store.path, at: time)
        }
        #expect(throws: BackupError.missing(path: house.folder.file("none.db"))) {
            try DatabaseRepair.run(house.folder.file("none.db"), at: time)
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `saves all that a damaged page has not, and keeps the file as it was`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 60)
        let keys = try keys(path)
        let pages = try Int(Disk.look(at: path).size) / Self.page
        // The list of the tables must be readable: without it nothing can be.
        let listed = try listPages(path)
        var damaged: Set<Int> = []
        while damaged.count < 2 {
            let page = chance.int(in: 1...pages - 1)
            if !listed.contains(page) { damaged.insert(page) }
        }
        for page in damaged { try overwrite(path, at: page * Self.page, count: Self.page) }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let report = try DatabaseRepair.run(path, at: time)
        let copy = try #require(report.copy)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == before)
        #expect(report.salvage != nil || report.isIndexRebuilt)
        let saved = try found(path, keys)
        #expect(try saved == found(copy, keys))
        let isWhole = report.salvage?.isWhole ?? true
        #expect(!isWhole || saved.count == 600)
        let store = try Store(path: path)
        try store.checkIntegrity()
        #expect(try store.census().entries == saved.count)
        #expect(try Disk.names(in: house.folder.file("a")).allSatisfy { !$0.contains(".repairing") })
        if isWhole { #expect(try store.search("word7").total == 10) }
        // Whatever was lost, the next pull fetches it; a conversation that is not here is new to it.
        let lostConversations = report.salvage?.replacedConversations ?? 0
        if !isWhole {
            #expect(try store.staleConversations(limit: 100, now: time).count + lostConversations > 0)
        }
    }

    @Test func `saves what is left of a file that was cut short`() throws {
        let path = house.folder.file("d.db")
        try fill(path, conversations: 60)
        let all = try keys(path)
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        #expect(truncate(path, off_t(size - 6 * Self.page)) == 0)
        #expect(try DatabaseRepair.run(path, at: time).copy != nil)
        let saved = try keys(path)
        #expect(saved.count > all.count / 2 && Set(saved).isSubset(of: all), "\(saved.count) of \(all.count)")
        try Store(path: path).checkIntegrity()
    }

    @Test func `and a backup keep a person's names and tags`() throws {
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 60)
        func labels(_ store: Store) throws -> [String] {
            try store.conversations().map { "\($0.id) \($0.localName ?? "") \($0.tags)" }.sorted()
        }
        let store = try Store(path: path)
        for (number, conversation) in try store.conversations().enumerated() {
            try store.rename(conversation.id, to: "Mine \(number)")
            try store.tag(conversation.id, adding: ["t\(number)", "work"])
        }
        let before = try labels(store)
        let manifest = try house.open(.making).makeBackup(of: store, at: time).manifest
        _ = try house.open(.reading).restore(manifest.name, to: house.folder.file("b/convo.db"))
        #expect(try labels(Store(path: house.folder.file("b/convo.db"))) == before)

        _ = try Store.salvage(path, to: house.folder.file("c.db"))
        #expect(try labels(Store(path: house.folder.file("c.db"))) == before)
        let damaged = try leaves(path, of: "entry")[0]
        store.finishCheckpoints()
        try FileManager.default.copyItem(atPath: path, toPath: house.folder.file("d.db"))
        try overwrite(house.folder.file("d.db"), at: damaged * Self.page, count: Self.page)
        #expect(try DatabaseRepair.run(house.folder.file("d.db"), at: time).salvage?.isWhole == false)
        let repaired = try Store(path: house.folder.file("d.db"))
        #expect(try labels(repaired) == before && repaired.search("\"mine 7\"").total == 1)
        #expect(try repaired.tags().first { $0.tag == "work" }?.conversations == 60)
        try repaired.checkIntegrity()
    }

    @Test(arguments: [[0, -1], [-2, -1], [0, 1, -3, -1], [5]])
    func `saves what lies between damaged pages, the last one among them`(places: [Int]) throws {
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 60)
        let keys = try keys(path)
        let leaves = try leaves(path, of: "entry")
        for place in places {
            try overwrite(path, at: leaves[place < 0 ? leaves.count + place : place] * Self.page, count: Self.page)
        }
        let report = try DatabaseRepair.run(path, at: time)
        let saved = try found(path, keys)
        #expect(try saved == found(#require(report.copy), keys))
        #expect(saved.count < 600 && saved.count > 600 - 100 * places.count)
    }

    @Test func `saves the rows beside those whose text goes on in damaged pages`() throws {
        let path = house.folder.file("a/convo.db")
        try fill(path, conversations: 1, entryWords: 14000)
        let keys = try keys(path)
        let pages = try Int(Disk.look(at: path).size) / Self.page
        let text = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        // A page in the middle of a long text begins with the number of the next page, and has nothing but the text.
        let overflow = (1..<pages).filter {
            text[($0 * Self.page + 100)..<($0 * Self.page + Self.page - 100)].allSatisfy { $0 < 0x80 && $0 >= 0x20 }
        }
        for page in overflow[overflow.count / 3..<overflow.count / 2] {
            try overwrite(path, at: page * Self.page, count: 4)
        }
        let report = try DatabaseRepair.run(path, at: time)
        let saved = try found(path, keys)
        #expect(try saved == found(#require(report.copy), keys))
        #expect(saved.count < 10 && saved.count > 3)
    }
}
