import Convo
import ConvoSandbox
import Dispatch
import Expectations
import Foundation
import Synchronization
import TestFolders
import Testing

/// What an app has of the library, against the sandbox.
@Suite struct `The library` {
    private let folder: TemporaryFolder
    private var path: String { folder.file("chats.db") }

    init() throws { folder = try TemporaryFolder() }

    private func open(_ server: SandboxServer, key: String = "any") async throws -> Convo {
        try await Convo(at: path, server: server.baseURL, credentials: .key(key))
    }

    /// The address of a server that has ended.
    private func silence() async throws -> String {
        let server = try await SandboxServer.start()
        await server.stop()
        return server.baseURL
    }

    private func texts(_ page: EntryPage) -> [String?] { page.entries.map { $0.entry.raw["content"]?.string } }

    @Test func `accepts a write without a network, and delivers it when there is one`() async throws {
        let convo = try await Convo(at: path, server: silence(), credentials: .none)
        let write = try await convo.start("Hello!", model: "m", name: "First")
        #expect(try await convo.deliver(write).state == .queued)
        #expect(try await convo.syncStatus.oldest?.id == write.operation)
        convo.close()
        let server = try await SandboxServer.start()
        let again = try await open(server)
        #expect(try await again.deliver(write).state == .delivered)
        let page = try await again.history(of: write.conversation, limit: 10)
        #expect(page.entries.map(\.entry.type) == [.messageInput, .messageOutput] && !page.hasMore)
        #expect(try await again.syncStatus.waiting.isEmpty)
        #expect(try await again.search("hello").total > 0)
        #expect(try await again.status.conversations == 1)
        again.close()
        await server.stop()
    }

    @Test func `gives an answer while it comes, for a write that is in the outbox from the first moment`() async throws
    {
        let server = try await SandboxServer.start()
        let convo = try await open(server)
        let answer = convo.start("one two three", model: "m", streaming: true)
        let write = try await answer.write
        #expect(try await convo.operation(write.operation).conversation == write.conversation)
        var said = ""
        for try await event in answer { said += event.text ?? "" }
        #expect(try await answer.outcome.state == .delivered)
        let held = try await texts(convo.history(of: write.conversation, limit: 10))
        #expect(held.last == said && !said.isEmpty)
        for try await _ in convo.append("more", to: write.conversation, streaming: true) { break }
        // Whoever stops reading takes nothing back.
        let values = convo.observe { convo async throws(ConvoError) in
            try await convo.history(of: write.conversation, limit: 10).entries.count
        }
        for try await count in values where count == 4 { break }
        convo.close()
        await server.stop()
    }

    @Test func `tells what another one of the same file has changed`() async throws {
        let address = try await silence()
        let convo = try await Convo(at: path, server: address, credentials: .none)
        let other = try await Convo(at: path, server: address, credentials: .none)
        var changes = convo.changes.makeAsyncIterator()
        let write = try await other.start("pear", model: "m")
        let first = try #require(try await changes.next())
        #expect(first.conversations.map(\.id) == [write.conversation])
        #expect(first.conversations[0].operations.map(\.state) == [.queued])
        try await other.rename(write.conversation, to: "Fruit")
        let second = try #require(try await changes.next())
        #expect(second.conversations.map(\.id) == [write.conversation])
        #expect(try await convo.conversation(write.conversation).title == "Fruit")
        #expect(
            try await other.tag(write.conversation, adding: ["sweet", "ripe"], removing: ["ripe"]) == ["ripe", "sweet"])
        let third = try #require(try await changes.next())
        #expect(third.conversations.map(\.id) == [write.conversation])
        #expect(try await convo.tags().map(\.tag) == ["ripe", "sweet"])
        try await other.cancel(write.operation)
        let last = try #require(try await changes.next())
        #expect(last.conversations.flatMap(\.operations).allSatisfy { $0.state == .cancelled })
        convo.close()
        #expect(try await changes.next() == nil, "closed")
        await #expect(throws: ConvoError.self) { try await convo.conversations() }
        other.close()
    }

    @Test func `gives a value again whenever it has changed, and only then`() async throws {
        let address = try await silence()
        let convo = try await Convo(at: path, server: address, credentials: .none)
        let other = try await Convo(at: path, server: address, credentials: .none)
        let values = convo.observe { convo async throws(ConvoError) in try await convo.conversations().map(\.name) }
        var iterator = values.makeAsyncIterator()
        #expect(try await iterator.next() == [])
        let write = try await other.start("pear", model: "m", name: "A")
        #expect(try await iterator.next() == ["A"])
        _ = try await other.edit(write.operation, inputs: .text("plum"))
        _ = try await other.start("fig", model: "m", name: "B")
        #expect(try await iterator.next() == ["B", "A"])
        let task = Task { () -> [String?]? in
            var iterator = values.makeAsyncIterator()
            _ = try await iterator.next()
            return try await iterator.next()
        }
        task.cancel()
        #expect(try await task.value == nil || task.isCancelled)
        convo.close()
        other.close()
    }

    @Test func `sends what others queue while it runs, until it is cancelled or closed`() async throws {
        let server = try await SandboxServer.start()
        let convo = try await open(server)
        let running = Task { try await convo.run() }
        let other = try await open(server)
        let write = try await other.start("pear", model: "m")
        let states = other.observe { convo async throws(ConvoError) in try await convo.operation(write.operation).state
        }
        for try await state in states where state == .delivered { break }
        running.cancel()
        try await running.value
        let again = Task { try await other.run() }
        for try await status in other.syncStatuses where status.lastPullAt != nil { break }
        other.close()
        try await again.value
        convo.close()
        await server.stop()
    }

    @Test func `reads a conversation in pages, from its end or its beginning`() async throws {
        let server = try await SandboxServer.start()
        let convo = try await open(server)
        let write = try await convo.start("m0", model: "m")
        for number in 1...4 { _ = try await convo.append("m\(number)", to: write.conversation) }
        for item in try await convo.outbox() {
            #expect(try await convo.deliver(operation: item.id).state == .delivered)
        }
        let whole = try await convo.history(of: write.conversation).entries
        #expect(whole.count == 10)
        let last = try await convo.history(of: write.conversation, limit: 4)
        #expect(last.entries.map(\.id) == whole.suffix(4).map(\.id) && last.hasMore)
        let before = try await convo.history(of: write.conversation, before: last.entries[0].id, limit: 6)
        #expect(before.entries.map(\.id) == whole.prefix(6).map(\.id) && !before.hasMore)
        let after = try await convo.entries(of: write.conversation, after: whole[0].id, limit: 3)
        #expect(after.entries.map(\.id) == whole[1...3].map(\.id) && after.hasMore)
        await #expect(throws: ConvoError.self) {
            try await convo.history(of: write.conversation, before: EntryID("none"), limit: 1)
        }
        convo.close()
        await server.stop()
    }

    @Test func `accepts answers' writes in the order in which they were asked for`() async throws {
        let convo = try await Convo(at: path, server: silence(), credentials: .none)
        let write = try await convo.start("0", model: "m")
        let answers = (1...20).map { convo.append("\($0)", to: write.conversation, streaming: $0 % 2 == 0) }
        let last = try await convo.append("21", to: write.conversation)
        let asked = try await convo.outbox().map(\.id)
        var expected = [write.operation]
        for answer in answers { expected.append(try await answer.write.operation) }
        #expect(asked == expected + [last.operation])
        convo.close()
        let late = convo.append("22", to: write.conversation, streaming: true)
        await #expect(throws: ConvoError.self) { for try await _ in late {} }
    }

    @Test func `reads and sends on other threads than its caller's actor`() async throws {
        let server = try await SandboxServer.start()
        let path = path
        let isCalled = Mutex(false)
        let credentials = Credentials.reading {
            if Caller.isRunning { isCalled.withLock { $0 = true } }
            return "any"
        }
        try await Caller().call {
            for step in 0..<3 {
                let convo = try await Convo(at: "\(path)-\(step)", server: server.baseURL, credentials: credentials)
                let write = try await convo.start("pear", model: "m")
                #expect(Caller.isRunning)
                switch step {
                case 0: try await convo.deliver(write)
                case 1: try await convo.pull()
                default: try await convo.adoptAccount()
                }
                convo.close()
            }
        }
        let wasCalled = isCalled.withLock { $0 }
        #expect(!wasCalled)
        await server.stop()
    }

    @Test func `ends its sequences and runs whenever it is closed or they are cancelled`() async throws {
        let address = try await silence()
        for _ in 0..<40 {
            let convo = try await Convo(at: path, server: address, credentials: .none)
            let readers = (0..<4).map { _ in Task { for try await _ in convo.changes {} } }
            await Task.yield()
            convo.close()
            for reader in readers { try await reader.value }
        }
        let convo = try await Convo(at: path, server: address, credentials: .none)
        let running = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await convo.run()
        }
        try await running.value
        convo.close()
    }

    @Test func `refuses another server, and says which`() async throws {
        let server = try await SandboxServer.start()
        let convo = try await open(server)
        try await convo.pull(sweeping: true)
        convo.close()
        let other = try await SandboxServer.start()
        let wrong = try await open(other)
        do {
            try await wrong.run()
            Issue.record("it has run")
        } catch {
            #expect(error.code == "other_server" && error.description.contains(server.baseURL))
        }
        wrong.close()
        do {
            _ = try await Convo(at: path, server: "ftp://x", credentials: .none)
            Issue.record("it was opened")
        } catch { #expect(error.code == "invalid_server") }
        await server.stop()
        await other.stop()
    }
}

/// An actor with a queue of its own, which tells whether something runs on it.
private actor Caller {
    private final class Executor: SerialExecutor {
        private let queue = DispatchQueue(label: "convo.test.caller")

        init() { queue.setSpecific(key: Caller.key, value: true) }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
        }
    }

    private static let key = DispatchSpecificKey<Bool>()
    private let executor = Executor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    static var isRunning: Bool { DispatchQueue.getSpecific(key: key) ?? false }

    func call(_ work: @Sendable () async throws -> Void) async throws { try await work() }
}
