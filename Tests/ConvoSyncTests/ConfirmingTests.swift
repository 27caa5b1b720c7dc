import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// The conclusions from a read of the server about an append or a deletion whose answer was lost; nothing is sent.
@Suite final class `Reading whether a write is on the server`: ConfirmingSuite {
    @Test func `finds an append behind its base, and brings what else is there`() async throws {
        let write = try doubtfulAppend("mine")
        #expect(try await confirmation(of: write) == .absent)
        test.server.say("theirs", in: chat.remote)
        #expect(try await confirmation(of: write) == .absent)
        #expect(try test.texts(chat.local) == ["hello", "echo", "theirs", "echo"])
        test.server.say("Mine!", in: chat.remote)
        #expect(try await confirmation(of: write) == .unclear(.changed))
        test.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .present(nil))
        test.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
        test.server.change(chat.remote) { $0.removeFirst(2) }
        #expect(try await confirmation(of: write) == .outdated)
    }

    @Test func `concludes nothing from a long history whose file cannot be read, and stores nothing of it`()
        async throws
    {
        let append = try doubtfulAppend("mine")
        let start = try doubtfulStart()
        test.server.say("mine", in: chat.remote)
        test.server.hideMetadata()
        _ = test.server.make("new")
        test.server.loseHistories()
        _ = test.server.requests()
        #expect(try await confirmation(of: append) == nil)
        #expect(try test.texts(chat.local) == ["hello", "echo"])
        #expect(try await confirmation(of: start) == nil)
        let named = try doubtfulStart()
        _ = test.server.make("new", metadata: signed(named))
        #expect(try await confirmation(of: named) == nil, "it is there, and nobody knows whether it is answered")
        #expect(await test.engine.pull(.full).halt != nil)
        #expect(try test.texts(chat.local) == ["hello", "echo"])
    }

    @Test func `brings what the server says of the conversation`() async throws {
        let write = try doubtfulAppend("mine")
        test.server.say("theirs", in: chat.remote)
        _ = try await confirmation(of: write)
        #expect(try test.store.conversation(matching: chat.local.rawValue).raw == test.server.get(chat.remote).raw)
    }

    /// An append to an empty conversation that the original of this copy may have sent.
    private func copiedAppend() throws -> (remote: RemoteID, local: LocalID, write: OperationID) {
        let empty = test.server.make()
        test.server.change(empty) { $0 = [] }
        _ = try test.store.ingest([try test.server.get(empty)])
        let id = try test.store.localID(matching: empty.rawValue)
        let write = try doubtful(test.append("mine", to: id))
        try test.store.markInDoubt(write, reason: .copied, nextAttempt: noon)
        return (empty, id, write)
    }

    @Test func `looks for a copy's append from the beginning where its writer had seen nothing`() async throws {
        let (empty, _, write) = try copiedAppend()
        #expect(try await confirmation(of: write) == .absent)
        test.server.say("mine", in: empty)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous), "others write there, too")
    }

    @Test func `finds a copy's append that the original has sent as a branch`() async throws {
        let (_, id, write) = try copiedAppend()
        let branch = test.server.make("mine", metadata: signed(write))
        #expect(try await confirmation(of: write) == .absent, "under the policy append there is no branch")
        try test.store.setConflictPolicy(.branch, of: id)
        #expect(try await confirmation(of: write) == .present(branch))
        try test.server.delete(branch)
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable), "it was made, and is gone")
    }

    @Test func `does not take another's conversation for the branch where the server hides metadata`() async throws {
        test.server.hideMetadata()
        _ = try test.start("hello")
        _ = try await test.push()
        let (_, id, write) = try copiedAppend()
        try test.store.setConflictPolicy(.branch, of: id)
        _ = test.server.make("mine")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
    }

    @Test func `finds a copy's append in a conversation that our own start has made`() async throws {
        let start = try test.start("hello")
        let write = try test.append("mine", to: start.conversation)
        _ = try await test.push()
        let made = try #require(try test.item(write).remoteID)
        try test.store.markInDoubt(write, reason: .copied, nextAttempt: noon)
        #expect(try test.item(write).seenEntryID == nil)
        #expect(try await confirmation(of: write) == .present(nil))
        test.server.change(made) { $0.removeLast(2) }
        #expect(try await confirmation(of: write) == .absent)
    }

    @Test func `does not take an append without an answer for one that is done`() async throws {
        let write = try doubtfulAppend("mine")
        test.server.stopAnswering()
        test.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .unanswered(nil))
    }

    @Test func `takes no text that was written before ours was sent for ours`() async throws {
        test.server.say("mine", in: chat.remote)
        let write = try doubtfulAppend("mine")  // the server had an equal text already, our last history did not
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
    }

    @Test func `leaves it open where the server is busy, and fails where it fails`() async throws {
        let write = try doubtfulAppend("mine")
        test.server.fail("get", .status(409))
        #expect(try await confirmation(of: write) == .busy)
        test.server.fail("history", .status(404))
        #expect(try await confirmation(of: write) == .busy)
        test.server.fail("history", .status(503))
        #expect(try await confirmation(of: write) == nil)
    }

    @Test func `cannot tell where a history is too large to be read`() async throws {
        let write = try doubtfulAppend("mine")
        test.server.fail("history", .tooLarge)
        #expect(try await confirmation(of: write) == .unclear(.unreadable))
        let start = try doubtfulStart()
        _ = test.server.make("something")
        test.server.fail("history", .tooLarge)
        #expect(try await confirmation(of: start) == .unclear(.unrecognisable))
    }

    @Test func `cannot tell where the API answers and something else has the history, or the API refuses it`()
        async throws
    {
        let (write, named) = (try doubtfulAppend("mine"), try doubtfulStart())
        let made = test.server.make("new", metadata: signed(named))
        test.server.fail("history", APIError(.notTheAPI(status: 403), effect: .none, message: "a filter"))
        #expect(try await confirmation(of: named) == .unanswered(made))
        test.server.hideMetadata()
        let start = try doubtfulStart()
        _ = test.server.make("something")
        for error in [APIError(.notTheAPI(status: 403), effect: .none, message: "a filter"), .status(403)] {
            test.server.fail("history", error)
            #expect(try await confirmation(of: write) == .unreadable)
            test.server.fail("history", error)
            #expect(try await confirmation(of: start) == .outdated)
        }
        test.server.fail("history", APIError(.notTheAPI(status: 302), effect: .none, message: "a portal"))
        test.server.fail("list", APIError(.notTheAPI(status: 302), effect: .none, message: "a portal"))
        #expect(try await confirmation(of: write) == nil, "nothing follows where the API does not answer at all")
    }

    @Test func `cannot tell of an append without a base, unless it is a copy's`() async throws {
        let write = try doubtful(test.append("mine", to: chat.local))
        #expect(try await lookup(of: write) == (.unclear(.ambiguous), []))
        try test.store.markInDoubt(write, reason: .copied, nextAttempt: noon)
        #expect(try await confirmation(of: write) == .absent)
        test.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .present(nil))
        let other = try test.append("another", to: chat.local)
        #expect(try await confirmation(of: write) == .present(nil))
        let twin = try test.append(" mine", to: chat.local)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
        for id in [twin, other] { _ = try test.store.cancel(id) }
        #expect(try await confirmation(of: write) == .present(nil))
        // A start whose answer is not known may have made this very conversation, before its original sent what followed.
        let lost = try test.store.operation(matching: doubtfulStart().rawValue)
        _ = try test.append("mine", to: lost.conversation)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
    }

    @Test func `cannot tell of an exchange that the server does not store`() async throws {
        var request = StartRequest("secret")
        request.store = false
        let write = try doubtful(test.store.start(request).operation)
        #expect(try await lookup(of: write) == (.unclear(.unconfirmable), []))
    }

    @Test func `of an append behind a base that was not read: an equal text may be anybody's`() async throws {
        test.server.fail("get", .status(404))
        test.server.fail("append", .lost, isAfter: true)
        let write = try test.append("mine", to: chat.local)
        _ = try await test.push()
        #expect(try test.item(write).state == .inDoubt)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
    }

    @Test func `of a deletion: none, for it may be sent again, and a read may come from a replica`() async throws {
        let write = try doubtful(try #require(try test.store.delete(chat.local, .remote)).operation)
        #expect(try await lookup(of: write) == (.absent, []))
    }
}
