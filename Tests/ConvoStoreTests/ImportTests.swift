import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite struct `An imported conversation` {
    private let source: TemporaryStore
    private let target: TemporaryStore

    init() throws {
        source = try TemporaryStore()
        target = try TemporaryStore()
    }

    private func mirrored(_ id: String = "conv_1", _ entries: Int = 2) throws -> ArchivedConversation {
        try source.store.mirror(
            .sample(id, updated: "2026-01-01T00:00:00.00000\(entries)Z"),
            (0..<entries).map { message("\(id)_\($0)", "apple \($0)", role: $0 % 2 == 0 ? "user" : "assistant") })
        return try source.store.archive(of: source.store.localID(matching: id))
    }

    private func outbox(_ temporary: TemporaryStore) throws -> Int {
        try temporary.store.read { try $0.count(sql: "SELECT COUNT(*) FROM operation") }
    }

    @Test func `is as it was, and is found`() throws {
        let archive = try mirrored()
        #expect(try target.store.ingest(archive) == .new(entries: 2))
        #expect(try target.store.archive(of: archive.facts.id) == archive)
        let conversation = try target.store.conversation(matching: "conv_1")
        #expect(conversation.isLocalOnly && conversation.importState == .whole && conversation.name == "Name of conv_1")
        #expect(try target.store.search("apple").total == 2)
        #expect(try target.store.search("\"name of\"").total == 1)
        try target.store.finishImport()
        try target.store.checkIntegrity()
    }

    @Test func `is not doubled, and takes what is new`() throws {
        #expect(try target.store.ingest(mirrored()) == .new(entries: 2))
        #expect(try target.store.ingest(mirrored()) == .unchanged)
        let old = try mirrored()
        let new = try mirrored("conv_1", 4)
        #expect(try target.store.ingest(new) == .updated(entries: 2))
        #expect(try target.store.archive(of: new.facts.id) == new)
        #expect(try target.store.ingest(old) == .unchanged, "an older one takes nothing back")
        #expect(try target.store.archive(of: new.facts.id) == new)
        #expect(try target.store.conversations().count == 1)
        #expect(try target.store.search("apple").total == 4)
    }

    @Test func `has changed entries and facts replaced, and the index with them`() throws {
        let old = try mirrored()
        _ = try target.store.ingest(old)
        var facts = old.facts
        facts.name = "Pears"
        facts.deletedRemotelyAt = "2026-02-02T00:00:00.000000Z"
        let entry = Entry(raw: try JSONText(message("conv_1_1", "cherry", role: "assistant")))
        let changed = ArchivedEntry(
            id: EntryID("conv_1_1"), entry: entry, droppedAt: "2026-03-03", isLocalOnly: true, completedAt: "2026-04-04"
        )
        let new = ArchivedConversation(facts: facts, raw: old.raw, entries: [old.entries[0], changed])
        #expect(try target.store.ingest(new) == .updated(entries: 1))
        #expect(try target.store.archive(of: facts.id) == new)
        #expect(try target.store.search("cherry").total == 1)
        #expect(try target.store.search("apple").total == 1)
        #expect(try target.store.search("name").total == 0 && target.store.search("pears").total == 1)
        try target.store.checkIntegrity()
    }

    @Test func `takes from an older archive what it lacks, and nothing else`() throws {
        let old = try mirrored()
        var facts = old.facts
        facts.updatedAt = "2026-01-01T00:00:00.000009Z"
        facts.name = "Newer"
        let entry = Entry(raw: try JSONText(message("conv_1_0", "cherry")))
        let changed = ArchivedEntry(
            id: EntryID("conv_1_0"), entry: entry, droppedAt: nil, isLocalOnly: false, completedAt: nil)
        #expect(
            try target.store.ingest(ArchivedConversation(facts: facts, raw: old.raw, entries: [changed]))
                == .new(entries: 1))
        #expect(try target.store.ingest(old) == .updated(entries: 1))
        let held = try target.store.archive(of: facts.id)
        #expect(held.facts == facts && held.entries == [changed, old.entries[1]])
    }

    @Test func `takes no write, and is deleted here only`() throws {
        let id = try mirrored().facts.id
        _ = try target.store.ingest(mirrored())
        #expect(refusal { _ = try target.append(to: id) } == "\(StoreError.localOnly(id))")
        #expect(
            refusal {
                _ = try target.store.restart(RestartRequest(from: EntryID("conv_1_0"), inputs: .text("x")), of: id)
            }
                == "\(StoreError.localOnly(id))")
        #expect(try target.store.delete(id, .both) == nil)
        #expect(try outbox(target) == 0)
        #expect(try target.store.conversations().isEmpty)
    }

    @Test func `that was deleted here stays so, unless it is asked for`() throws {
        let archive = try mirrored()
        _ = try target.store.ingest(archive)
        _ = try target.store.delete(archive.facts.id, .local)
        #expect(try target.store.ingest(archive) == .deletedHere)
        #expect(try target.store.conversations().isEmpty && target.store.search("apple").total == 0)
        #expect(try target.store.ingest(archive, revivesDeleted: true) == .new(entries: 2))
        #expect(try target.store.archive(of: archive.facts.id) == archive)
        #expect(try target.store.search("apple").total == 2 && target.store.search("name").total == 1)
        try target.store.checkIntegrity()
    }

    @Test func `is never one that is mirrored or started here`() throws {
        let archive = try mirrored()
        #expect(try source.store.ingest(archive) == .alreadyHere)
        try target.store.mirror(.sample("conv_1"), [message("other", "pear")])
        #expect(try target.store.ingest(archive) == .alreadyHere, "another local id, the same on the server")
        #expect(try target.store.search("apple").total == 0)
        let start = try source.start()
        #expect(try source.store.ingest(source.store.archive(of: start.conversation)) == .alreadyHere)
        #expect(try source.store.conversation(matching: start.conversation.rawValue).importState == nil)
    }

    @Test func `with the local id of another conversation gets one of its own`() throws {
        let archive = try mirrored()
        _ = try target.store.ingest(archive)
        var facts = archive.facts
        facts.remoteID = RemoteID("conv_2")
        let twin = ArchivedConversation(facts: facts, raw: nil, entries: [])
        #expect(try target.store.ingest(twin) == .new(entries: 0))
        #expect(try target.store.ingest(twin) == .unchanged)
        let id = try target.store.localID(matching: "conv_2")
        #expect(id != facts.id)
        #expect(try target.store.archive(of: id) == twin, "it is exported as it came")
    }

    @Test func `is mirrored once the server shows it`() throws {
        let archive = try mirrored()
        _ = try target.store.ingest(archive)
        let page = try target.store.ingest([try Conversation(raw: #require(archive.raw))])
        #expect(page.items == [.changed])
        let conversation = try target.store.conversation(matching: "conv_1")
        #expect(!conversation.isLocalOnly && conversation.importState == nil && conversation.id == archive.facts.id)
        #expect(try target.store.staleConversations(limit: 9, now: target.clock.now).map(\.id) == [conversation.id])
        try target.store.mirror(
            .sample("conv_1"), [message("conv_1_0", "apple 0"), message("conv_1_1", "kiwi", role: "assistant")])
        #expect(try target.store.search("kiwi").total == 1 && target.store.search("apple").total == 1)
        #expect(try target.store.ingest(archive) == .alreadyHere)
        _ = try target.append(to: conversation.id)
        try target.store.checkIntegrity()
    }

    @Test func `has its files fetched once it is mirrored, and not before`() throws {
        let file =
            #"{"type":"message.output","id":"f","content":[{"type":"tool_file","file_id":"abc","file_name":"a.png"}]}"#
        try source.store.mirror(.sample("conv_1"), [file])
        let archive = try source.store.archive(of: source.store.localID(matching: "conv_1"))
        _ = try target.store.ingest(archive)
        #expect(try target.store.files().isEmpty)
        _ = try target.store.ingest([try Conversation(raw: #require(archive.raw))])
        #expect(try target.store.files().map(\.name) == ["a.png"])
    }

    @Test func `is no work for a pull, nor counted where the server's are`() throws {
        _ = try target.store.ingest(mirrored())
        #expect(try target.store.staleConversations(limit: 9, now: target.clock.now).isEmpty)
        #expect(try target.store.mirrored(exceptOn: []).isEmpty)
        #expect(try target.store.deletionCensus().mirrored == 0)
    }

    @Test func `finds its parent in whatever order they come`() throws {
        let parent = try mirrored("conv_1")
        var facts = try mirrored("conv_2").facts
        facts.parent = ArchivedConversation.Parent(
            id: parent.facts.id, remoteID: parent.facts.remoteID, entry: EntryID("conv_1_0"), isInferred: true)
        let branch = ArchivedConversation(facts: facts, raw: nil, entries: [])
        for order in [[parent, branch], [branch, parent]] {
            let store = try TemporaryStore().store
            for archive in order { _ = try store.ingest(archive) }
            let known = try store.conversation(matching: "conv_2").parent
            #expect(known == .init(conversation: parent.facts.id, entry: EntryID("conv_1_0"), isInferred: true))
            #expect(try store.archive(of: facts.id) == branch)
        }
    }

    @Test func `is no branch of its own branch`() throws {
        var (one, two) = (try mirrored("conv_1").facts, try mirrored("conv_2").facts)
        let (first, second) = (one, two)
        one.parent = .init(id: second.id, remoteID: nil, entry: nil, isInferred: false)
        two.parent = .init(id: first.id, remoteID: nil, entry: nil, isInferred: false)
        for facts in [one, two] {
            _ = try target.store.ingest(ArchivedConversation(facts: facts, raw: nil, entries: []))
        }
        let parents = try target.store.conversations().filter { $0.parent != nil }
        #expect(parents.count == 1)
        #expect(try target.store.tree(of: one.id).branches.count == 1)
        one.parent = .init(id: one.id, remoteID: nil, entry: nil, isInferred: false)
        _ = try TemporaryStore().store.ingest(ArchivedConversation(facts: one, raw: nil, entries: []))
    }

    @Test func `that is long takes several transactions, and is whole after another import if the process dies`() throws
    {
        let raws = (0..<4000).map { message("m\($0)", "apple \($0)") }
        let facts = try mirrored().facts
        let archive = ArchivedConversation(
            facts: facts, raw: nil,
            entries: try raws.map { raw in
                let entry = Entry(raw: try JSONText(raw))
                return ArchivedEntry(
                    id: try #require(entry.id), entry: entry, droppedAt: nil, isLocalOnly: false, completedAt: nil)
            })
        // What a process that dies after the first transaction leaves.
        try target.store.write { database in
            try database.execute(
                sql: """
                    CREATE TRIGGER death BEFORE INSERT ON entry WHEN NEW.position = 2000
                    BEGIN SELECT RAISE (ABORT, 'killed'); END
                    """)
        }
        #expect(throws: StoreError.self) { try target.store.ingest(archive) }
        let partial = try target.store.conversation(matching: facts.id.rawValue)
        #expect(partial.importState == .partial && partial.entryCount > 0 && partial.entryCount < 2000)
        try target.store.write { try $0.execute(sql: "DROP TRIGGER death") }
        #expect(try target.store.ingest(archive) == .updated(entries: 4000 - partial.entryCount))
        #expect(try target.store.conversation(matching: facts.id.rawValue).importState == .whole)
        #expect(try target.store.archive(of: facts.id) == archive)
        #expect(try target.store.search("apple").total == 4000)
    }

    @Test func `and every other conversation with a hit is found for an export`() throws {
        _ = try target.store.ingest(mirrored())
        _ = try target.store.ingest(mirrored("conv_2"))
        func found(_ query: String) throws -> Set<String?> {
            Set(try target.store.conversations(matching: query).map(\.remoteID?.rawValue))
        }
        #expect(try found("apple") == ["conv_1", "conv_2"])
        #expect(try found("conv_2") == ["conv_2"], "by its name")
        #expect(try found("apple in:conv_1") == ["conv_1"])
        #expect(try found("in:conv_1") == ["conv_1"])
        #expect(try found("kiwi") == [] && found("") == [] && found("apple before:2020") == [])
    }
}
