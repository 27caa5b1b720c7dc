import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// A conversation of the server as the search for a lost start sees it.
private struct Listed {
    let id: String
    var operation: String?
    var metadata: JSONText?
    var says = "something else"
    var secondsBefore = 0
    var isClaimed = false
}

@Suite struct `The search for a conversation that a write may have made` {
    private let item: OutboxItem

    init() throws { item = try ConvoSyncTests.item(.start, state: .inDoubt) }  // "hello", at noon

    private init(newestChange: Timestamp) throws {
        item = try ConvoSyncTests.item(.start, state: .inDoubt, newestChange: newestChange)
    }

    private func conversation(_ listed: Listed, withMetadata: Bool) throws -> Conversation {
        let at = Timestamp(microseconds: noon.microseconds - Int64(listed.secondsBefore) * 1_000_000).text
        let metadata =
            listed.operation.map { JSONText.object([Store.operationKey: .string($0)]) } ?? listed.metadata
        return try Conversation(
            raw: .object([
                "id": .string(listed.id), "model": .string("m"), "created_at": .string(at), "updated_at": .string(at),
                "metadata": withMetadata ? metadata : nil,
            ]))
    }

    private func entries(_ texts: String) throws -> [Entry] {
        texts.split(separator: "|").flatMap { [("message.input", $0), ("message.output", "echo")] }.map { type, text in
            Entry(raw: .object(["type": .string(type), "role": .string("user"), "content": .string(String(text))]))
        }
    }

    /// - Returns: the search's conclusion, and its requests.
    private func search(
        _ all: [Listed], size: Int = 100, listTells: Bool = true, getTells: Bool = true,
        hidesMetadata: Bool = false
    ) throws -> (step: CreationSearch.Step, requests: [String]) {
        var limits = SyncLimits()
        limits.pageSize = size
        var search = CreationSearch(item, hidesMetadata: hidesMetadata, limits: limits)
        var requests: [String] = []
        for _ in 0..<1000 {
            switch search.step {
            case .list(let page):
                requests.append("list \(page)")
                let rows = Array(all.dropFirst(page * size).prefix(size))
                search.listed(
                    CreationSearch.Page(
                        content: ConversationPage(try rows.map { try conversation($0, withMetadata: listTells) }),
                        excluded: Set(rows.filter(\.isClaimed).map { RemoteID($0.id) })))
            case .get(let id):
                requests.append("get \(id)")
                search.got(try all.first { $0.id == id.rawValue }.map { try conversation($0, withMetadata: getTells) })
            case .history(let id):
                requests.append("history \(id)")
                search.read(try all.first { $0.id == id.rawValue }.map { HistoryEntries(try entries($0.says)) })
            case .found, .likely, .absent, .unproven, .ambiguous: return (search.step, requests)
            }
        }
        throw CancellationError()
    }

    /// The search's conclusion where the server shows no metadata.
    private func conclusion(_ all: Listed..., hidesMetadata: Bool = true) throws -> CreationSearch.Step {
        try search(all, listTells: false, getTells: false, hidesMetadata: hidesMetadata).step
    }

    private var ours: Listed { Listed(id: "ours", operation: item.id.rawValue, says: "hello") }

    @Test func `finds it by the operation's id, on whatever page`() throws {
        let others = (0..<250).map { Listed(id: "\($0)", metadata: .object(["k": .string("v")])) }
        let found = try search(others + [ours])
        #expect(found.step == .found(RemoteID("ours")))
        #expect(found.requests == ["list 0", "list 1", "list 2"])
        #expect(try search(others).step == .absent)
    }

    @Test func `asks each new conversation by itself where the list leaves metadata out`() throws {
        let others = [Listed(id: "a"), Listed(id: "mine", isClaimed: true), Listed(id: "b")]
        let found = try search(others + [ours], listTells: false)
        #expect(found.step == .found(RemoteID("ours")))
        #expect(found.requests == ["list 0", "list 1", "list 0", "list 1", "get a", "get b", "get ours"])
    }

    @Test func `goes by the first input where the server gives no metadata at all`() throws {
        let other = Listed(id: "a")
        #expect(try conclusion(other, ours) == .likely(RemoteID("ours")))
        #expect(try conclusion(other) == .absent)
        // Nothing shows that the server leaves metadata out of every conversation.
        #expect(try conclusion(other, ours, hidesMetadata: false) == .ambiguous)
        #expect(try conclusion(other, hidesMetadata: false) == .absent)
    }

    @Test func `does not go by the first input where the list gives the metadata of another write of ours`() throws {
        let known = Listed(id: "known", metadata: .object(["convo_operation_id": .string("op_another")]))
        let theirs = Listed(id: "theirs", says: "hello")
        #expect(try search([theirs, known], getTells: false, hidesMetadata: true).step == .ambiguous)
        #expect(try search([known], getTells: false, hidesMetadata: true).step == .absent)
    }

    @Test func `does not take what was said later in a conversation for its first input`() throws {
        let other = Listed(id: "theirs", says: "something else|hello")
        #expect(try conclusion(other) == .absent)
        #expect(try conclusion(other, ours) == .likely(RemoteID("ours")))
    }

    /// The entries from before the conversation was made are copies of those that a restart continues from.
    @Test func `does not take a copied entry for a restart's input`() throws {
        func match(_ entries: (text: String, at: String?)..., isStart: Bool = false) throws -> InputMatch {
            let made = try #require(Timestamp("2026-01-01T12:00:00Z"))
            let entries = entries.map { text, at in
                let isAnswer = text == "echo"
                return Entry(
                    raw: .object([
                        "type": .string(isAnswer ? "message.output" : "message.input"),
                        "role": .string(isAnswer ? "assistant" : "user"), "content": .string(text),
                        "created_at": at.map { .string("2026-01-01T\($0)Z") },
                    ]))
            }
            return CreationSearch.match(of: .text("hello"), in: entries, isStart: isStart, createdAt: made)
        }
        let (before, after) = ("11:59:59", "12:00:00")
        #expect(try match(("hello", before), ("echo", before), ("hello", after), ("echo", after)) == .unanswered)
        #expect(try match(("other", before), ("echo", before), ("hello", after)) == .unanswered)
        #expect(try match(("hello", after), ("echo", after), ("hello", after), ("echo", after)) == .unanswered)
        #expect(try match(("hello", before), ("echo", before), ("other", after), ("echo", after)) == .ambiguous)
        #expect(try match(("other", before), ("echo", before), ("other", after)) == .absent)
        #expect(try match(("hello", nil), ("echo", nil), ("other", nil)) == .present, "no times tell the copies")
        #expect(try match(("other", before), ("hello", nil), ("echo", nil)) == .unanswered, "without a time: no copy")
        #expect(try match(("hello", before), ("echo", before), isStart: true) == .ambiguous, "a branch")
        #expect(
            try match(("?", nil), ("hello", before), ("echo", before), isStart: true) == .ambiguous,
            "behind an odd element")
        #expect(try match(("?", nil), ("other", before), ("hello", after), ("echo", after)) == .unanswered)
        #expect(try match(("hello", after), ("echo", after), isStart: true) == .unanswered)
    }

    @Test func `decides nothing where two may be it, or one that is older or not quite like it`() throws {
        #expect(try conclusion(ours, Listed(id: "twin", says: "hello")) == .ambiguous)
        #expect(try conclusion(Listed(id: "old", says: "hello", secondsBefore: 7200)) == .ambiguous)
        #expect(try conclusion(Listed(id: "older", says: "hello", secondsBefore: 601)) == .ambiguous)
        #expect(try conclusion(Listed(id: "near", says: "hello", secondsBefore: 600)) == .likely(RemoteID("near")))
        #expect(try conclusion(Listed(id: "changed", says: "Hello!")) == .ambiguous)
        #expect(try conclusion(Listed(id: "yesterday", says: "hello", secondsBefore: 100_000)) == .absent)
    }

    @Test func `takes nothing for it that is older than what the server had shown, wherever our clock was`() throws {
        let late = try Self(newestChange: Timestamp(microseconds: noon.microseconds + 3_600_000_000))
        func conclusion(_ seconds: Int) throws -> CreationSearch.Step {
            try late.conclusion(Listed(id: "it", says: "hello", secondsBefore: -seconds))
        }
        #expect(try conclusion(3539) == .ambiguous)
        #expect(try conclusion(3540) == .likely(RemoteID("it")))
    }

    @Test func `concludes nothing where the list has a conversation that is not found`() throws {
        func conclusion(of search: inout CreationSearch, listing listed: [Listed]) throws -> CreationSearch.Step {
            while case .list(let page) = search.step {
                let rows = try page == 0 ? listed.map { try conversation($0, withMetadata: false) } : []
                search.listed(CreationSearch.Page(content: ConversationPage(rows), excluded: []))
            }
            while case .get(let id) = search.step {
                search.got(
                    try listed.first { $0.id == id.rawValue && $0.id != "lagging" }
                        .map { try conversation($0, withMetadata: false) })
            }
            while case .history(let id) = search.step {
                search.read(
                    try listed.first { $0.id == id.rawValue && $0.id != "unread" }.map {
                        HistoryEntries(try entries($0.says))
                    })
            }
            return search.step
        }
        for listed in [[Listed(id: "lagging")], [Listed(id: "unread")], [Listed(id: "lagging"), Listed(id: "other")]] {
            var search = CreationSearch(item, hidesMetadata: true, limits: SyncLimits())
            #expect(try conclusion(of: &search, listing: listed) == .unproven)
        }
        var search = CreationSearch(item, hidesMetadata: true, limits: SyncLimits())
        #expect(try conclusion(of: &search, listing: [Listed(id: "lagging"), ours]) == .unproven)
    }

    /// A server may return the metadata of some conversations only.
    @Test func `looks into each conversation without metadata, also where others have some`() throws {
        let theirs = Listed(id: "theirs", says: "hello")
        let named = Listed(id: "named", metadata: .object(["k": .string("v")]))
        let twice = ["list 0", "list 1", "list 0", "list 1"]
        let listed = try search([named, theirs])
        #expect(listed.step == .ambiguous && listed.requests == twice + ["get theirs", "history theirs"])
        let asked = try search([named, theirs], listTells: false)
        #expect(asked.step == .ambiguous)
        #expect(asked.requests == twice + ["get named", "get theirs", "history theirs"])
        #expect(try search([named, Listed(id: "other")]).step == .absent)
    }

    @Test func `goes by the first input also of what was made a day before`() throws {
        let found = try search(
            [Listed(id: "old", says: "hello", secondsBefore: 86_400)], listTells: false, getTells: false,
            hidesMetadata: true)
        #expect(found.requests.contains("history old"))
    }

    @Test func `asks no more than a hundred conversations one by one`() throws {
        func conclusion(_ count: Int) throws -> CreationSearch.Step {
            try search((0..<count).map { Listed(id: "\($0)") }, listTells: false, hidesMetadata: false).step
        }
        #expect(try conclusion(100) == .absent)
        #expect(try conclusion(101) == .ambiguous)
    }

    @Test func `takes a conversation without times for one that it may have made`() throws {
        let timeless = try Conversation(raw: .object(["id": .string("timeless"), "model": .string("m")]))
        var search = CreationSearch(item, hidesMetadata: true, limits: SyncLimits())
        while case .list(let page) = search.step {
            let rows = page == 0 ? ConversationPage([timeless]) : ConversationPage([])
            search.listed(CreationSearch.Page(content: rows, excluded: []))
        }
        #expect(search.step == .get(timeless.id))
        search.got(timeless)
        #expect(search.step == .history(timeless.id))
        search.read(HistoryEntries(try entries("hello")))
        #expect(search.step == .ambiguous)
    }

    /// A row without an id cannot be asked for.
    @Test(arguments: [
        ("17", true), (#"{"id":17}"#, true), (#"{"id":17,"created_at":"soon"}"#, true),
        (#"{"id":17,"created_at":"2027-01-15T08:00:00Z"}"#, true),
        (#"{"id":17,"created_at":"2025-01-01T12:00:00Z"}"#, false),
        (#"{"id":17,"metadata":{"k":"v"}}"#, false), (#"{"id":17,"metadata":{}}"#, true),
        (#"{"id":17,"metadata":{"convo_operation_id":"OURS"},"created_at":"2025-01-01T12:00:00Z"}"#, true),
    ])
    func `proves nothing where a row that cannot be read may be the conversation`(row: String, mayBeOurs: Bool) throws {
        let raw = try JSONText(row.replacing("OURS", with: item.id.rawValue))
        func conclusion(_ conversations: [Listed]) throws -> CreationSearch.Step {
            var search = CreationSearch(item, hidesMetadata: true, limits: SyncLimits())
            while case .list(let page) = search.step {
                let rows = try conversations.map { try conversation($0, withMetadata: false).raw } + [raw]
                search.listed(
                    CreationSearch.Page(content: ConversationPage(elements: page == 0 ? rows : []), excluded: []))
            }
            while case .get(let id) = search.step {
                search.got(try conversation(Listed(id: "\(id)"), withMetadata: false))
            }
            while case .history = search.step { search.read(HistoryEntries(try entries("hello"))) }
            return search.step
        }
        #expect(try conclusion([]) == (mayBeOurs ? .unproven : .absent))
        #expect(try conclusion([ours]) == (mayBeOurs ? .unproven : .likely(RemoteID("ours"))))
    }

    @Test func `proves nothing where the list does not hold still`() throws {
        var search = CreationSearch(item, hidesMetadata: false, limits: SyncLimits())
        var count = 0
        while case .list(let page) = search.step {
            count += 1
            let rows = page < 2 ? [Listed(id: "\(count)", operation: "op_x")] : []
            search.listed(
                CreationSearch.Page(
                    content: ConversationPage(try rows.map { try conversation($0, withMetadata: true) }), excluded: []))
        }
        #expect(count == 9)
        #expect(search.step == .unproven)
    }

    @Test func `finds what a shift of the pages had hidden`() throws {
        var search = CreationSearch(item, hidesMetadata: false, limits: SyncLimits())
        let (a, b, c) = (
            Listed(id: "a", operation: "op_x"), Listed(id: "b", operation: "op_x"), Listed(id: "c", operation: "op_x")
        )
        // "a" is deleted after the first page was read, so that ours moves from the second page to the first.
        for rows in [[a, b], [c], [], [b, ours]] {
            search.listed(
                CreationSearch.Page(
                    content: ConversationPage(try rows.map { try conversation($0, withMetadata: true) }), excluded: []))
        }
        #expect(search.step == .found(RemoteID("ours")))
    }
}
