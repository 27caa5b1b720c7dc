import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A write that is sent` {
    private let house: House
    private let chat: (local: LocalID, remote: RemoteID)

    init() async throws {
        house = try House()
        chat = try await house.mirrored()
    }

    @Test func `says what its writer has made of it by then`() async throws {
        let write = try house.append("first", to: chat.local)
        let item = try house.item(write)
        try house.store.edit(write, inputs: .text("second"))
        let shell = PushShell(
            api: house.server, account: house.engine.account, store: house.store, clock: house.clock,
            limits: SyncLimits())
        guard case .sent = await shell.perform(.send(item, nil)) else {
            Issue.record("not sent")
            return
        }
        #expect(house.server.texts(chat.remote) == ["hello", "echo", "second", "echo"])
    }

    @Test func `does not leave, and nothing is stored or marked, once the database has changed hands`() async throws {
        let item = try house.item(house.append("mine", to: chat.local))
        let (engine, store) = (house.engine, house.store)
        let pull = PullShell(
            api: house.server, account: engine.account, store: store, clock: house.clock, limits: SyncLimits())
        let push = PushShell(
            api: house.server, account: engine.account, store: store, clock: house.clock, limits: SyncLimits())
        /// Verified, and given away then.
        func changeHands() async throws {
            _ = try store.adopt(server: "https://api.example", account: nil, key: nil)
            try await engine.account.verify()
            _ = try store.adopt(server: "https://other", account: nil, key: "k")
        }
        try await changeHands()
        let before = try store.conversations()
        _ = house.server.make()
        let raw = JSONText.object(["conversation_id": .string(chat.remote.rawValue), "entries": .array([])])
        let history = HistoryIntake(try ConversationHistory(raw: raw), version: "2099-01-01T00:00:00Z")
        for step in [
            PullMachine.Step.list(page: 0, size: 100), .takeIn([history]),
            .markDeleted([chat.remote], isAccepted: true),
        ] {
            try await changeHands()
            guard case .failed = await pull.perform(step) else {
                Issue.record("\(step)")
                return
            }
        }
        try await changeHands()
        guard case .failed = await push.perform(.send(item, nil)) else {
            Issue.record("sent")
            return
        }
        #expect(try store.conversations() == before)
        #expect(!house.server.texts(chat.remote).contains("mine"))
    }

    /// Of a task that was told to stop.
    @Test func `and was told to stop before does not leave, and nothing is read`() async throws {
        let write = try house.append("mine", to: chat.local)
        let item = try house.item(write)
        let (push, pull) = (
            PushShell(
                api: house.server, account: house.engine.account, store: house.store, clock: house.clock,
                limits: SyncLimits()),
            PullShell(
                api: house.server, account: house.engine.account, store: house.store, clock: house.clock,
                limits: SyncLimits())
        )
        let outcomes = await Task {  // Awaited here.
            withUnsafeCurrentTask { $0?.cancel() }
            return (await push.perform(.send(item, nil)), await pull.perform(.list(page: 0, size: 100)))
        }.value
        guard case .failed = outcomes.0, case .failed = outcomes.1 else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(house.server.requests().isEmpty)
        #expect(try house.item(write).state == .queued)
    }

    @Test func `goes on where another writer was faster, as the policy says`() async throws {
        let held = try house.append("mine", to: chat.local)
        house.server.say("theirs", in: chat.remote)
        try house.store.setConflictPolicy(.hold, of: chat.local)
        #expect(try await house.push().delivered == 0)
        #expect(try house.item(held).reason == .overtaken)
        try house.store.retry(held)
        #expect(try await house.push().delivered == 1)
        house.server.say("again", in: chat.remote)
        let branched = try house.append("elsewhere", to: chat.local)
        try house.store.setConflictPolicy(.branch, of: chat.local)
        #expect(try await house.push().delivered == 1)
        let item = try house.item(branched)
        #expect(item.kind == .restart && item.conversation != chat.local)
        #expect(house.server.count == 2)
        #expect(
            try house.texts(item.conversation) == [
                "hello", "echo", "theirs", "echo", "mine", "echo", "elsewhere", "echo",
            ])
        #expect(!house.server.texts(chat.remote).contains("elsewhere"))
    }

    @Test func `and cannot be branched waits for the person`() async throws {
        let confirmation = try house.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: chat.local
        ).operation
        try house.store.setConflictPolicy(.branch, of: chat.local)
        house.server.say("theirs", in: chat.remote)
        _ = try await house.push()
        #expect(try house.item(confirmation).state == .held && house.item(confirmation).reason == .overtaken)
    }

    @Test func `to a conversation that is there and not found is refused for its agent`() async throws {
        let write = try house.append("mine", to: chat.local)
        house.server.fail("append", .status(404))
        _ = try await house.push()
        #expect(try house.item(write).reason?.code == "agent_gone")
        #expect(try house.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt == nil)
    }

    @Test func `to a conversation that is gone is refused, and that is marked`() async throws {
        let write = try house.append("mine", to: chat.local)
        house.server.fail("append", .status(404))
        house.server.fail("get", .status(404), skipping: 1)
        _ = try await house.push()
        #expect(try house.item(write).reason == .conversationDeleted)
        #expect(try house.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt != nil)
    }

    @Test func `to a conversation that only a read denies is delivered`() async throws {
        house.server.fail("get", .status(404))
        let write = try house.append("mine", to: chat.local)
        #expect(try await house.push().delivered == 1)
        #expect(try house.item(write).state == .delivered)
        #expect(try house.texts(chat.local) == ["hello", "echo", "mine", "echo"])
        #expect(try house.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt == nil)
    }

    @Test func `and must not pass another writer's is refused once its conversation was denied for long enough`()
        async throws
    {
        let write = try house.append("mine", to: chat.local)
        try house.store.setConflictPolicy(.hold, of: chat.local)
        house.server.fail("get", .status(404))
        #expect(try await house.push().delivered == 0)
        #expect(try house.item(write).state == .queued && house.item(write).reason?.code == "http_409")
        house.clock.advance(SyncLimits().replicaLag)
        house.server.fail("get", .status(404))
        #expect(try await house.push().delivered == 0)
        #expect(try house.item(write).reason == .conversationDeleted)
        #expect(!house.server.requests().contains { $0.hasPrefix("append") })
    }

    @Test func `and has made what no read shows yet leaves that unmarked while a replica may lag`()
        async throws
    {
        house.server.fail("get", .status(404))
        let start = try house.start()
        #expect(try await house.push().delivered == 1)
        func made() throws -> StoredConversation {
            try house.store.conversation(matching: start.conversation.rawValue)
        }
        house.server.remove(try #require(try made().remoteID))
        house.clock.advance(SyncLimits().replicaLag - .seconds(1))
        _ = await house.engine.pull(.sweep)
        #expect(try made().deletedRemotelyAt == nil)
        house.clock.advance(.seconds(2))
        _ = await house.engine.pull(.sweep)
        #expect(try made().deletedRemotelyAt != nil)
    }

    @Test func `waits where it cannot be told what was not found`() async throws {
        let write = try house.append("mine", to: chat.local)
        house.server.fail("append", .status(404))
        house.server.fail("get", .status(503), skipping: 1)
        _ = try await house.push()
        #expect(try house.item(write).state == .queued)
        #expect(try house.item(write).nextAttempt != nil)
    }

    @Test func `to delete is done also where there is nothing to delete`() async throws {
        let other = house.server.make()
        _ = await house.engine.pull(.look)
        let ids = try [chat.local, house.store.localID(matching: other.rawValue)].map {
            try #require(try house.store.delete($0, .remote)).operation
        }
        house.server.remove(other)
        _ = house.server.requests()
        #expect(try await house.push().delivered == 2)
        #expect(house.server.count == 0)
        #expect(try ids.map { try house.item($0).state } == [.delivered, .delivered])
        #expect(house.server.requests().allSatisfy { $0.hasPrefix("delete") })
    }

    @Test func `behind a turn without an answer waits for that`() async throws {
        house.server.stopAnswering()
        house.server.say("theirs", in: chat.remote)
        let write = try house.append("mine", to: chat.local)
        _ = try await house.push()
        #expect(try house.item(write).state == .queued)
        #expect(try house.item(write).reason?.code == "http_409")
        #expect(!house.server.texts(chat.remote).contains("mine"))
        house.clock.advance(.seconds(3000))
        house.server.change(chat.remote) {
            $0.append(.object(["type": .string("message.output"), "id": .string("late"), "content": .string("late")]))
        }
        #expect(try await house.push().delivered == 1)
    }

    @Test func `unstored is not asked for again`() async throws {
        var request = StartRequest(inputs: .text("secret"))
        request.model = "m"
        request.store = false
        let write = try house.store.start(request)
        _ = house.server.requests()
        #expect(try await house.push().delivered == 1)
        #expect(house.server.requests() == ["start"])
        #expect(try house.texts(write.conversation) == ["secret", "echo"])
    }

    @Test func `carries our name where it makes a conversation, beside what its writer says`() async throws {
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        request.metadata = .object(["k": .string("v")])
        let write = try house.store.start(request)
        _ = try await house.push()
        let remote = try #require(try house.item(write.operation).remoteID)
        let metadata = try house.server.get(remote).metadata
        #expect(metadata?["k"]?.string == "v")
        #expect(metadata?[Store.operationKey]?.string == write.operation.rawValue)
    }
}
