import ConvoJSON
import ConvoModel
import ConvoSQLite
import Testing

@testable import ConvoStore

@Suite final class `What is set aside`: StoreSuite {
    private let digest = PageDigest(point: .max, value: 7)

    private func take(page: Int, size: Int = 3, _ elements: [JSONText]) throws {
        _ = try store.ingest(ConversationPage(elements: elements), at: PageKey(page: page, size: size), digest: digest)
    }

    private func row(_ id: String) throws -> JSONText { try Conversation.sample(id).raw }

    private func stale(_ name: String) throws -> StaleConversation {
        try #require(
            try store.staleConversations(limit: 9, now: temporary.clock.now).first { $0.remoteID.rawValue == name })
    }

    @Test func `of the list is named by its place in all pages, and replaced with its page alone`() throws {
        try take(page: 0, [try row("a"), try row("b"), .int(1)])
        try take(page: 1, [.object(["name": .string("no id")]), .null, try row("c")])
        try take(page: 2, [.null])
        let items = try store.setAside()
        #expect(items.map(\.position) == [2, 3, 4, 6])
        #expect(items.map(\.name) == [nil, "no id", nil, nil])
        #expect(items.allSatisfy { $0.conversation == nil && $0.remoteID == nil && !$0.reason.isEmpty })
        #expect(items[0].seenAt == temporary.clock.now)
        try take(page: 1, [try row("d"), try row("e"), try row("c")])
        #expect(try store.setAside().map(\.position) == [2, 6])
        try take(page: 1, [.null, try row("e"), try row("c")])
        try take(page: 0, [])
        #expect(try store.setAside().map(\.position) == [3, 6])
    }

    @Test func `of a page that has more than was asked for is replaced as well`() throws {
        try take(page: 0, size: 1, [try row("a"), .null])
        #expect(try store.setAside().map(\.position) == [1])
        try take(page: 0, size: 1, [try row("a"), try row("b")])
        #expect(try store.setAside().isEmpty)
    }

    @Test func `of a history is named with its conversation, and replaced with the next reading`() throws {
        try take(page: 0, [try row("a"), try row("b"), .null])
        let deep = Self.deep
        func read(_ name: String, _ entries: String...) throws {
            let raw = #"{"conversation_id":"\#(name)","entries":[\#(entries.joined(separator: ","))]}"#
            try store.ingest([
                FetchedHistory(
                    try ConversationHistory(JSONAnswer(Array(raw.utf8))), version: "2026-01-01T00:00:00.000001Z")
            ])
        }
        try read("a", message("m", "x"), #"{"id":"deep","type":"future","content":\#(deep)}"#)
        try read("b", #"{"id":"first","content":\#(deep)}"#, #"{"id":"second","content":\#(deep)}"#)
        let items = try store.setAside()
        #expect(items.map(\.position) == [2, 1, 0, 1])
        #expect(items.map(\.remoteID?.rawValue) == [nil, "a", "b", "b"])
        #expect(items[1].conversationName == "Name of a" && items[1].id == "deep")
        #expect(try items[1].conversation == store.localID(matching: "a"))
        try read("a", message("m", "x"))
        #expect(try store.setAside().map(\.remoteID?.rawValue) == [nil, "b", "b"])
    }

    @Test func `is a history as a whole, until its version moves on`() throws {
        try take(page: 0, [try row("a"), try row("b")])
        try store.recordUnreadableHistory(of: RemoteID("a"), version: try stale("a").version, reason: "too large")
        try store.recordUnreadableHistory(
            of: RemoteID("b"), version: try stale("b").version, reason: "too large as well")
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
        #expect(try store.setAside().map(\.position) == [nil, nil])
        #expect(try store.setAside().map(\.reason) == ["too large", "too large as well"])
        _ = try store.ingest([.sample("a", updated: "2026-02-01T00:00:00Z")])
        let again = try stale("a")
        try store.recordUnreadableHistory(of: again.remoteID, version: again.version, reason: "still too large")
        #expect(try store.setAside().map(\.reason) == ["still too large", "too large as well"])
        _ = try store.ingest([.sample("a", updated: "2026-03-01T00:00:00Z")])
        try store.take("a", [message("m", "x")], version: "2026-03-01T00:00:00Z")
        #expect(try store.setAside().map(\.remoteID?.rawValue) == ["b"])
    }

    @Test func `is not fetched again, though its answer was waited for`() throws {
        let asked = #"{"type":"message.input","id":"q","content":"?","created_at":"\#(temporary.clock.now.text)"}"#
        try store.mirror(.sample("a", updated: "2026-02-01T00:00:00Z"), [asked])
        temporary.clock.advance(seconds: 3)
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).count == 1)
        try store.recordUnreadableHistory(of: RemoteID("a"), version: "2026-02-01T00:00:00Z", reason: "too large")
        #expect(try store.staleConversations(limit: 9, now: temporary.clock.now).isEmpty)
    }

    @Test func `of a history gives way to the whole of it, and to no page of the list`() throws {
        try take(page: 0, [try row("a"), try row("b")])
        let odd = #"{"conversation_id":"a","entries":[\#(message("m", "x")),{"id":"odd","content":\#(Self.deep)}]}"#
        try store.ingest([
            FetchedHistory(try ConversationHistory(JSONAnswer(Array(odd.utf8))), version: "2026-01-01T00:00:00.000001Z")
        ])
        try take(page: 0, [try row("a"), try row("b")])
        #expect(try store.setAside().map(\.position) == [1])
        try store.recordUnreadableHistory(of: RemoteID("a"), version: "2", reason: "too large")
        #expect(try store.setAside().map(\.position) == [nil])
        #expect(try store.isHistoryUnreadable(of: RemoteID("a"), version: "2"))
        #expect(try !store.isHistoryUnreadable(of: RemoteID("b"), version: "2"))
        #expect(try !store.isHistoryUnreadable(of: RemoteID("a"), version: "1"))
    }

    private static let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)

    @Test func `is kept as it came up to a megabyte`() throws {
        func text(_ count: Int) -> JSONText { .string(String(repeating: "x", count: count - 2)) }
        try take(page: 0, [text(1 << 20), text(1 << 20 + 1), text(4)])
        let lengths = try store.read {
            try Row.fetchAll($0, sql: "SELECT LENGTH(raw) AS length FROM set_aside ORDER BY position")
        }.map { $0["length"] as Int? }
        #expect(lengths == [1 << 20, nil, 4])
    }
}
