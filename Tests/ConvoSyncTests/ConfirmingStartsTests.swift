import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// The conclusions from a read of the server about a start whose answer was lost; nothing is sent.
@Suite final class `Reading whether a start is on the server`: ConfirmingSuite {
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

    @Test func `concludes nothing where the server fails when it is asked for the history`() async throws {
        let write = try doubtfulStart()
        let made = test.server.make("new", metadata: signed(write))
        test.server.fail("history", .status(501))
        #expect(try await confirmation(of: write) == nil)
        test.server.fail("history", .status(403))
        #expect(try await confirmation(of: write) == .unanswered(made), "the API itself refuses it")
    }

    @Test func `knows another start that is known to have made a conversation by now for its rival`() async throws {
        let (write, other) = (try doubtfulStart(), try test.start("other"))
        try test.store.markDelivered(other.operation, as: RemoteID("conv_9"))
        let item = try test.item(write)
        #expect(try test.pushExecutor.hasRival(item, for: RemoteID("conv_9")))
        #expect(try !test.pushExecutor.hasRival(item, for: RemoteID("conv_8")))
    }

    @Test func `cannot tell which of two equal starts has made a conversation`() async throws {
        try await hideMetadata()
        let (write, twin) = (try doubtfulStart(), try doubtfulStart())
        _ = test.server.make("new")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
        try test.store.markStopped(twin, from: .inDoubt, as: .refused, reason: .unrecognisable)
        #expect(
            try await confirmation(of: write) == .unclear(.unrecognisable),
            "the server may list what it has refused")
        _ = try test.store.cancel(twin)
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
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
}
