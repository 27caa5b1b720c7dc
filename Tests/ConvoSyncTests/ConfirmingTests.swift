import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// The conclusions from a read of the server about a write whose answer was lost; nothing is sent.
@Suite final class `Reading whether a write is on the server`: MirroredSuite {
    /// Has the server leave metadata out of its answers, which the store learns from a start that is delivered.
    private func hideMetadata(after text: String = "first") async throws {
        test.server.hideMetadata()
        _ = try test.start(text)
        #expect(try await test.push().delivered == 1)
    }

    /// - Returns: what the read tells, or `nil` if the read failed; and its requests.
    private func lookup(of id: OperationID) async throws -> (found: ConvoSync.InDoubtLookup?, requests: [String]) {
        let item = try test.item(id)
        _ = test.server.requests()
        let outcome = await test.pushExecutor.perform(.confirm(item))
        let requests = test.server.requests()
        #expect(!requests.contains { $0.hasPrefix("append") || $0.hasPrefix("start") })
        guard case .confirmed(let found, let since) = outcome else { return (nil, requests) }
        #expect(since == test.clock.uptime)
        return (found, requests)
    }

    private func confirmation(of id: OperationID) async throws -> ConvoSync.InDoubtLookup? {
        try await lookup(of: id).found
    }

    private func doubtful(_ id: OperationID) throws -> OperationID {
        _ = try test.store.markSending(id, base: nil)
        try test.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        return id
    }

    private func doubtfulStart() throws -> OperationID { try doubtful(test.start("new").operation) }

    private func signed(_ id: OperationID) -> JSONText { .object([Store.operationKey: .string(id.rawValue)]) }

    private func doubtfulAppend(_ text: String) throws -> OperationID {
        let id = try test.append(text, to: chat.local)
        let tip = try test.store.tip(of: chat.local)
        let version = try test.server.get(chat.remote).version
        _ = try test.store.markSending(id, base: OutboxItem.Base(entryID: tip.entryID, version: version))
        try test.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        return id
    }

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

    @Test func `does not take what was here before a start for what it has made`() async throws {
        try await hideMetadata()
        _ = test.server.make("new")
        _ = await test.engine.pull(.firstPage)
        let write = try doubtfulStart()
        #expect(try await confirmation(of: write) == .absent)
    }

    /// The server lists what the first try's run has made, and refuses the run; the second try's answer is lost.
    @Test func `looks for what a second try has made, though a pull has met what the first one made`() async throws {
        let write = try test.start("new").operation
        _ = try test.store.markSending(write, base: nil)
        let first = test.server.make("new", metadata: signed(write))
        _ = await test.engine.pull(.firstPage)
        try test.store.markQueued(write, from: .sending, reason: nil, nextAttempt: nil)
        test.server.remove(first)
        #expect(try test.item(write).remoteID == first)
        _ = try doubtful(write)
        #expect(try await confirmation(of: write) == .outdated, "neither is there, and the second may still come")
        let second = test.server.make("new", metadata: signed(write))
        #expect(try await confirmation(of: write) == .present(second))
        test.server.stopAnswering()
        let third = test.server.make("new", metadata: signed(write))
        #expect(try await confirmation(of: write) == .unanswered(third), "the newest is what the last try has made")
    }

    @Test func `believes the last try's own stream, whatever else begins so`() async throws {
        try await hideMetadata()
        let write = try doubtfulStart()
        try test.store.markQueued(write, from: .inDoubt, reason: nil, nextAttempt: nil)
        _ = try doubtful(write)
        let ours = test.server.make("new")
        try test.store.keepPartial(of: write, conversation: ours, entries: [])
        _ = test.server.make("new")
        #expect(try await confirmation(of: write) == .present(ours))
        test.server.remove(ours)
        #expect(try await confirmation(of: write) == .outdated, "no read has shown it: it may come yet")
    }

    @Test func `cannot tell which of two equal starts has made a conversation`() async throws {
        try await hideMetadata()
        let (write, twin) = (try doubtfulStart(), try doubtfulStart())
        let made = test.server.make("new")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
        try test.store.markStopped(twin, from: .inDoubt, as: .refused, reason: .unrecognisable)
        #expect(try await confirmation(of: write) == .present(made), "the server said that it did not take the other")
    }

    /// Conversations that came into the mirror after the write was queued, and are gone by now.
    @Test(arguments: [("new", false), ("new", true), ("another", false), ("another", true)])
    func `cannot tell of a start whose conversation may be gone since`(text: String, isDeletedHere: Bool) async throws {
        try await hideMetadata()
        let write = try doubtfulStart()
        let made = test.server.make(text)
        _ = await test.engine.pull(.full)
        test.server.remove(made)
        if isDeletedHere {
            _ = try test.store.delete(try test.store.localID(matching: made.rawValue), .local)
        } else {
            try test.store.markDeletedRemotely([made])
        }
        // Nothing is left of a conversation that was deleted here that could tell.
        let mayBeOurs = text == "new" || isDeletedHere
        #expect(try await confirmation(of: write) == (mayBeOurs ? .unclear(.unrecognisable) : .absent))
    }

    /// The list leaves metadata out; `get` shows the metadata of the conversation that our own start made.
    @Test func `cannot tell of an equal start without metadata, also where the server tells of our own`() async throws {
        test.server.hideMetadata(inLists: true)
        _ = try test.start("first")
        #expect(try await test.push().delivered == 1)
        _ = await test.engine.pull(.firstPage)
        let write = try doubtfulStart()
        _ = test.server.make("new")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
    }

    @Test func `reads the pages of the list twice, and takes their conversations in`() async throws {
        let (unknown, known) = (test.server.make(), test.server.make())
        let write = try doubtfulStart()
        var limits = SyncLimits()
        limits.pageSize = 1
        let executor = PushExecutor(
            api: test.server, account: test.engine.account, store: test.store, clock: test.clock, limits: limits)
        _ = test.server.requests()
        _ = await executor.perform(.confirm(try test.item(write)))
        #expect(test.server.requests().count { $0.hasPrefix("list") } == 2 * 4)
        #expect(try test.store.localID(matching: unknown.rawValue) != test.store.localID(matching: known.rawValue))
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

    @Test func `finds a start by its name, on the page where it stands`() async throws {
        let write = try doubtfulStart()
        #expect(try await confirmation(of: write) == .absent)
        let made = test.server.make("new", metadata: signed(write))
        #expect(try await confirmation(of: write) == .present(made))
        test.server.change(made) { $0.removeLast() }
        #expect(try await confirmation(of: write) == .unanswered(made))
        test.server.change(made) { $0.removeAll() }
        #expect(try await confirmation(of: write) == .unanswered(made))
    }

    @Test func `finds a start whose name the server does not give, by what it says`() async throws {
        try await hideMetadata(after: "new")  // the server gives no metadata of it either, and it is not a candidate
        let write = try doubtfulStart()
        #expect(try await confirmation(of: write) == .absent)
        let made = test.server.make("new")
        #expect(try await confirmation(of: write) == .present(made))
        let twin = test.server.make("new")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
        test.server.fail("get \(twin)", .status(404))
        #expect(try await confirmation(of: write) == .outdated)
        test.server.fail("history \(twin)", .status(404))
        #expect(try await confirmation(of: write) == .outdated)
        test.server.fail("get \(twin)", .status(500))
        #expect(try await confirmation(of: write) == nil)
    }

    @Test func `of our start that was known here: there, or gone, and not sent again then`() async throws {
        let write = try doubtfulStart()
        let made = test.server.make("new", metadata: signed(write))
        _ = await test.engine.pull(.firstPage)
        #expect(try test.item(write).remoteID == made)
        #expect(try await confirmation(of: write) == .present(made))
        test.server.remove(made)
        #expect(try await confirmation(of: write) == .denied)
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
