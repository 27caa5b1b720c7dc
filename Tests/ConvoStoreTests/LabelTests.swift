import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

extension TemporaryStore {
    /// The local name and the tags of a conversation.
    fileprivate func labels(_ name: String) throws -> [String?] {
        let conversation = try store.conversation(matching: name)
        return [conversation.localName] + conversation.tags
    }
}

@Suite final class `A name of one's own`: TwoConversations {
    @Test func `stands beside the server's, and both find the conversation`() throws {
        try store.rename(first, to: "  Trip to Lyon\u{3000}")
        let conversation = try store.conversation(matching: "conv_1")
        #expect(conversation.localName == "Trip to Lyon" && conversation.name == "Name of conv_1")
        #expect(conversation.title == "Trip to Lyon")
        for query in ["lyon", "\"name of conv_1\""] {
            let hits = try store.search(query).hits
            #expect(hits.map(\.conversation) == [first] && hits[0].conversationName == "Trip to Lyon", "\(query)")
        }
        for query in ["hello in:trip", "hello in:lyon", "hello in:\"name of conv_1\""] {
            let hits = try store.search(query).hits
            #expect(hits.map(\.conversation) == [first] && hits[0].conversationName == "Trip to Lyon", "\(query)")
        }
        try store.checkIntegrity()
    }

    @Test func `is replaced and taken away, and the index with it`() throws {
        try store.rename(first, to: "Lyon")
        try store.rename(first, to: "Paris")
        #expect(try store.search("lyon").total == 0 && store.search("paris").total == 1)
        try store.rename(first, to: nil)
        #expect(try store.search("paris").total == 0 && store.search("\"name of conv_1\"").total == 1)
        #expect(try store.conversation(matching: "conv_1").title == "Name of conv_1")
        try store.checkIntegrity()
    }

    @Test(arguments: ["", " \n ", "a\nb", "a\u{0}", "a\u{9B}31m", "x\u{2028}y", String(repeating: "é", count: 257)])
    func `is refused if it is not one line of text, and nothing changes`(name: String) throws {
        try store.rename(first, to: "Lyon")
        let error = #expect(throws: StoreError.self) { try store.rename(first, to: name) }
        #expect(error?.code == "invalid_name")
        #expect(try temporary.labels("conv_1") == ["Lyon"])
    }

    @Test func `is given to no conversation that is not here`() throws {
        #expect(throws: StoreError.self) { try store.rename(LocalID("none"), to: "x") }
        _ = try store.delete(first, .local)
        let error = #expect(throws: StoreError.self) { try store.rename(first, to: "x") }
        #expect(error?.code == "no_such_conversation")
    }

    @Test func `that is the same again is no change`() throws {
        try store.rename(first, to: "Lyon")
        let position = try store.changePosition()
        try store.rename(first, to: "Lyon")
        #expect(try store.changes(after: position).isEmpty)
        try store.rename(first, to: "Lyo\u{6E}\u{303}")
        try store.rename(first, to: "Lyo\u{F1}")
        #expect(
            try store.conversation(matching: "conv_1").localName?.utf8.count == 5,
            "the bytes count, and not what they show"
        )
        #expect(try store.changes(after: position).conversations.map(\.id) == [first])
    }
}

@Suite final class `A title`: StoreSuite {
    private func unnamed(_ id: String, _ entries: [String]) throws -> String {
        let raw =
            #"{"id":"\#(id)","object":"conversation","model":"m","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:01Z"}"#
        try store.mirror(Conversation(raw: JSONText(raw)), entries)
        return try store.conversation(matching: id).title
    }

    @Test func `is made of the first words of a person, where there is no name`() throws {
        #expect(
            try unnamed("a", [reply("r", "Welcome"), message("q", " Two\n\n  words "), message("p", "later")])
                == "Two words")
        let chunks =
            #"{"type":"message.input","id":"c","role":"user","content":[{"type":"image_url","image_url":"data:x"},{"type":"text","text":"see this"}]}"#
        #expect(try unnamed("b", [chunks]) == "see this")
        let long = try unnamed("c", [message("q", String(repeating: "word ", count: 9000))])
        #expect(long == String(repeating: "word ", count: 15) + "word…")
        let exact = try unnamed("g", [message("q", String(repeating: "x", count: 80) + " ")])
        #expect(exact == String(repeating: "x", count: 80))
        let over = try unnamed("h", [message("q", String(repeating: "é", count: 81))])
        #expect(over == String(repeating: "é", count: 79) + "…" && over.count == Opening.limit)
        #expect(try unnamed("d", []) == "(no name)" && unnamed("e", [message("q", " \n")]) == "(no name)")
        let signed = try unnamed("f", [message("q", "https://h.test/f?sig=secret&X-Amz-Signature=abc see")])
        #expect(!signed.contains("abc"))
    }

    @Test func `is that of a write that has not been sent, until there are entries`() throws {
        let start = try temporary.start("my question")
        #expect(try store.conversation(matching: start.conversation.rawValue).title == "my question")
        let inputs = Inputs.entries([try JSONText(message("x", "listed"))])
        #expect(Opening.words(of: .object(["inputs": inputs.json])) == "listed")
        _ = try store.cancel(start.operation)
        #expect(throws: StoreError.self) { try store.conversation(matching: start.conversation.rawValue) }
    }
}

@Suite final class `A tag`: TwoConversations {
    @Test func `is the same whatever its case, its accents and its encoding`() throws {
        #expect(try store.tag(first, adding: ["Réisen", "work", "WORK"]) == ["Réisen", "work"])
        #expect(try store.tag(first, adding: ["re\u{301}isen", "Work"]) == ["Réisen", "work"])
        #expect(try store.tag(second, adding: ["STRASSE", "c++", "Work"]) == ["c++", "STRASSE", "Work"])
        #expect(try store.tag(second, adding: ["Straße", "c"]) == ["c", "c++", "STRASSE", "Work"])
        let counts = try store.tags()
        #expect(counts.map(\.tag) == ["c", "c++", "Réisen", "STRASSE", "work"])
        #expect(counts.map(\.conversations) == [1, 1, 1, 1, 2])
        #expect(try store.tag(second, adding: ["x"], removing: ["C", "straße", "none"]) == ["c++", "Work", "x"])
    }

    @Test(arguments: [
        "", "a b", "a,b", "a\u{A0}b", "\u{1B}x", "-a", "a\"", "a*", "\u{301}", "a\nb",
        String(repeating: "a", count: 65),
    ])
    func `is refused if a query could not name it, and nothing changes`(name: String) throws {
        let error = #expect(throws: StoreError.self) { try store.tag(first, adding: ["good", name]) }
        #expect(error?.code == "invalid_tag")
        #expect(try store.tags().isEmpty)
    }

    @Test func `is one of 64 at most`() throws {
        try store.tag(first, adding: (1...64).map { "t\($0)" })
        #expect(throws: StoreError.self) { try store.tag(first, adding: ["more"]) }
        #expect(try store.tag(first, adding: ["more"], removing: ["t1"]).count == 64)
    }

    @Test(
        arguments: [
            ("tag:work", [1, 1]), ("tag:WÖRK", [1, 1]), ("-tag:work hello", [2]), ("hello tag:work", [1]),
            ("tag:wo", []), ("tag:wo*", [1, 1]), ("-tag:* hello", [2]), ("tag:urgent hello", [1]),
            ("tag:work tag:none", []), ("name tag:work", [1]), ("name -tag:work", [2]), ("tag:\"work\" hello", [1]),
            ("tag:", []), ("tag:% hello", []), ("tag:w_rk hello", []),
        ] as [(String, [Int])])
    func `is a field of a query`(query: String, expected: [Int]) throws {
        try store.tag(first, adding: ["work", "urgent"])
        let hits = try store.search(query).hits.map { $0.conversation == first ? 1 : 2 }
        #expect(hits.sorted() == expected, "\(query)")
    }

    @Test func `finds a conversation for an export that has no entry yet`() throws {
        let start = try temporary.start("question")
        try store.tag(start.conversation, adding: ["work"])
        try store.tag(second, adding: ["work"])
        var found: [LocalID] = []
        try store.conversationList(matching: "tag:work").forEachPage { found += $0.map(\.id) }
        #expect(Set(found) == [start.conversation, second] && found.count == 2)
    }
}

/// What a person has named and tagged stays so, whatever becomes of the conversation.
@Suite final class `Names and tags`: TwoConversations {
    override init() throws {
        try super.init()
        try store.rename(first, to: "Mine")
        try store.tag(first, adding: ["work"])
    }

    private func expectKept(_ name: String = "conv_1") throws {
        #expect(try temporary.labels(name) == ["Mine", "work"])
        #expect(try store.search("mine").hits.map(\.conversation) == [store.localID(matching: name)])
        #expect(try store.search("tag:work hello").total > 0)
        try store.checkIntegrity()
    }

    @Test func `stay when the server gives the conversation another name`() throws {
        let text = try Conversation.sample("conv_1", updated: "2026-02-01T00:00:00Z").raw.text
        let renamed = text.replacing("Name of conv_1", with: "Theirs")
        try store.mirror(Conversation(raw: JSONText(renamed)), exchange("conv_1"))
        #expect(try store.conversation(matching: "conv_1").name == "Theirs")
        #expect(try store.search("theirs").total == 1 && store.search("\"name of conv_1\"").total == 0)
        try expectKept()
    }

    @Test func `stay when the server has deleted the conversation, and when it shows it again`() throws {
        try store.markDeletedRemotely([RemoteID("conv_1")])
        try expectKept()
        try store.mirror(.sample("conv_1", updated: "2026-02-01T00:00:00Z"), exchange("conv_1"))
        try expectKept()
    }

    @Test func `go with a conversation that is deleted here`() throws {
        _ = try store.delete(first, .local)
        #expect(try store.tags().isEmpty && store.search("mine").total == 0)
        #expect(try store.number("SELECT COUNT(*) FROM conversation WHERE local_name IS NOT NULL") == 0)
        try store.checkIntegrity()
    }

    @Test func `are no part of what is sent`() throws {
        let start = try temporary.start("question")
        try store.rename(start.conversation, to: "Secret")
        try store.tag(start.conversation, adding: ["hidden"])
        let append = try temporary.append("pear", to: first)
        for write in [start.operation, append] {
            let request = try store.operation(matching: write.rawValue).request.text
            #expect(["Secret", "hidden", "Mine", "work"].allSatisfy { !request.contains($0) })
        }
    }

    @Test func `of both rows are kept where two turn out to be one`() throws {
        let start = try temporary.start("question")
        try store.tag(start.conversation, adding: ["Work", "ours"])
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))
        #expect(try store.localID(matching: "conv_1") == start.conversation)
        #expect(try temporary.labels("conv_1") == ["Mine", "ours", "Work"])
        #expect(try store.search("mine").hits.map(\.conversation) == [start.conversation])
        #expect(try store.number("SELECT COUNT(*) FROM conversation_tag") == 2)
        try store.checkIntegrity()
    }

    @Test func `of our own row count where both have a name`() throws {
        let start = try temporary.start("question")
        try store.rename(start.conversation, to: "Ours")
        try store.markDelivered(start.operation, as: RemoteID("conv_1"))
        #expect(try temporary.labels("conv_1") == ["Ours", "work"])
        #expect(try store.search("mine").total == 0 && store.search("ours").total == 1)
        try store.checkIntegrity()
    }

    @Test func `stay with our start where the server made another conversation for it first`() throws {
        let start = try temporary.start("question")
        let extra = #","metadata":{"convo_operation_id":"\#(start.operation)"}"#
        try store.mirror(.sample("one", extra: extra), [message("one q", "question")])
        try store.rename(start.conversation, to: "Ours")
        try store.tag(start.conversation, adding: ["kept"])
        try store.markDelivered(start.operation, as: RemoteID("two"))
        #expect(try temporary.labels("two") == ["Ours", "kept"] && temporary.labels("one") == [nil])
        #expect(try store.search("ours").hits.map(\.conversation) == [start.conversation])
        try store.checkIntegrity()
    }

    @Test func `are in an index that is made anew`() throws {
        try store.restartIndex()
        while try store.rebuildIndex() {}
        try expectKept()
    }

    @Test func `come with an import, also into a conversation that is here otherwise`() throws {
        let archive = try store.archive(of: first)
        #expect(archive.facts.localName == "Mine" && archive.facts.tags == ["work"])
        let other = try TemporaryStore()
        #expect(try other.store.ingest(archive) == .new(entries: 2))
        #expect(try other.labels("conv_1") == ["Mine", "work"] && other.store.search("mine").total == 1)
        #expect(try other.store.archive(of: first) == archive && other.store.ingest(archive) == .unchanged)
        try other.store.mirror(.sample("conv_1", updated: "2026-02-01T00:00:00Z"), exchange("conv_1"))
        #expect(try other.labels("conv_1") == ["Mine", "work"], "it is mirrored from then on")
        try other.store.checkIntegrity()

        let mirror = try TemporaryStore()
        try mirror.store.mirror(.sample("conv_1"), exchange("conv_1"))
        #expect(try mirror.store.ingest(archive) == .labelled)
        #expect(try mirror.labels("conv_1") == ["Mine", "work"] && mirror.store.search("mine").total == 1)
        #expect(try mirror.store.ingest(archive) == .alreadyHere)
        try mirror.store.checkIntegrity()
    }

    @Test func `that were given here are not replaced by an import`() throws {
        let other = try TemporaryStore()
        _ = try other.store.ingest(store.archive(of: first))
        try other.store.rename(first, to: "Here")
        try other.store.tag(first, adding: ["extra"], removing: ["work"])
        try store.mirror(.sample("conv_1", updated: "2026-02-01T00:00:00Z"), exchange("conv_1"))
        #expect(try other.store.ingest(store.archive(of: first)) == .updated(entries: 0))
        #expect(try other.labels("conv_1") == ["Here", "extra", "work"])
        try store.rename(first, to: nil)
        try store.tag(first, removing: ["work"])
        try store.mirror(.sample("conv_1", updated: "2026-03-01T00:00:00Z"), exchange("conv_1"))
        _ = try other.store.ingest(store.archive(of: first))
        #expect(try other.labels("conv_1") == ["Here", "extra", "work"], "what the archive lacks takes nothing away")
        try other.store.checkIntegrity()
    }

    @Test func `are read by other programs in the views`() throws {
        #expect(
            try store.number("SELECT COUNT(*) FROM conversations WHERE local_name = 'Mine' AND tags = 'work'") == 1)
        #expect(
            try store.number("SELECT COUNT(*) FROM tags WHERE tag = 'work' AND conversation_id = ?", first.rawValue)
                == 1)
    }
}
