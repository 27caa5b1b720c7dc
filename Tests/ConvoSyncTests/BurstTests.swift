import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A burst of appends` {
    @Test func `costs a post each, at most two gets, and one history`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        for number in 1...5 { _ = try house.append("message \(number)", to: chat.local) }
        let report = try await house.push()
        #expect(report.delivered == 5 && report.halt == nil)
        let requests = house.server.requests()
        #expect(requests.count { $0.hasPrefix("append") } == 5)
        #expect(requests.count { $0.hasPrefix("get") } <= 10)
        #expect(requests.count { $0.hasPrefix("history") } == 1)
        #expect(try house.store.outbox().isEmpty)
        #expect(try house.texts(chat.local) == house.server.texts(chat.remote))
        #expect(try !house.store.isHistoryBehind(of: chat.local))
    }

    @Test func `reads the history each time where others may not be overlooked, and takes nobody for another`()
        async throws
    {
        let house = try House()
        let chat = try await house.mirrored()
        try house.store.setConflictPolicy(.branch, of: chat.local)
        for number in 1...3 { _ = try house.append("message \(number)", to: chat.local) }
        #expect(try await house.push().delivered == 3)
        #expect(house.server.requests().count { $0.hasPrefix("history") } == 3)
        #expect(house.server.count == 1)
        #expect(try house.store.outbox().isEmpty)
    }

    @Test func `reads what another writer said in between`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        let first = try house.append("one", to: chat.local)
        _ = try house.append("two", to: chat.local)
        house.server.fail("append", .status(409), skipping: 1)
        #expect(try await house.push().delivered == 1)
        house.server.say("theirs", in: chat.remote)
        #expect(try await house.push().delivered == 1)
        #expect(try house.item(first).state == .delivered)
        #expect(try house.texts(chat.local) == ["hello", "echo", "one", "echo", "theirs", "echo", "two", "echo"])
    }

    @Test func `goes behind a history that is too large to be read`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        house.server.say("one", in: chat.remote)
        let tooLarge = APIError(.answerTooLarge(limit: 1), effect: .none, message: "too large")
        for _ in 1...2 { house.server.fail("history", tooLarge) }
        let write = try house.append("one", to: chat.local)
        #expect(try await house.push().delivered == 1)
        #expect(try house.item(write).state == .delivered)
        #expect(house.server.texts(chat.remote).suffix(4) == ["one", "echo", "one", "echo"])
        #expect(try house.store.setAside().map(\.remoteID) == [chat.remote])
    }

    @Test func `does not fetch a history again that was too large in the same version`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        house.server.say("one", in: chat.remote)
        house.server.fail("history", APIError(.answerTooLarge(limit: 1), effect: .none, message: "too large"))
        house.server.fail("append", .status(409))
        let write = try house.append("two", to: chat.local)
        #expect(try await house.push().delivered == 0)
        #expect(house.server.requests().contains { $0.hasPrefix("history") })
        try house.store.setConflictPolicy(.hold, of: chat.local)
        #expect(try await house.push().delivered == 0)
        #expect(!house.server.requests().contains { $0.hasPrefix("history") })
        #expect(try house.item(write).reason?.code == "unseen")
        try house.store.setConflictPolicy(.append, of: chat.local)
        try house.store.retry(write)
        #expect(try await house.push().delivered == 1)
        #expect(house.server.texts(chat.remote) == ["hello", "echo", "one", "echo", "two", "echo"])
    }

    @Test func `keeps what the server says of the conversation`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        house.server.say("theirs", in: chat.remote)
        house.server.fail("append", .status(409))
        _ = try house.append("mine", to: chat.local)
        #expect(try await house.push().delivered == 0)
        #expect(try house.store.conversation(matching: chat.local.rawValue).raw == house.server.get(chat.remote).raw)
    }

    @Test func `behind our own start is held where another writer came between`() async throws {
        let house = try House(
            {
                var limits = SyncLimits()
                limits.conflictPolicy = .hold
                return limits
            }())
        let start = try house.start()
        let write = try house.append("more", to: start.conversation)
        house.server.fail("append", .status(409))
        #expect(try await house.push().delivered == 1)
        let remote = try #require(try house.item(start.operation).remoteID)
        house.server.say("theirs", in: remote)
        #expect(try await house.push().delivered == 0)
        #expect(try house.item(write).reason == .overtaken)
    }

    @Test func `behind our own confirmation of calls goes where nobody came between`() async throws {
        let house = try House(
            {
                var limits = SyncLimits()
                limits.conflictPolicy = .hold
                return limits
            }())
        let chat = try await house.mirrored()
        _ = try house.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: chat.local)
        let write = try house.append("more", to: chat.local)
        #expect(try await house.push().delivered == 2)
        #expect(try house.item(write).state == .delivered)
    }

    @Test func `stops before a history that is too large, where it must not pass another writer`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        try house.store.setConflictPolicy(.hold, of: chat.local)
        house.server.say("theirs", in: chat.remote)
        house.server.fail("history", APIError(.answerTooLarge(limit: 1), effect: .none, message: "too large"))
        let write = try house.append("mine", to: chat.local)
        #expect(try await house.push().delivered == 0)
        #expect(try house.item(write).state == .held)
        #expect(try house.item(write).reason?.code == "unseen")
        #expect(!house.server.texts(chat.remote).contains("mine"))
    }

    @Test func `behind our own start and our own branch goes where they went`() async throws {
        let house = try House(
            {
                var limits = SyncLimits()
                limits.conflictPolicy = .hold
                return limits
            }())
        let start = try house.start()
        _ = try house.append("more", to: start.conversation)
        #expect(try await house.push().delivered == 2)
        let remote = try #require(try house.store.conversation(matching: start.conversation.rawValue).remoteID)
        #expect(house.server.texts(remote) == ["hello", "echo", "more", "echo"])
        let from = try #require(try house.store.history(of: start.conversation).entries.first?.entry.id)
        let branch = try house.store.restart(RestartRequest(from: from, inputs: .text("other")), of: start.conversation)
        _ = try house.append("and?", to: branch.conversation)
        #expect(try await house.push().delivered == 2)
        #expect(try house.texts(branch.conversation) == ["hello", "other", "echo", "and?", "echo"])
    }
}
