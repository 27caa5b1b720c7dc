import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite final class `A burst of appends`: MirroredSuite {
    /// An engine under the policy that holds what another writer has overtaken.
    private func holding() throws -> TestEngine {
        var limits = SyncLimits()
        limits.conflictPolicy = .hold
        return try TestEngine(limits)
    }

    @Test func `costs a post each, a get before and one after, and one history`() async throws {
        for number in 1...5 { _ = try test.append("message \(number)", to: chat.local) }
        let report = try await test.push()
        #expect(report.delivered == 5 && report.halt == nil)
        let requests = test.server.requests()
        #expect(requests.count { $0.hasPrefix("append") } == 5)
        #expect(requests.count { $0.hasPrefix("get") } == 2)
        #expect(requests.count { $0.hasPrefix("history") } == 1)
        #expect(try test.store.outbox().isEmpty)
        #expect(try test.texts(chat.local) == test.server.texts(chat.remote))
        #expect(try !test.store.isHistoryBehind(of: chat.local))
    }

    /// What others wrote while the answer was on its way must not be taken for ours.
    @Test(arguments: [(Duration.milliseconds(999), 2), (.seconds(1), 4)])
    func `reads the conversation where the answer was long on its way`(wait: Duration, gets: Int) async throws {
        for number in 1...3 { _ = try test.append("message \(number)", to: chat.local) }
        let clock = test.clock
        test.server.delay("append") { clock.advance(wait) }
        #expect(try await test.push().delivered == 3)
        #expect(test.server.requests().count { $0.hasPrefix("get") } == gets)
    }

    /// The server may answer a turn before it lets the next one in.
    @Test func `goes on at once behind a read where the server was still busy with the turn that it had answered`()
        async throws
    {
        for number in 1...3 { _ = try test.append("message \(number)", to: chat.local) }
        test.server.fail("append", .status(409), skipping: 1)
        #expect(try await test.push().delivered == 3)
        #expect(test.server.requests().count { $0.hasPrefix("get") } == 3)
    }

    @Test func `goes on after a refusal for a while with a get, and without the history`() async throws {
        for number in 1...4 { _ = try test.append("message \(number)", to: chat.local) }
        test.server.fail("append", .status(429, retryAfter: .seconds(5)), skipping: 2)
        #expect(try await test.push(.due).delivered == 4)
        let requests = test.server.requests()
        #expect(requests.count { $0.hasPrefix("append") } == 5)
        #expect(requests.count { $0.hasPrefix("get") } == 3)
        #expect(requests.count { $0.hasPrefix("history") } == 1)
        #expect(try test.texts(chat.local) == test.server.texts(chat.remote))
    }

    @Test func `reads the conversation behind a confirmation of calls, whose answer may be of an earlier turn`()
        async throws
    {
        _ = try test.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: chat.local)
        _ = try test.append("more", to: chat.local)
        #expect(try await test.push().delivered == 2)
        #expect(test.server.requests().count { $0.hasPrefix("get") } == 3)
    }

    @Test func `reads the history after a wait where the server's times tell nothing`() async throws {
        for number in 1...2 { _ = try test.append("message \(number)", to: chat.local) }
        test.server.fail("append", .status(429, retryAfter: .seconds(5)), skipping: 1)
        test.server.describesTimes(as: { "at \($0.text)" })
        #expect(try await test.push(.due).delivered == 2)
        #expect(test.server.requests().count { $0.hasPrefix("history") } == 3)
    }

    @Test func `takes no turn that the server did not store for the one that moved the conversation`() async throws {
        _ = try test.append("one", to: chat.local)
        var unstored = AppendRequest(inputs: .text("two"))
        unstored.store = false
        _ = try test.store.append(unstored, to: chat.local)
        _ = try test.append("three", to: chat.local)
        test.server.fail("append", .status(429, retryAfter: .seconds(5)), skipping: 2)
        #expect(try await test.push(.due).delivered == 3)
        #expect(try test.store.responseWithoutHistory(in: chat.local) == nil)
        #expect(test.server.requests().count { $0.hasPrefix("history") } == 2)
    }

    @Test func `takes no equal text of another writer for ours, whose request was lost`() async throws {
        let writes = try (1...2).map { _ in try test.append("same", to: chat.local) }
        let (server, remote) = (test.server, chat.remote)
        test.clock.atSleep(1) { server.say("same", in: remote) }
        test.server.fail("append", .status(429, retryAfter: .seconds(5)), skipping: 1)
        test.server.fail("append", .lost)
        _ = try await test.push(.due)
        #expect(try test.item(writes[1]).state != .delivered, "what is there is the other writer's")
    }

    @Test func `reads the history each time where others may not be overlooked, and takes nobody for another`()
        async throws
    {
        try test.store.setConflictPolicy(.branch, of: chat.local)
        for number in 1...3 { _ = try test.append("message \(number)", to: chat.local) }
        #expect(try await test.push().delivered == 3)
        #expect(test.server.requests().count { $0.hasPrefix("history") } == 3)
        #expect(test.server.count == 1)
        #expect(try test.store.outbox().isEmpty)
    }

    @Test(arguments: [ConflictPolicy.branch, .hold])
    func `takes our own turn for nobody's, where the read behind it failed`(policy: ConflictPolicy) async throws {
        try test.store.setConflictPolicy(policy, of: chat.local)
        _ = try test.append("one", to: chat.local)
        let second = try test.append("two", to: chat.local)
        test.server.fail("get", .status(503), skipping: 1)
        test.server.fail("append", .status(409), skipping: 1)
        _ = try await test.push()
        _ = try await test.push()
        #expect(try test.item(second).state == .delivered)
        #expect(try test.texts(chat.local) == ["hello", "echo", "one", "echo", "two", "echo"])
        let third = try test.append("three", to: chat.local)
        test.server.say("two", in: chat.remote)
        _ = try await test.push()
        let isOvertaken = try test.item(third).state == .held || test.item(third).conversation != chat.local
        #expect(isOvertaken, "an equal text of another writer is not ours")
    }

    @Test func `reads what another writer said in between`() async throws {
        let first = try test.append("one", to: chat.local)
        _ = try test.append("two", to: chat.local)
        test.server.fail("append", .status(409), skipping: 1)
        test.server.fail("append", .status(409))
        #expect(try await test.push().delivered == 1)
        test.server.say("theirs", in: chat.remote)
        #expect(try await test.push().delivered == 1)
        #expect(try test.item(first).state == .delivered)
        #expect(try test.texts(chat.local) == ["hello", "echo", "one", "echo", "theirs", "echo", "two", "echo"])
    }

    @Test func `goes behind a history that is too large to be read`() async throws {
        test.server.say("one", in: chat.remote)
        for _ in 1...2 { test.server.fail("history", .tooLarge) }
        let write = try test.append("one", to: chat.local)
        #expect(try await test.push().delivered == 1)
        #expect(try test.item(write).state == .delivered)
        #expect(test.server.texts(chat.remote).suffix(4) == ["one", "echo", "one", "echo"])
        #expect(try test.store.setAside().map(\.remoteID) == [chat.remote])
    }

    @Test func `does not fetch a history again that was too large in the same version`() async throws {
        test.server.say("one", in: chat.remote)
        test.server.fail("history", .tooLarge)
        test.server.fail("append", .status(409))
        let write = try test.append("two", to: chat.local)
        #expect(try await test.push().delivered == 0)
        #expect(test.server.requests().contains { $0.hasPrefix("history") })
        try test.store.setConflictPolicy(.hold, of: chat.local)
        #expect(try await test.push().delivered == 0)
        #expect(!test.server.requests().contains { $0.hasPrefix("history") })
        #expect(try test.item(write).reason?.code == "unseen")
        try test.store.setConflictPolicy(.append, of: chat.local)
        try test.store.retry(write)
        #expect(try await test.push().delivered == 1)
        #expect(test.server.texts(chat.remote) == ["hello", "echo", "one", "echo", "two", "echo"])
    }

    @Test func `keeps what the server says of the conversation`() async throws {
        test.server.say("theirs", in: chat.remote)
        test.server.fail("append", .status(409))
        _ = try test.append("mine", to: chat.local)
        #expect(try await test.push().delivered == 0)
        #expect(try test.store.conversation(matching: chat.local.rawValue).raw == test.server.get(chat.remote).raw)
    }

    @Test func `behind our own start is held where another writer came between`() async throws {
        let test = try holding()
        let start = try test.start()
        let write = try test.append("more", to: start.conversation)
        test.server.fail("append", .status(409))
        #expect(try await test.push().delivered == 1)
        let remote = try #require(try test.item(start.operation).remoteID)
        test.server.say("theirs", in: remote)
        #expect(try await test.push().delivered == 0)
        #expect(try test.item(write).reason == .overtaken)
    }

    @Test func `behind our own confirmation of calls goes where nobody came between`() async throws {
        let test = try holding()
        let chat = try await test.mirrored()
        _ = try test.store.append(
            AppendRequest(
                json: .object(["tool_confirmations": .array([JSONText.object(["tool_call_id": .string("c")])])])),
            to: chat.local)
        let write = try test.append("more", to: chat.local)
        #expect(try await test.push().delivered == 2)
        #expect(try test.item(write).state == .delivered)
    }

    @Test func `stops before a history that is too large, where it must not pass another writer`() async throws {
        try test.store.setConflictPolicy(.hold, of: chat.local)
        test.server.say("theirs", in: chat.remote)
        test.server.fail("history", .tooLarge)
        let write = try test.append("mine", to: chat.local)
        #expect(try await test.push().delivered == 0)
        #expect(try test.item(write).state == .held)
        #expect(try test.item(write).reason?.code == "unseen")
        #expect(!test.server.texts(chat.remote).contains("mine"))
    }

    @Test func `behind our own start and our own branch goes where they went`() async throws {
        let test = try holding()
        let start = try test.start()
        _ = try test.append("more", to: start.conversation)
        #expect(try await test.push().delivered == 2)
        let remote = try #require(try test.store.conversation(matching: start.conversation.rawValue).remoteID)
        #expect(test.server.texts(remote) == ["hello", "echo", "more", "echo"])
        let from = try #require(try test.store.history(of: start.conversation).entries.first?.entry.id)
        let branch = try test.store.restart(RestartRequest(from: from, inputs: .text("other")), of: start.conversation)
        _ = try test.append("and?", to: branch.conversation)
        #expect(try await test.push().delivered == 2)
        #expect(try test.texts(branch.conversation) == ["hello", "other", "echo", "and?", "echo"])
    }
}

@Suite struct `The span of a turn` {
    private func span(_ times: [(String, String)]) throws -> TurnSpan {
        let outputs = times.map { JSONText.object(["created_at": .string($0.0), "completed_at": .string($0.1)]) }
        return try #require(TurnSpan(.object(["outputs": .array(outputs)])))
    }

    @Test func `is fresh for a second behind its end, and never longer than the wait`() throws {
        let span = try span([
            ("2026-01-01T00:00:01Z", "2026-01-01T00:00:05Z"), ("2026-01-01T00:00:03Z", "2026-01-01T00:00:11Z"),
        ])
        #expect(span.isFresh(after: .seconds(10)))
        #expect(span.isFresh(after: .milliseconds(10_999)))
        #expect(!span.isFresh(after: .seconds(11)))
        #expect(!span.isFresh(after: .milliseconds(9_999)), "an answer cannot come before its end")
    }

    @Test func `has moved what is no later than the usual gap, and nothing that is no time`() throws {
        let span = try span([("2026-01-01T00:00:01Z", "2026-01-01T00:00:05Z")])
        #expect(span.hasMoved("2026-01-01T00:00:07Z") == true)
        #expect(span.hasMoved("2026-01-01T00:00:07.000001Z") == false)
        #expect(span.hasMoved("the seventh") == nil)
        #expect(TurnSpan(.object(["outputs": .array([JSONText.object(["created_at": .null])])])) == nil)
    }
}
