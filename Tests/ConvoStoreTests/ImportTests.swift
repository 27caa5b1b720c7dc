import ConvoJSON
import ConvoModel
import Fuzzing
import SeededRandom
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
        facts.updatedAt = "2026-01-01T00:00:00.000009Z"
        facts.deletedRemotelyAt = "2026-02-02T00:00:00.000000Z"
        let entry = Entry(raw: try JSONText(reply("conv_1_1", "cherry")))
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

    @Test func `takes from an archive of the same time what is not known here, and loses nothing to it`() throws {
        let full = try mirrored()
        var facts = full.facts
        (facts.name, facts.deletedRemotelyAt) = (nil, "2026-02-02T00:00:00.000000Z")
        (facts.id, facts.parent) = (
            LocalID("other"), .init(id: LocalID("p"), remoteID: nil, entry: nil, isInferred: false)
        )
        let entry = full.entries[0]
        let bare = ArchivedConversation(
            facts: facts, raw: nil,
            entries: [
                ArchivedEntry(
                    id: entry.id, entry: entry.entry, droppedAt: "2026-03-03", isLocalOnly: true,
                    completedAt: "2026-04-04")
            ])
        for archives in [[full, bare], [bare, full]] {
            let store = try TemporaryStore().store
            for archive in archives { _ = try store.ingest(archive) }
            for archive in archives + archives.reversed() { #expect(try store.ingest(archive) == .unchanged) }
            let held = try store.archive(of: store.localID(matching: "conv_1"))
            #expect(held.facts.id == archives[0].facts.id && held.raw == full.raw && held.facts.name == full.facts.name)
            #expect(held.facts.deletedRemotelyAt == facts.deletedRemotelyAt && held.facts.parent == facts.parent)
            #expect(held.entries.count == 2 && held.entries[0].droppedAt == "2026-03-03")
            #expect(held.entries[0].completedAt == "2026-04-04")
            #expect(held.entries[0].isLocalOnly == archives[0].entries[0].isLocalOnly)
            #expect(try store.search("apple").total == 2 && store.search("\"name of\"").total == 1)
            try store.checkIntegrity()
        }
    }

    /// Archives of one conversation in which everything may differ, and be missing.
    private func variant(_ random: inout SplitMix64) throws -> ArchivedConversation {
        func word() -> String? { random.element(of: [nil, "apple", "cherry", "kiwi"]) ?? nil }
        var facts = ArchivedConversation.Facts(
            id: LocalID("a\(random.int(in: 1...2))"), createdAt: "2026",
            updatedAt: random.element(of: [
                "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-02T00:00:00Z", "?", "",
            ]) ?? "")
        facts.remoteID = RemoteID("conv_1")
        (facts.name, facts.description, facts.model) = (word(), word(), word())
        (facts.agentID, facts.deletedRemotelyAt, facts.isLocalOnly) = (word(), word(), random.chance(perMille: 500))
        facts.parent = word().map { .init(id: LocalID($0), remoteID: nil, entry: nil, isInferred: false) }
        let raw = word().map { JSONText.object(["id": .string("conv_1"), "name": .string($0)]) }
        var entries: [ArchivedEntry] = []
        for number in 0..<3 where random.chance(perMille: 700) {
            let entry = Entry(raw: try JSONText(message("m\(number)", word() ?? "")))
            entries.append(
                ArchivedEntry(
                    id: EntryID("m\(number)"), entry: entry, droppedAt: word(),
                    isLocalOnly: random.chance(perMille: 500),
                    completedAt: word()))
        }
        return ArchivedConversation(facts: facts, raw: raw, entries: entries)
    }

    @Test func `is the same after the same archives again, in whatever order, and however they differ`() throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SplitMix64(seed: seed)
            let store = try TemporaryStore().store
            let archives = try (0..<4).map { _ in try variant(&random) }
            for archive in archives { _ = try store.ingest(archive) }
            let held = try store.archive(of: store.localID(matching: "conv_1"))
            for _ in 0..<6 {
                let archive = archives[random.int(in: 0...3)]
                #expect(try store.ingest(archive) == .unchanged, "seed \(seed)")
            }
            #expect(try store.archive(of: store.localID(matching: "conv_1")) == held, "seed \(seed)")
            try store.checkIntegrity()
        }
    }

    @Test func `takes no write, and is deleted here only`() throws {
        let id = try mirrored().facts.id
        _ = try target.store.ingest(mirrored())
        #expect(refusal { _ = try target.append(to: id) } == "\(StoreError.localOnly(id))")
        #expect(
            refusal {
                _ = try target.branch("x", from: "conv_1_0", of: id)
            } == "\(StoreError.localOnly(id))")
        #expect(try target.store.delete(id, .both) == nil)
        #expect(try target.store.number("SELECT COUNT(*) FROM operation") == 0)
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
        try target.store.mirror(.sample("conv_1"), [message("conv_1_0", "apple 0"), reply("conv_1_1", "kiwi")])
        #expect(try target.store.search("kiwi").total == 1 && target.store.search("apple").total == 1)
        #expect(try target.store.ingest(archive) == .alreadyHere)
        _ = try target.append(to: conversation.id)
        try target.store.checkIntegrity()
    }

    @Test func `keeps exchanges that the server does not store in their place once it is mirrored`() throws {
        let id = try mirrored().facts.id
        var request = AppendRequest(inputs: .text("aside"))
        request.store = false
        let write = try source.store.append(request, to: id).operation
        try source.store.markDelivered(write, response: source.response("conv_1", reply("aside a", "between us")))
        let history =
            [message("conv_1_0", "apple 0"), message("conv_1_1", "apple 1", role: "assistant")]
            + [message("next q", "next"), reply("next a", "then")]
        let later = try Conversation.sample("conv_1", updated: "2026-01-02T00:00:00Z")
        try source.store.mirror(later, history)
        let archive = try source.store.archive(of: id)
        #expect(try target.store.ingest(archive) == .new(entries: 6))
        #expect(try target.store.archive(of: archive.facts.id).entries == archive.entries)
        try target.store.mirror(later, history)
        let shown = try target.store.history(of: archive.facts.id).entries.map { $0.entry.id?.rawValue }
        #expect(shown == ["conv_1_0", "conv_1_1", "local_\(write)_0", "aside a", "next q", "next a"])
        #expect(try target.store.ingest(archive) == .alreadyHere)
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

    @Test func `and every other conversation with a hit is found for an export`() throws {
        _ = try target.store.ingest(mirrored())
        _ = try target.store.ingest(mirrored("conv_2"))
        func found(_ query: String) throws -> Set<String?> {
            var found: Set<String?> = []
            try target.store.conversationList(matching: query).forEachPage { page in
                found.formUnion(page.map(\.remoteID?.rawValue))
            }
            return found
        }
        #expect(try found("apple") == ["conv_1", "conv_2"])
        #expect(try found("conv_2") == ["conv_2"], "by its name")
        #expect(try found("apple in:conv_1") == ["conv_1"])
        #expect(try found("in:conv_1") == ["conv_1"])
        #expect(try found("kiwi") == [] && found("") == [] && found("apple before:2020") == [])
    }
}
