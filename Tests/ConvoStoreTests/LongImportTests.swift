import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite struct `A long conversation that is imported` {
    private let target: TemporaryStore

    init() throws { target = try TemporaryStore() }

    /// Has the target fail at a change of an entry, as where the process dies then.
    private func failing(_ change: String, _ condition: String, _ work: () throws -> Void) throws {
        try target.store.run(
            """
            CREATE TRIGGER death BEFORE \(change) ON entry WHEN \(condition)
            BEGIN SELECT RAISE (ABORT, 'killed'); END
            """)
        try work()
        try target.store.run("DROP TRIGGER death")
    }

    /// What an archive of another database says of a conversation.
    private func mirrored() throws -> ArchivedConversation.Facts {
        let source = try TemporaryStore()
        try source.store.mirror(.sample("conv_1", updated: "2026-01-01T00:00:00Z"), [message("m", "apple")])
        return try source.store.archive(of: source.store.localID(matching: "conv_1")).facts
    }

    @Test func `takes several transactions, and is whole after another import if the process dies`() throws {
        let raws = (0..<4000).map { message("m\($0)", "apple \($0)") }
        let facts = try mirrored()
        let archive = ArchivedConversation(
            facts: facts, raw: nil,
            entries: try raws.map { raw in
                let entry = Entry(raw: try JSONText(raw))
                return ArchivedEntry(
                    id: try #require(entry.id), entry: entry, droppedAt: nil, isLocalOnly: false, completedAt: nil)
            })
        // What a process that dies after the first transaction leaves.
        try failing("INSERT", "NEW.position = 2000") {
            #expect(throws: StoreError.self) { try target.store.ingest(archive) }
        }
        let partial = try target.store.conversation(matching: facts.id.rawValue)
        #expect(partial.importState == .partial && partial.entryCount > 0 && partial.entryCount < 2000)
        #expect(try target.store.ingest(archive) == .updated(entries: 4000 - partial.entryCount))
        #expect(try target.store.conversation(matching: facts.id.rawValue).importState == .whole)
        #expect(try target.store.archive(of: facts.id) == archive)
        #expect(try target.store.search("apple").total == 4000)
    }

    @Test func `has its entries replaced although the process dies in between`() throws {
        func archive(_ word: String, _ updatedAt: String) throws -> ArchivedConversation {
            var facts = ArchivedConversation.Facts(id: LocalID("a"), createdAt: updatedAt, updatedAt: updatedAt)
            facts.remoteID = RemoteID("conv_1")
            return ArchivedConversation(
                facts: facts, raw: nil,
                entries: try (0..<3000).map { number in
                    let entry = Entry(raw: try JSONText(message("m\(number)", word)))
                    return ArchivedEntry(
                        id: EntryID("m\(number)"), entry: entry, droppedAt: nil, isLocalOnly: false, completedAt: nil)
                })
        }
        let (old, new) = (try archive("apple", "2026-01-01T00:00:00Z"), try archive("cherry", "2026-01-02T00:00:00Z"))
        _ = try target.store.ingest(old)
        try failing("UPDATE", "OLD.position = 2500") {
            #expect(throws: StoreError.self) { try target.store.ingest(new) }
        }
        #expect(try target.store.conversation(matching: "conv_1").importState == .partial)
        _ = try target.store.ingest(new)
        #expect(try target.store.archive(of: LocalID("a")) == new)
        #expect(try target.store.ingest(new) == .unchanged && target.store.ingest(old) == .unchanged)
        #expect(try target.store.search("cherry").total == 3000 && target.store.search("apple").total == 0)
    }
}
