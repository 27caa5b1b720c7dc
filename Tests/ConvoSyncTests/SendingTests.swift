import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Expectations
import Testing

@testable import ConvoSync

@Suite final class `A write that is sent`: MirroredSuite {
    @Test func `says what its writer has made of it by then`() async throws {
        let write = try test.append("first", to: chat.local)
        let item = try test.item(write)
        try test.store.edit(write, inputs: .text("second"))
        guard case .sent = await test.pushExecutor.perform(.send(item, nil)) else { throw Unexpected("not sent") }
        #expect(test.server.texts(chat.remote) == ["hello", "echo", "second", "echo"])
    }

    @Test func `tells who waits for its answer of each step that has ended`() async throws {
        let write = try test.append("mine", to: chat.local)
        let executor = test.pushExecutor
        let delivery = executor.watch.watch(write, isStreamed: false)
        let before = delivery.changed.generation
        guard case .prepared = await executor.perform(.prepare(try test.item(write))) else {
            throw Unexpected("not prepared")
        }
        #expect(delivery.changed.generation > before)
    }

    @Test func `does not leave, and nothing is stored or marked, once the database has changed hands`() async throws {
        let item = try test.item(test.append("mine", to: chat.local))
        let store = test.store
        let (pull, push) = (test.pullExecutor, test.pushExecutor)
        /// Gives the database to our account, has the engine verify it, and gives it to another account.
        func changeHands() async throws {
            _ = try store.adopt(server: "https://api.example", account: nil, key: nil)
            guard case .verified = await pull.perform(.verify) else { throw Unexpected("not verified") }
            _ = try store.adopt(server: "https://other", account: nil, key: "k")
        }
        try await changeHands()
        let before = try store.conversations()
        _ = test.server.make()
        let raw = JSONText.object(["conversation_id": .string(chat.remote.rawValue), "entries": .array([])])
        let history = FetchedHistory(
            try ConversationHistory(raw: raw), version: "2099-01-01T00:00:00Z",
            readWith: OwnerClaim(server: "https://api.example", key: nil, adoptions: 1))
        for step in [
            PullMachine.Step.list(page: 0, size: 100), .ingest([history]),
            .markDeleted([chat.remote], isAccepted: true),
        ] {
            try await changeHands()
            guard case .failed = await pull.perform(step) else { throw Unexpected("\(step)") }
        }
        try await changeHands()
        guard case .failed = await push.perform(.send(item, nil)) else { throw Unexpected("sent") }
        #expect(try store.conversations() == before)
        #expect(!test.server.texts(chat.remote).contains("mine"))
    }

    @Test func `concludes nothing for another account than the one whose key its pull reads with`() async throws {
        let store = test.store
        let first = test.pullExecutor
        guard case .verified = await first.perform(.verify) else { throw Unexpected("not verified") }
        _ = try store.adopt(server: "https://api.example", account: nil, key: nil)
        let second = PullExecutor(
            api: test.server, account: test.engine.account, store: store, clock: test.clock, limits: SyncLimits(),
            session: PullSession())
        guard case .verified = await second.perform(.verify) else { throw Unexpected("not verified") }
        for step in [PullMachine.Step.conclude(.full), .markDeleted([chat.remote], isAccepted: false)] {
            guard case .failed = await first.perform(step) else { throw Unexpected("\(step)") }
        }
        guard case .concluded = await second.perform(.conclude(.full)) else { throw Unexpected("not concluded") }
        #expect(try store.conversation(matching: chat.local.rawValue).deletedRemotelyAt == nil)
    }

    @Test(arguments: [ConflictPolicy.append, .hold])
    func `goes where something else than the API answers for the history alone, if it may pass other writers`(
        policy: ConflictPolicy
    ) async throws {
        let filter = APIError(.notTheAPI(status: 403), effect: .none, message: "a filter")
        try test.store.setConflictPolicy(policy, of: chat.local)
        test.server.say("theirs", in: chat.remote)
        let item = try test.item(test.append("mine", to: chat.local))
        test.server.fail("history", filter)
        test.server.fail("list", filter)
        guard case .failed = await test.pushExecutor.perform(.prepare(item)) else { throw Unexpected("no API") }
        if policy == .hold { test.server.fail("list", filter) }
        test.server.fail("history", filter)
        let outcome = await test.pushExecutor.perform(.prepare(item))
        switch (policy, outcome) {
        case (.append, .prepared(let base)): #expect(try base == test.store.tip(of: chat.local) && base?.version == nil)
        case (.hold, .failed): break
        default: Issue.record("\(outcome)")
        }
    }

    /// The task that sends was cancelled before.
    @Test func `and was told to stop before does not leave, and nothing is read`() async throws {
        let write = try test.append("mine", to: chat.local)
        let item = try test.item(write)
        let (push, pull) = (test.pushExecutor, test.pullExecutor)
        let outcomes = await Task {  // It is awaited here.
            withUnsafeCurrentTask { $0?.cancel() }
            return (await push.perform(.send(item, nil)), await pull.perform(.list(page: 0, size: 100)))
        }.value
        guard case .failed = outcomes.0, case .failed = outcomes.1 else { throw Unexpected("\(outcomes)") }
        #expect(test.server.requests().isEmpty)
        #expect(try test.item(write).state == .queued)
    }

    @Test func `goes on where another writer was faster, as the policy says`() async throws {
        let held = try test.append("mine", to: chat.local)
        test.server.say("theirs", in: chat.remote)
        try test.store.setConflictPolicy(.hold, of: chat.local)
        #expect(try await test.push().delivered == 0)
        #expect(try test.item(held).reason == .overtaken)
        try test.store.retry(held)
        #expect(try await test.push().delivered == 1)
        test.server.say("again", in: chat.remote)
        let branched = try test.append("elsewhere", to: chat.local)
        try test.store.setConflictPolicy(.branch, of: chat.local)
        #expect(try await test.push().delivered == 1)
        let item = try test.item(branched)
        #expect(item.kind == .restart && item.conversation != chat.local)
        #expect(test.server.count == 2)
        #expect(
            try test.texts(item.conversation) == [
                "hello", "echo", "theirs", "echo", "mine", "echo", "elsewhere", "echo",
            ])
        #expect(!test.server.texts(chat.remote).contains("elsewhere"))
    }

    @Test func `and cannot be branched waits for the person`() async throws {
        let confirmation = try test.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: chat.local
        ).operation
        try test.store.setConflictPolicy(.branch, of: chat.local)
        test.server.say("theirs", in: chat.remote)
        _ = try await test.push()
        #expect(try test.item(confirmation).state == .held && test.item(confirmation).reason == .overtaken)
    }

    @Test func `to a conversation that is there and not found is refused for its agent`() async throws {
        let write = try test.append("mine", to: chat.local)
        test.server.fail("append", .status(404))
        _ = try await test.push()
        #expect(try test.item(write).reason?.code == "agent_gone")
        #expect(try test.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt == nil)
    }

    @Test func `to a conversation that is gone is refused, and that is marked`() async throws {
        let write = try test.append("mine", to: chat.local)
        test.server.fail("append", .status(404))
        test.server.fail("get", .status(404), skipping: 1)
        _ = try await test.push()
        #expect(try test.item(write).reason == .conversationDeleted)
        #expect(try test.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt != nil)
    }

    @Test func `to a conversation that only a read denies is delivered`() async throws {
        test.server.fail("get", .status(404))
        let write = try test.append("mine", to: chat.local)
        #expect(try await test.push().delivered == 1)
        #expect(try test.item(write).state == .delivered)
        #expect(try test.texts(chat.local) == ["hello", "echo", "mine", "echo"])
        #expect(try test.store.conversation(matching: chat.local.rawValue).deletedRemotelyAt == nil)
    }

    @Test func `and must not pass another writer's is refused once its conversation was denied for long enough`()
        async throws
    {
        let write = try test.append("mine", to: chat.local)
        try test.store.setConflictPolicy(.hold, of: chat.local)
        test.server.fail("get", .status(404))
        #expect(try await test.push().delivered == 0)
        #expect(try test.item(write).state == .queued && test.item(write).reason?.code == "http_409")
        test.clock.advance(SyncLimits().replicaLag)
        test.server.fail("get", .status(404))
        #expect(try await test.push().delivered == 0)
        #expect(try test.item(write).reason == .conversationDeleted)
        #expect(!test.server.requests().contains { $0.hasPrefix("append") })
    }

    @Test func `and has made what no read shows yet leaves that unmarked while a replica may lag`()
        async throws
    {
        test.server.fail("get", .status(404))
        let start = try test.start()
        #expect(try await test.push().delivered == 1)
        func made() throws -> StoredConversation {
            try test.store.conversation(matching: start.conversation.rawValue)
        }
        test.server.remove(try #require(try made().remoteID))
        test.clock.advance(SyncLimits().replicaLag - .seconds(1))
        _ = await test.engine.pull(.full)
        #expect(try made().deletedRemotelyAt == nil)
        test.clock.advance(.seconds(2))
        _ = await test.engine.pull(.full)
        #expect(try made().deletedRemotelyAt != nil)
    }

    @Test func `waits where it cannot be told what was not found`() async throws {
        let write = try test.append("mine", to: chat.local)
        test.server.fail("append", .status(404))
        test.server.fail("get", .status(503), skipping: 1)
        _ = try await test.push()
        #expect(try test.item(write).state == .queued)
        #expect(try test.item(write).nextAttempt != nil)
    }

    @Test func `to delete is done also where there is nothing to delete`() async throws {
        let other = test.server.make()
        _ = await test.engine.pull(.firstPage)
        let ids = try [chat.local, test.store.localID(matching: other.rawValue)].map {
            try #require(try test.store.delete($0, .remote)).operation
        }
        test.server.remove(other)
        _ = test.server.requests()
        #expect(try await test.push().delivered == 2)
        #expect(test.server.count == 0)
        #expect(try ids.map { try test.item($0).state } == [.delivered, .delivered])
        #expect(test.server.requests().allSatisfy { $0.hasPrefix("delete") })
    }

    @Test func `behind a turn without an answer waits for that`() async throws {
        test.server.stopAnswering()
        test.server.say("theirs", in: chat.remote)
        let write = try test.append("mine", to: chat.local)
        _ = try await test.push()
        #expect(try test.item(write).state == .queued)
        #expect(try test.item(write).reason?.code == "http_409")
        #expect(!test.server.texts(chat.remote).contains("mine"))
        test.clock.advance(.seconds(3000))
        test.server.change(chat.remote) {
            $0.append(.object(["type": .string("message.output"), "id": .string("late"), "content": .string("late")]))
        }
        #expect(try await test.push().delivered == 1)
    }

    @Test func `unstored is not asked for again`() async throws {
        var request = StartRequest("secret")
        request.store = false
        let write = try test.store.start(request)
        _ = test.server.requests()
        #expect(try await test.push().delivered == 1)
        #expect(test.server.requests() == ["start"])
        #expect(try test.texts(write.conversation) == ["secret", "echo"])
    }

    @Test func `carries our name where it makes a conversation, beside what its writer says`() async throws {
        var request = StartRequest("hello")
        request.metadata = .object(["k": .string("v")])
        let write = try test.store.start(request)
        _ = try await test.push()
        let remote = try #require(try test.item(write.operation).remoteID)
        let metadata = try test.server.get(remote).metadata
        #expect(metadata?["k"]?.string == "v")
        #expect(metadata?[Store.operationKey]?.string == write.operation.rawValue)
    }
}
