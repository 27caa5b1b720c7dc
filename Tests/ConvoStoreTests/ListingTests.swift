import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `A page of the list that was taken in`: StoreSuite {
    private let digest = PageDigest(point: .max, value: 7)

    private func take(_ page: Int, _ ids: [String], size: Int = 3) throws {
        _ = try store.ingest(
            ConversationPage(try ids.map { try Conversation.sample($0) }), at: PageKey(page: page, size: size),
            digest: digest)
    }

    private func known(_ page: Int, size: Int = 3) throws -> CachedPage? {
        try store.cachedPage(at: PageKey(page: page, size: size))
    }

    @Test func `is known by place, size and digest`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d"])
        let page = try #require(try known(0))
        #expect(page.digest == digest)
        #expect(page.count == 3)
        #expect(page.last == 1)
        #expect(try known(2) == nil)
        #expect(try known(0, size: 4) == nil)
        #expect(IngestedPage(same: page).items == [.unchanged, .unchanged, .unchanged])
    }

    @Test func `says whom it lists, and who is on none`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d"])
        _ = try store.ingest([.sample("e")])
        #expect(try store.mirrored(exceptOn: [0]).map(\.rawValue) == ["d", "e"])
        #expect(try store.mirrored(exceptOn: [0, 1]).map(\.rawValue) == ["e"])
        #expect(try store.mirrored(exceptOn: [7]).count == 5)
        #expect(try store.mirrored(exceptOn: []).count == 5)
    }

    @Test func `is known together with those behind it, and apart from those between others`() throws {
        for page in [0, 1, 3, 6] { try take(page, ["\(page)"]) }
        func known(from page: Int, _ count: Int, size: Int = 3) throws -> [Int] {
            try store.cachedPages(from: PageKey(page: page, size: size), count: count).map(\.place.page)
        }
        #expect(try known(from: 1, 5) == [1, 3])
        #expect(try known(from: 1, 6) == [1, 3, 6])
        #expect(try known(from: 0, 9, size: 4) == [])
        #expect(try store.mirrored(exceptOn: [6, 1]).map(\.rawValue) == ["0", "3"])
        #expect(try store.mirrored(exceptOn: [0, 3, 3]).map(\.rawValue) == ["1", "6"])
    }

    @Test func `lists no longer who has moved to another page`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d"])
        try take(0, ["new", "a", "b"])
        try take(1, ["c", "d"])
        #expect(try known(0) != nil)
        #expect(try known(1)?.count == 2)
        #expect(try store.mirrored(exceptOn: [0]).map(\.rawValue) == ["c", "d"])
    }

    /// A conversation was started while the pages were read, so another one is on both pages.
    @Test func `is not believed where a later page lists the same conversation`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["c", "d"])
        #expect(try known(0) == nil)
        #expect(try known(1) != nil)
    }

    @Test(arguments: ["changed", "deleted", "deleted here", "listed again"])
    func `is read again once one of its conversations is`(_ what: String) throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d"])
        switch what {
        case "changed": _ = try store.ingest([.sample("b", updated: "2026-02-01T00:00:00Z")])
        case "deleted": try store.markDeletedRemotely([RemoteID("b")])
        case "deleted here": _ = try store.delete(try store.conversation(matching: "b").id, .local)
        default:
            try store.markDeletedRemotely([RemoteID("b")])
            try take(0, ["a", "b", "c"])
            #expect(try known(0) != nil)
            #expect(try store.conversation(matching: "b").deletedRemotelyAt == nil)
            return
        }
        #expect(try known(0) == nil)
        #expect(try known(1) != nil)
    }

    @Test func `stays known while histories come in and appends are queued`() throws {
        try take(0, ["a", "b", "c"])
        try temporary.store.mirror(.sample("b"), [message("m", "hello")])
        _ = try store.append(AppendRequest(inputs: .text("and?")), to: try store.conversation(matching: "b").id)
        #expect(try known(0) != nil)
    }

    @Test func `knows the last page that lists anybody, of that size`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d"])
        try take(2, [])
        #expect(try known(0)?.last == 1)
        try take(3, ["x"], size: 4)
        #expect(try known(0)?.last == 1)
        #expect(try known(3, size: 4)?.last == 3)
    }

    @Test func `leaves others on their pages`() throws {
        try take(0, ["a", "b", "c"])
        try take(1, ["d", "e", "f"])
        try take(2, ["g"])
        try take(1, ["d", "e"])
        #expect(try store.mirrored(exceptOn: [0, 2]).map(\.rawValue) == ["d", "e", "f"])
        #expect(try store.mirrored(exceptOn: [1]).map(\.rawValue) == ["a", "b", "c", "f", "g"])
        #expect(try known(0) != nil && known(2) != nil)
    }

    @Test func `is the same where it is empty`() throws {
        try take(0, [])
        let empty = try #require(try known(0))
        #expect(empty.count == 0 && empty.last == 0)
        #expect(IngestedPage(same: empty).count == 0)
        #expect(IngestedPage(items: [.new, .changed]).count == 2)
        #expect(IngestedPage(items: [.new, .changed], oddCount: 3).count == 5)
        #expect(IngestedPage(items: [.new, .changed, .new]).newCount == 2)
    }
}
