import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite final class `The mirror`: StoreSuite {
    @Test func `gives back each entry with the server's JSON unchanged`() throws {
        let odd =
            #"{"type":"future.kind","id":"x_1","zeta":1.0,"alpha":12345678901234567890,"s":"\u00e9\/\ud83d\ude00","n":null,"e":{}}"#
        try store.mirror(.sample("conv_1"), [odd, message("msg_2", "hi")])
        let id = try store.conversation(matching: "conv_1").id
        let history = try store.history(of: id)
        #expect(history.entries.map(\.entry.raw.text) == [odd, message("msg_2", "hi")])
    }

    @Test func `keeps entries without an id, or with one that another has, again and again`() throws {
        let nameless = #"{"type":"message.input","content":"no id"}"#
        let entries = [message("a", "one"), nameless, message("a", "two"), message("~1", "three"), nameless]
        #expect(try store.mirror(.sample("conv_1"), entries) == 5)
        #expect(try store.mirror(.sample("conv_1"), entries) == 0)
        let id = try store.conversation(matching: "conv_1").id
        #expect(try store.history(of: id).entries.map(\.entry.raw.text) == entries)
    }

    @Test func `taken in twice is the same as once`() throws {
        let entries = [message("a", "one"), reply("b", "two")]
        #expect(try store.mirror(.sample("conv_1"), entries) == 2)
        let first = try store.history(of: store.conversation(matching: "conv_1").id)
        #expect(try store.mirror(.sample("conv_1"), entries) == 0)
        #expect(try store.history(of: first.conversation.id) == first)
        try store.checkIntegrity()
    }

    @Test(arguments: [false, true])
    func `ends a transaction of several histories where another process waits to write`(isAwaited: Bool) throws {
        let chats = try ["conv_1", "conv_2"].map { try Conversation.sample($0) }
        for chat in chats { try store.mirror(chat, [message(chat.id.rawValue, "before")]) }
        // The store cannot ingest the second history.
        try store.run(
            """
            CREATE TRIGGER damaged BEFORE UPDATE ON entry
            WHEN OLD.conversation = (SELECT key FROM conversation WHERE remote_id = 'conv_2')
            BEGIN SELECT RAISE(ABORT, 'damaged'); END
            """)
        let room = open(temporary.path + ".waiting", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(room) }
        if isAwaited { #expect(DescriptorLock.tryLock(room, isExclusive: false)) }
        #expect(throws: StoreError.self) {
            try store.ingest(
                chats.map {
                    FetchedHistory(
                        try .sample($0.id.rawValue, [message($0.id.rawValue, "after")]), version: "2026-01-02T00:00:00Z"
                    )
                })
        }
        #expect(try store.search("after").total == (isAwaited ? 1 : 0))
    }

    /// The store cannot ingest the second part at first.
    @Test func `takes a long history in several transactions, and calls it behind until the last`() throws {
        let chat = try Conversation.sample("conv_1", updated: "2026-01-02T00:00:00Z")
        func stale() throws -> Int {
            try store.staleConversations(limit: 9, now: temporary.clock.now).count
        }
        try store.mirror(chat, [message("m1999", "held")])
        try store.run("CREATE TRIGGER damaged BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'damaged'); END")
        let entries = (0..<2000).map { message("m\($0)", "word\($0)") }
        let later = try Conversation.sample("conv_1", updated: "2026-01-03T00:00:00Z")
        #expect(throws: StoreError.self) { try store.mirror(later, entries) }
        #expect(try stale() == 1)
        #expect(try store.search("word0").total == 1)
        #expect(try store.search("word1998").total == 0)

        try store.run("DROP TRIGGER damaged")
        try store.mirror(later, entries)
        #expect(try stale() == 0)
        let id = try store.conversation(matching: "conv_1").id
        #expect(try store.history(of: id).entries.map(\.entry.raw.text) == entries)
        try store.checkIntegrity()
    }

    /// The history still lists an entry that stood behind the missing one, so the missing one is not newer than it.
    @Test func `puts nothing behind a long history that stood before an entry of its second part`() throws {
        try store.mirror(
            .sample("conv_1", updated: "2026-01-02T00:00:00Z"), [message("missing", "?"), message("m1999", "held")])
        let entries = (0..<2000).map { message("m\($0)", "word\($0)") }
        try store.mirror(.sample("conv_1", updated: "2026-01-03T00:00:00Z"), entries)
        let shown = try store.history(of: store.localID(matching: "conv_1")).entries.map { $0.entry.id?.rawValue }
        #expect(shown.count == 2001 && shown.last == "m1999")
    }

    @Test func `compares the entries that a history leaves out with the last one of its own conversation`() throws {
        let last = message("a", "x")
        let older = message("b", "y").replacing("2026-01-01", with: "2025-01-01")
        try store.mirror(
            .sample("other", updated: "2026-01-02T00:00:00Z"), [last.replacing("2026-01-01", with: "2024-01-01")])
        try store.mirror(.sample("conv_1", updated: "2026-01-02T00:00:00Z"), [last, older])
        try store.mirror(.sample("conv_1", updated: "2026-01-03T00:00:00Z"), [message("n", "z"), last])
        let shown = try store.history(of: store.localID(matching: "conv_1")).entries.map { $0.entry.id?.rawValue }
        #expect(shown.last == "a")
    }

    @Test func `looks again at a history that ends with a question`() throws {
        let asked = #"{"type":"message.input","id":"q","content":"?","created_at":"\#(temporary.clock.now.text)"}"#
        try store.mirror(.sample("conv_1"), [asked])
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
        temporary.clock.advance(seconds: 3)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1)
        for _ in 0..<10 {
            temporary.clock.advance(seconds: 600)
            try store.mirror(.sample("conv_1"), [asked])
        }
        temporary.clock.advance(seconds: 600)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
    }

    @Test(arguments: [["old", "branch"], ["branch", "old"]])
    func `infers a branch from entries that kept their ids, whichever history came first`(order: [String]) throws {
        let common = [message("a", "x"), reply("b", "y")]
        for name in order {
            let isBranch = name == "branch"
            let moment = isBranch ? "2026-01-05T00:00:00Z" : "2026-01-01T00:00:00Z"
            try store.mirror(
                .sample(name, created: moment, updated: moment), common + [message(isBranch ? "d" : "c", "other")])
        }
        let branch = try store.conversation(matching: "branch")
        #expect(branch.parent?.isInferred == true)
        #expect(branch.parent?.entry == EntryID("b"))
        #expect(try store.conversation(matching: "old").parent == nil)
        #expect(try store.tree(of: branch.id).branches.map(\.conversation.id) == [branch.id])
    }
}

/// "é" as one scalar and as two: Swift's own == takes them for equal, the server does not.
@Suite final class `A text that changes only in its Unicode form`: StoreSuite {
    private let nfc = "caf\u{E9}"
    private let nfd = "cafe\u{301}"

    @Test(arguments: [1, 200])
    func `is stored anew, short or packed:`(_ length: Int) throws {
        let filling = String(repeating: "word ", count: length)
        try store.mirror(.sample("conv_1"), [message("a", filling + nfc)])
        #expect(
            try store.mirror(
                .sample("conv_1", updated: "2026-01-02T00:00:00Z"), [message("a", filling + nfd)])
                == 0)
        let id = try store.conversation(matching: "conv_1").id
        let text = try #require(try store.history(of: id).entries.first?.entry.raw.text)
        #expect(text.unicodeScalars.contains("\u{301}"))
        try store.checkIntegrity()
    }

    @Test func `is another entry where it is an id`() throws {
        try store.mirror(.sample("conv_1"), [message(nfc, "one"), message(nfd, "two")])
        let id = try store.conversation(matching: "conv_1").id
        #expect(
            try store.history(of: id).entries.map(\.entry.raw.text) == [
                message(nfc, "one"), message(nfd, "two"),
            ])
        #expect(try store.history(of: id).entries.allSatisfy { !($0.entry.id?.rawValue.contains("~") ?? true) })
    }

    @Test func `leaves nothing of the old name in the index`() throws {
        // Hangul as syllables and as letters: the same words for the index, and other bytes.
        let (syllables, letters) = ("\u{D55C}\u{AE00}", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}")
        #expect(syllables == letters)
        for (number, text) in [syllables, letters, "tea"].enumerated() {
            _ = try store.ingest([
                .sample("conv_1", updated: "2026-01-0\(number + 1)T00:00:00Z", extra: #","description":"\#(text)""#)
            ])
            for word in [syllables, letters, "tea"] {
                let isThere = word == text
                #expect(try store.search(word).hits.count == (isThere ? 1 : 0), "\(word) after \(text)")
            }
        }
    }

    @Test func `is taken in whatever is odd about it`() throws {
        let rows = try [#"{"id":"a","name":"no times"}"#, #"{"id":"b","updated_at":1762077600}"#].map {
            try JSONText($0)
        }
        let page = ConversationPage(elements: rows + [.null])
        let place = PageKey(page: 0, size: 3)
        let digest = PageDigest(point: .max, value: 7)
        let intake = try store.ingest(page, at: place, digest: digest)
        #expect(intake.newCount == 2)
        #expect(intake.count == 3)
        #expect(try store.ingest(page, at: place, digest: digest).newCount == 0)
        let stale = try store.staleConversations(limit: 9, now: Timestamp(microseconds: 0))
        #expect(Set(stale.map(\.version)) == ["", "1762077600"])
        let entries = [message("m", "before"), "null", #""text""#, #"{"content":"no type"}"#, message("n", "after")]
        for conversation in stale {
            let history = try ConversationHistory.sample(conversation.remoteID.rawValue, entries)
            #expect(try store.ingest([FetchedHistory(history, version: conversation.version)]) == 5)
            #expect(try store.history(of: conversation.id).entries.map(\.entry.raw.text) == entries)
        }
        #expect(try store.staleConversations(limit: 9, now: Timestamp(microseconds: 0)).isEmpty)
        #expect(try store.setAside().map(\.position) == [2])
    }
}
