import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct `The mirror` {
    @Test func `gives back each entry with the server's JSON unchanged`() throws {
        let house = try TemporaryStore()
        let odd =
            #"{"type":"future.kind","id":"x_1","zeta":1.0,"alpha":12345678901234567890,"s":"\u00e9\/\ud83d\ude00","n":null,"e":{}}"#
        try house.store.mirror(.sample("conv_1"), [odd, message("msg_2", "hi")])
        let id = try house.store.conversation(matching: "conv_1").id
        let history = try house.store.history(of: id)
        #expect(history.entries.map(\.entry.raw.text) == [odd, message("msg_2", "hi")])
    }

    @Test func `keeps entries without an id, or with one that another has, again and again`() throws {
        let house = try TemporaryStore()
        let nameless = #"{"type":"message.input","content":"no id"}"#
        let entries = [message("a", "one"), nameless, message("a", "two"), message("~1", "three"), nameless]
        #expect(try house.store.mirror(.sample("conv_1"), entries) == 5)
        #expect(try house.store.mirror(.sample("conv_1"), entries) == 0)
        let id = try house.store.conversation(matching: "conv_1").id
        #expect(try house.store.history(of: id).entries.map(\.entry.raw.text) == entries)
    }

    @Test func `taken in twice is the same as once`() throws {
        let house = try TemporaryStore()
        let entries = [message("a", "one"), message("b", "two", role: "assistant")]
        #expect(try house.store.mirror(.sample("conv_1"), entries) == 2)
        let first = try house.store.history(of: house.store.conversation(matching: "conv_1").id)
        #expect(try house.store.mirror(.sample("conv_1"), entries) == 0)
        #expect(try house.store.history(of: first.conversation.id) == first)
        try house.store.checkIntegrity()
    }

    @Test(arguments: [false, true])
    func `ends a transaction of several histories where another process waits to write`(isAwaited: Bool) throws {
        let house = try TemporaryStore()
        let chats = try ["conv_1", "conv_2"].map { try Conversation.sample($0) }
        for chat in chats { try house.store.mirror(chat, [message(chat.id.rawValue, "before")]) }
        // The second history can't be taken in: what it is compared with is damaged.
        try house.store.write {
            try $0.execute(
                sql:
                    "UPDATE entry SET raw = x'ff' WHERE conversation = (SELECT key FROM conversation WHERE remote_id = 'conv_2')"
            )
        }
        let room = open(house.path + ".waiting", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(room) }
        if isAwaited { #expect(DescriptorLock.tryLock(room, isExclusive: false)) }
        #expect(throws: StoreError.self) {
            try house.store.takeIn(
                chats.map {
                    HistoryIntake(
                        try .sample($0.id.rawValue, [message($0.id.rawValue, "after")]), version: "2026-01-02T00:00:00Z"
                    )
                })
        }
        #expect(try house.store.search("after").total == (isAwaited ? 1 : 0))
    }

    /// The second part can't be taken in: an entry is held that it would be compared with, and that one is damaged.
    @Test func `takes a long history in several transactions, and calls it behind until the last`() throws {
        let house = try TemporaryStore()
        let chat = try Conversation.sample("conv_1", updated: "2026-01-02T00:00:00Z")
        func stale() throws -> Int {
            try house.store.staleConversations(limit: 9, now: house.clock.now).count
        }
        try house.store.mirror(chat, [message("m1999", "held")])
        try house.store.write { try $0.execute(sql: "UPDATE entry SET raw = x'ff'") }
        let entries = (0..<2000).map { message("m\($0)", "word\($0)") }
        let later = try Conversation.sample("conv_1", updated: "2026-01-03T00:00:00Z")
        #expect(throws: StoreError.self) { try house.store.mirror(later, entries) }
        #expect(try stale() == 1)
        #expect(try house.store.search("word0").total == 1)
        #expect(try house.store.search("word1998").total == 0)

        try house.store.write {
            try $0.execute(sql: "UPDATE entry SET raw = ? WHERE id = 'm1999'", arguments: [message("m1999", "held")])
        }
        try house.store.mirror(later, entries)
        #expect(try stale() == 0)
        let id = try house.store.conversation(matching: "conv_1").id
        #expect(try house.store.history(of: id).entries.map(\.entry.raw.text) == entries)
        try house.store.checkIntegrity()
    }

    @Test func `knows what is stale by updated_at, and no longer once the history is in`() throws {
        let house = try TemporaryStore()
        let page = try house.store.takeIn([.sample("conv_1"), .sample("conv_2")])
        #expect(page.items == [.new, .new])
        #expect(try house.store.staleConversations(limit: 10, now: house.clock.now).count == 2)
        try house.store.mirror(.sample("conv_1"), [message("a", "x", role: "assistant")])
        let stale = try house.store.staleConversations(limit: 10, now: house.clock.now)
        #expect(stale.map(\.remoteID.rawValue) == ["conv_2"])
        let again = try house.store.takeIn([.sample("conv_1", updated: "2026-01-02T00:00:00Z")])
        #expect(again.items == [.changed])
    }

    @Test func `passes over a history that is older than the one it holds`() throws {
        let house = try TemporaryStore()
        let newer = try Conversation.sample("conv_1", updated: "2026-02-02T00:00:00Z")
        try house.store.mirror(newer, [message("a", "x"), message("b", "y")])
        try house.store.takeIn([
            HistoryIntake(.sample("conv_1", [message("a", "x")]), version: "2026-01-01T00:00:00Z")
        ])
        #expect(try house.store.history(of: house.store.conversations()[0].id).entries.count == 2)
    }

    @Test func `keeps entries that the server drops, marked and out of the history`() throws {
        let house = try TemporaryStore()
        func take(_ entries: [String]) throws {
            try house.store.mirror(.sample("conv_1"), entries)
        }
        try take([message("a", "apple"), message("b", "pear")])
        try take([message("b", "pear")])
        let id = try house.store.conversation(matching: "conv_1").id
        #expect(try house.store.history(of: id).entries.map(\.entry.id?.rawValue) == ["b"])
        #expect(try house.store.history(of: id, withDropped: true).entries.count == 2)
        try take([message("a", "apple"), message("b", "pear")])
        #expect(try house.store.history(of: id).entries.map(\.entry.id?.rawValue) == ["a", "b"])
    }

    @Test func `looks again at a history that ends with a question`() throws {
        let house = try TemporaryStore()
        let asked = #"{"type":"message.input","id":"q","content":"?","created_at":"\#(house.clock.now.text)"}"#
        try house.store.mirror(.sample("conv_1"), [asked])
        #expect(try house.store.staleConversations(limit: 9, now: house.clock.now).isEmpty)
        house.clock.advance(seconds: 3)
        #expect(try house.store.staleConversations(limit: 9, now: house.clock.now).count == 1)
        for _ in 0..<10 {
            house.clock.advance(seconds: 600)
            try house.store.mirror(.sample("conv_1"), [asked])
        }
        house.clock.advance(seconds: 600)
        #expect(try house.store.staleConversations(limit: 9, now: house.clock.now).isEmpty)
    }

    @Test func `marks a conversation as deleted only when told to, and takes it back when it is listed`() throws {
        let house = try TemporaryStore()
        _ = try house.store.takeIn([.sample("conv_1"), .sample("conv_2")])
        #expect(try house.store.takeIn([.sample("conv_2")]).ids == [RemoteID("conv_2")])
        #expect(try house.store.mirrored(exceptOn: []).map(\.rawValue) == ["conv_1", "conv_2"])
        try house.store.markDeletedRemotely(RemoteID("conv_1"))
        #expect(try house.store.mirrored(exceptOn: []).map(\.rawValue) == ["conv_2"])
        #expect(try house.store.conversation(matching: "conv_1").deletedRemotelyAt != nil)
        _ = try house.store.takeIn([.sample("conv_1")])
        #expect(try house.store.conversation(matching: "conv_1").deletedRemotelyAt == nil)
    }

    @Test(arguments: [["old", "branch"], ["branch", "old"]])
    func `infers a branch from entries that kept their ids, whichever history came first`(order: [String]) throws {
        let house = try TemporaryStore()
        let common = [message("a", "x"), message("b", "y", role: "assistant")]
        for name in order {
            let isBranch = name == "branch"
            let moment = isBranch ? "2026-01-05T00:00:00Z" : "2026-01-01T00:00:00Z"
            try house.store.mirror(
                .sample(name, created: moment, updated: moment), common + [message(isBranch ? "d" : "c", "other")])
        }
        let branch = try house.store.conversation(matching: "branch")
        #expect(branch.parent?.isInferred == true)
        #expect(branch.parent?.entry == EntryID("b"))
        #expect(try house.store.conversation(matching: "old").parent == nil)
        #expect(try house.store.tree(of: branch.id).branches.map(\.conversation.id) == [branch.id])
    }
}
