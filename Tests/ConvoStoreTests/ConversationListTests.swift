import ConvoModel
import SeededRandom
import Testing

@testable import ConvoStore

@Suite struct `A list of conversations that is read a few at a time` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private static let count = ConversationList.pageSize * 2 + 30

    init() throws {
        temporary = try TemporaryStore()
        _ = try temporary.store.ingest((0..<Self.count).map { try .sample("conv_\($0)", updated: Self.time($0)) })
    }

    /// A time of activity; many conversations have the same.
    private static func time(_ number: Int) -> String { "2026-03-11T10:00:\(10 + number % 50).000000Z" }

    private func ids(limit: Int? = nil, _ meanwhile: (Int) throws -> Void = { _ in }) throws -> [LocalID] {
        var (ids, pages) = ([LocalID](), 0)
        try store.forEachConversation(limit: limit) { page in
            ids += page.map(\.id)
            #expect(page.count <= ConversationList.pageSize)
            pages += 1
            try meanwhile(pages)
        }
        return ids
    }

    @Test(arguments: [nil, 1, 7, 199, 200, 201, 399, 400, 401, 10_000])
    func `has the order of the whole, and no more than is asked for`(limit: Int?) throws {
        #expect(try ids(limit: limit) == store.conversations(limit: limit).map(\.id))
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `has each once, whatever happens between two pages`(seed: UInt64) throws {
        var chance = SplitMix64(seed: seed)
        var moved: Set<String> = []
        let before = try store.conversations()
        let read = try ids { page in
            for _ in 0..<5 {
                let number = chance.int(in: 0...Self.count - 1)
                moved.insert("conv_\(number)")
                _ = try store.ingest([.sample("conv_\(number)", updated: "2026-03-12T10:00:00.00000\(page)Z")])
            }
            _ = try store.ingest([.sample("new_\(page)", updated: "2026-03-12T00:00:00.000000Z")])
        }
        #expect(Set(read).count == read.count && Set(before.map(\.id)).isSubset(of: read))
        let still = Set(before.filter { !moved.contains($0.remoteID?.rawValue ?? "") }.map(\.id))
        #expect(read.filter(still.contains) == before.map(\.id).filter(still.contains))
    }

    @Test func `leaves out what is deleted, and keeps the order of what was named`() throws {
        let named = try ["conv_3", "conv_1", "conv_3", "conv_2"].map { try store.localID(matching: $0) }
        let (list, all) = (try store.conversationList(of: named + [LocalID("none")]), try store.conversationList())
        #expect(list.count == 3 && all.count == Self.count)
        try store.run("UPDATE conversation SET hidden = 1 WHERE remote_id = 'conv_1'")
        var found: [String?] = []
        try list.forEachPage { found += $0.map(\.remoteID?.rawValue) }
        #expect(found == ["conv_3", "conv_2"])
        var count = 0
        try all.forEachPage { count += $0.count }
        #expect(count == Self.count - 1)
    }
}

@Suite struct `An archive that is read while it is used` {
    private let temporary: TemporaryStore
    private var store: Store { temporary.store }
    private let id: LocalID

    init() throws {
        temporary = try TemporaryStore()
        _ = try temporary.store.ingest([.sample("conv_1")])
        id = try temporary.store.localID(matching: "conv_1")
    }

    private func fill(_ count: Int, bytes: Int) throws {
        let entries = (0..<count).map { message("m\($0)", String(repeating: "long ", count: bytes / 5)) }
        try store.take("conv_1", entries, version: "2026-03-12T00:00:00.000000Z")
    }

    private func entries(_ archive: StreamedArchive) throws -> [ArchivedEntry] {
        var entries: [ArchivedEntry] = []
        try archive.forEachEntry { entries.append($0) }
        return entries
    }

    @Test(arguments: [(0, 10), (3, 10), (3, 500_000), (40, 50_000)])
    func `has the entries of the whole, of one moment, as often as they are read`(count: Int, bytes: Int) throws {
        try fill(count, bytes: bytes)
        let whole = try store.archive(of: id)
        try store.withArchive(of: id) { archive in
            #expect(archive.facts == whole.facts && archive.raw == whole.raw)
            #expect(try entries(archive) == whole.entries)
            try store.run("DELETE FROM entry")
            #expect(try entries(archive) == whole.entries)
        }
        #expect(try store.withArchive(of: id) { try entries($0).count } == 0)
    }

    @Test(arguments: [10, 2_000_000])
    func `passes on what fails in its use`(bytes: Int) throws {
        struct Full: Error {}
        try fill(2, bytes: bytes)
        #expect(throws: Full.self) { try store.withArchive(of: id) { try $0.forEachEntry { _ in throw Full() } } }
        #expect(try store.withArchive(of: id) { try entries($0).count } == 2)
        #expect(throws: StoreError.self) { try store.withArchive(of: LocalID("none")) { _ in } }
    }
}
