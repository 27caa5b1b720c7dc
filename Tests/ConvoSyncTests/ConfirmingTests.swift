import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

/// What reading the server tells of a write whose answer was lost. Nothing is sent.
@Suite struct `Reading whether a write is on the server` {
    private let house: House
    private let chat: (local: LocalID, remote: RemoteID)

    init() async throws {
        house = try House()
        chat = try await house.mirrored()
    }

    private var shell: PushShell {
        PushShell(
            api: house.server, account: house.engine.account, store: house.store, clock: house.clock,
            limits: SyncLimits())
    }

    /// - Returns: `nil` where the reading failed.
    private func confirmation(of id: OperationID) async throws -> ConvoSync.Confirmation? {
        let item = try house.item(id)
        guard case .confirmed(let confirmation, let since) = await shell.perform(.confirm(item)) else { return nil }
        #expect(since == house.clock.uptime)
        #expect(!house.server.requests().contains { $0.hasPrefix("append") || $0.hasPrefix("start") })
        return confirmation
    }

    private func doubtful(_ id: OperationID) throws -> OperationID {
        _ = try house.store.markSending(id, base: nil)
        try house.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        return id
    }

    private func doubtfulStart() throws -> OperationID { try doubtful(house.start("new").operation) }

    private func signed(_ id: OperationID) -> JSONText { .object([Store.operationKey: .string(id.rawValue)]) }

    private func doubtfulAppend(_ text: String) throws -> OperationID {
        let id = try house.append(text, to: chat.local)
        let tip = try house.store.tip(of: chat.local)
        let version = try house.server.get(chat.remote).version
        _ = try house.store.markSending(
            id, base: OutboxItem.Base(entryID: tip.entryID, count: tip.count, version: version))
        try house.store.markInDoubt(id, reason: .notThereYet, nextAttempt: noon)
        _ = house.server.requests()
        return id
    }

    @Test func `finds an append behind its base, and brings what else is there`() async throws {
        let write = try doubtfulAppend("mine")
        #expect(try await confirmation(of: write) == .absent)
        house.server.say("theirs", in: chat.remote)
        #expect(try await confirmation(of: write) == .absent)
        #expect(try house.texts(chat.local) == ["hello", "echo", "theirs", "echo"])
        house.server.say("Mine!", in: chat.remote)
        #expect(try await confirmation(of: write) == .unclear(.changed))
        house.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .present(nil))
        house.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
        house.server.change(chat.remote) { $0.removeFirst(2) }
        #expect(try await confirmation(of: write) == .outdated)
    }

    @Test func `brings what the server says of the conversation`() async throws {
        let write = try doubtfulAppend("mine")
        house.server.say("theirs", in: chat.remote)
        _ = try await confirmation(of: write)
        #expect(try house.store.conversation(matching: chat.local.rawValue).raw == house.server.get(chat.remote).raw)
    }

    @Test func `looks for a copy's append from the beginning where its writer had seen nothing`() async throws {
        let empty = house.server.make()
        house.server.change(empty) { $0 = [] }
        _ = try house.store.takeIn([try house.server.get(empty)])
        let id = try house.store.localID(matching: empty.rawValue)
        let write = try doubtful(house.append("mine", to: id))
        try house.store.markInDoubt(write, reason: .copied, nextAttempt: noon)
        _ = house.server.requests()
        #expect(try await confirmation(of: write) == .absent)
    }

    /// What our own start made tells it, by `get`, though the list leaves it out.
    @Test func `knows another's equal start by what the server tells of our own`() async throws {
        house.server.hideMetadata(inLists: true)
        _ = try house.start("first")
        #expect(try await house.push().delivered == 1)
        _ = await house.engine.pull(.look)
        let write = try doubtfulStart()
        _ = house.server.make("new")
        _ = house.server.requests()
        #expect(try await confirmation(of: write) == .absent)
    }

    @Test func `reads the list again for what was unknown behind its first page alone`() async throws {
        let (unknown, known) = (house.server.make(), house.server.make())
        _ = try house.store.takeIn([try house.server.get(known)])
        let write = try doubtfulStart()
        var limits = SyncLimits()
        limits.pageSize = 1
        let shell = PushShell(
            api: house.server, account: house.engine.account, store: house.store, clock: house.clock, limits: limits)
        _ = house.server.requests()
        _ = await shell.perform(.confirm(try house.item(write)))
        #expect(house.server.requests().count { $0.hasPrefix("list") } == 2 * 4)
        #expect(try house.store.localID(matching: unknown.rawValue) != house.store.localID(matching: known.rawValue))
    }

    @Test func `does not take an append without an answer for one that is done`() async throws {
        let write = try doubtfulAppend("mine")
        house.server.stopAnswering()
        house.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .unanswered(nil))
    }

    @Test func `takes no text that was written before ours was sent for ours`() async throws {
        house.server.say("mine", in: chat.remote)
        let write = try doubtfulAppend("mine")  // the server had it already, and the history that was read had not
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
    }

    @Test func `leaves it open where the server is busy, and fails where it fails`() async throws {
        let write = try doubtfulAppend("mine")
        house.server.fail("get", .status(409))
        #expect(try await confirmation(of: write) == .busy)
        house.server.fail("history", .status(404))
        #expect(try await confirmation(of: write) == .busy)
        house.server.fail("history", .status(503))
        #expect(try await confirmation(of: write) == nil)
    }

    @Test func `cannot tell where a history is too large to be read`() async throws {
        let tooLarge = APIError(.answerTooLarge(limit: 1), effect: .none, message: "too large")
        let write = try doubtfulAppend("mine")
        house.server.fail("history", tooLarge)
        #expect(try await confirmation(of: write) == .unclear(.unreadable))
        let start = try doubtfulStart()
        house.server.fail("history", tooLarge)
        #expect(try await confirmation(of: start) == .unclear(.unrecognisable))
    }

    @Test func `cannot tell of an append without a base, unless it is a copy's`() async throws {
        let write = try doubtful(house.append("mine", to: chat.local))
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
        #expect(house.server.requests().isEmpty)
        try house.store.markInDoubt(write, reason: .copied, nextAttempt: noon)
        #expect(try await confirmation(of: write) == .absent)
        house.server.say("mine", in: chat.remote)
        #expect(try await confirmation(of: write) == .present(nil))
        let other = try house.append("another", to: chat.local)
        #expect(try await confirmation(of: write) == .present(nil))
        let twin = try house.append(" mine", to: chat.local)
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
        for id in [twin, other] { _ = try house.store.cancel(id) }
        #expect(try await confirmation(of: write) == .present(nil))
    }

    @Test func `cannot tell of an exchange that the server does not store`() async throws {
        var request = StartRequest(inputs: .text("secret"))
        request.model = "m"
        request.store = false
        let write = try doubtful(house.store.start(request).operation)
        #expect(try await confirmation(of: write) == .unclear(.unconfirmable))
        #expect(house.server.requests().isEmpty)
    }

    @Test func `finds a start by its name, on the page where it stands`() async throws {
        let write = try doubtfulStart()
        #expect(try await confirmation(of: write) == .absent)
        let made = house.server.make("new", metadata: signed(write))
        #expect(try await confirmation(of: write) == .present(made))
        house.server.change(made) { $0.removeLast() }
        #expect(try await confirmation(of: write) == .unanswered(made))
        house.server.change(made) { $0.removeAll() }
        #expect(try await confirmation(of: write) == .unanswered(made))
    }

    @Test func `finds a start whose name the server does not give, by what it says`() async throws {
        house.server.hideMetadata()
        _ = try house.start("new")  // of which the server says nothing either, and which is no candidate
        #expect(try await house.push().delivered == 1)
        _ = house.server.requests()
        let write = try doubtfulStart()
        #expect(try await confirmation(of: write) == .absent)
        let made = house.server.make("new")
        #expect(try await confirmation(of: write) == .present(made))
        let twin = house.server.make("new")
        #expect(try await confirmation(of: write) == .unclear(.unrecognisable))
        house.server.fail("get \(twin)", .status(404))
        #expect(try await confirmation(of: write) == .outdated)
        house.server.fail("history \(twin)", .status(404))
        #expect(try await confirmation(of: write) == .outdated)
        house.server.fail("get \(twin)", .status(500))
        #expect(try await confirmation(of: write) == nil)
    }

    @Test func `of our start that was known here: there, or gone, and not sent again then`() async throws {
        let write = try doubtfulStart()
        let made = house.server.make("new", metadata: signed(write))
        _ = await house.engine.pull(.look)
        #expect(try house.item(write).remoteID == made)
        _ = house.server.requests()
        #expect(try await confirmation(of: write) == .present(made))
        house.server.remove(made)
        #expect(try await confirmation(of: write) == .denied)
    }

    @Test func `of an append behind a base that was not read: an equal text may be anybody's`() async throws {
        house.server.fail("get", .status(404))
        house.server.fail("append", .lost, isAfter: true)
        let write = try house.append("mine", to: chat.local)
        _ = try await house.push()
        #expect(try house.item(write).state == .inDoubt)
        _ = house.server.requests()
        #expect(try await confirmation(of: write) == .unclear(.ambiguous))
    }

    @Test func `of a deletion: none, for it may be sent again, and a read may come from a replica`() async throws {
        let write = try doubtful(try #require(try house.store.delete(chat.local, .remote)).operation)
        _ = house.server.requests()
        #expect(try await confirmation(of: write) == .absent)
        #expect(house.server.requests().isEmpty)
    }
}
