import ConvoAPI
import ConvoModel
import ConvoSQLite
import Expectations
import Testing

@testable import ConvoStore
@testable import ConvoSync

@Suite final class `An engine that runs`: EngineSuite {
    /// A running engine, and its events one after the other.
    private struct Running {
        let task: Task<SyncFailure?, Never>
        var events: AsyncStream<SyncEvent>.Iterator

        init(_ engine: SyncEngine, _ intervals: SyncIntervals, wake: AsyncEvent = AsyncEvent()) {
            let (stream, continuation) = AsyncStream<SyncEvent>.makeStream()
            task = Task {  // `stop` ends it, or the engine ends by itself.
                let end = await engine.run(intervals, wake: wake) { continuation.yield($0) }
                continuation.finish()
                return end
            }
            events = stream.makeAsyncIterator()
        }

        mutating func pulls(_ count: Int) async -> [PullMachine.Scope] {
            var scopes: [PullMachine.Scope] = []
            while scopes.count < count, let event = await events.next(isolation: #isolation) {
                if case .pulled(let scope, _) = event { scopes.append(scope) } else { Issue.record("\(event)") }
            }
            return scopes
        }

        /// The report of the next push; `nil` if the engine ends before.
        mutating func push() async -> PushReport? {
            while let event = await events.next(isolation: #isolation) {
                if case .pushed(let report) = event { return report }
            }
            return nil
        }

        func stop() async -> SyncFailure? {
            task.cancel()
            return await task.value
        }
    }

    private let intervals = SyncIntervals(poll: .seconds(30), sweep: .seconds(90))

    @Test func `pulls all, then the first page, and tells of no push that did nothing`() async throws {
        var running = Running(test.engine, intervals)
        let scopes = await running.pulls(20)
        #expect(scopes.first == .full && scopes.contains(.firstPage))
        #expect(scopes.count { $0 == .full } > 1)
        #expect(await running.stop() == nil)
        #expect(SyncIntervals() == SyncIntervals(poll: .seconds(30), sweep: .seconds(900)))
    }

    @Test func `delivers what is queued, and tells it`() async throws {
        let write = try test.start()
        var running = Running(test.engine, intervals)
        let report = try #require(await running.push())
        #expect(report.delivered == 1 && report.halt == nil)
        #expect(try test.item(write.operation).state == .delivered)
        #expect(await running.stop() == nil)
    }

    @Test func `ends by itself where the database is another server's`() async throws {
        try test.store.recordOwner(server: "https://other", account: nil, key: nil)
        _ = try test.start()
        var running = Running(test.engine, intervals)
        var hasTold = false
        while let event = await running.events.next(isolation: #isolation) {
            switch event {
            case .pulled(_, let report): hasTold = hasTold || report.halt?.isOtherOwner == true
            case .pushed(let report): hasTold = hasTold || report.halt?.isOtherOwner == true
            case .fetched: break
            case .storeFailed(let error): Issue.record(error)
            }
        }
        #expect(hasTold)
        #expect(await running.task.value?.isOtherOwner == true)
        #expect(test.server.requests().isEmpty)
    }

    @Test func `ends as a whole, also where nothing is queued`() async throws {
        try test.store.recordOwner(server: "https://other", account: nil, key: nil)
        let running = Running(test.engine, intervals)
        #expect(await running.task.value?.isOtherOwner == true)
    }

    @Test func `marks many conversations as deleted on a person's word alone`() async throws {
        for _ in 0..<20 { _ = test.server.make() }
        _ = await test.engine.pull(.full)
        for conversation in try test.store.conversations() {
            test.server.remove(try #require(conversation.remoteID))
        }
        #expect(await test.engine.pull(.full).withheldDeletions > 0)
        #expect(try test.store.conversations().allSatisfy { $0.deletedRemotelyAt == nil })
        #expect(await test.engine.pull(.full, acceptsDeletions: true).withheldDeletions == 0)
        #expect(try test.store.conversations().allSatisfy { $0.deletedRemotelyAt != nil })
    }

    @Test func `makes the index anew once the store can be written again`() async throws {
        _ = test.server.make("findable")
        _ = await test.engine.pull(.full)
        try test.store.restartIndex()
        try test.store.write { try $0.execute(sql: "DROP TABLE \(IndexTable.entries.rebuilt)") }
        var running = Running(test.engine, intervals)
        var failures = 0
        for _ in 0..<1000 where try test.store.indexStatus().rebuiltRows != nil {
            guard case .storeFailed? = await running.events.next(isolation: #isolation) else { continue }
            failures += 1
            guard failures == 1 else { continue }
            try test.store.write { try IndexTable.entries.create($0, named: IndexTable.entries.rebuilt) }
        }
        #expect(failures > 0)
        #expect(try test.store.indexStatus().rebuiltRows == nil)
        #expect(try test.store.search("findable").total == 1)
        #expect(await running.stop() == nil)
    }

    @Test func `goes on after an outage, at the pace of the breaker`() async throws {
        for _ in 0..<3 { test.server.fail("list", .unreachable) }
        var running = Running(test.engine, intervals)
        var halts: [Bool] = []
        while halts.last != false, let event = await running.events.next(isolation: #isolation) {
            if case .pulled(_, let report) = event { halts.append(report.halt != nil) }
        }
        #expect(halts == [true, true, true, false])
        #expect(await running.stop() == nil)
    }
}

@Suite final class `The index that the engine makes anew`: EngineSuite {
    @Test func `is whole in the end, however many steps it takes`() async throws {
        _ = test.server.make("findable")
        _ = await test.engine.pull(.full)
        try test.store.restartIndex()
        var steps = 0
        try await test.engine.rebuildIndex { steps += 1 }
        #expect(steps > 1)
        #expect(try test.store.indexStatus().rebuiltRows == nil)
        #expect(try test.store.search("findable").total == 1)
        try test.store.checkIntegrity()
    }
}

@Suite final class `A pull by the engine`: EngineSuite {
    @Test func `notes a look, and a sweep apart from it`() async throws {
        _ = await test.engine.pull(.firstPage)
        #expect(try test.store.status().lastPullAt != nil && test.store.status().lastSweepAt == nil)
        _ = await test.engine.pull(.full)
        #expect(try test.store.status().lastSweepAt != nil)
    }

    @Test func `names the history that is too large, and does not fetch it again`() async throws {
        let id = test.server.make()
        test.server.fail("history", .tooLarge)
        #expect(await test.engine.pull(.full).unreadable == 1)
        #expect(try test.store.setAside().map(\.remoteID) == [id])
        _ = test.server.requests()
        _ = await test.engine.pull(.full)
        #expect(!test.server.requests().contains { $0.hasPrefix("history") })
    }

    @Test func `marks nothing that the list leaves out and a get finds`() async throws {
        let (hidden, gone) = (test.server.make(), test.server.make())
        _ = await test.engine.pull(.full)
        test.server.unlist(hidden)
        test.server.remove(gone)
        _ = await test.engine.pull(.full)
        func isMarked(_ id: RemoteID) throws -> Bool {
            try test.store.conversation(matching: id.rawValue).deletedRemotelyAt != nil
        }
        #expect(try !isMarked(hidden) && isMarked(gone))
    }

    @Test func `asks the API whether it is there`() async throws {
        guard case .answered = await test.pullExecutor.perform(.askAPI) else { throw Unexpected("it is there") }
        #expect(test.server.requests().contains { $0.hasPrefix("list") })
        test.server.fail("list", .unreachable)
        guard case .failed = await test.pullExecutor.perform(.askAPI) else { throw Unexpected("it is not there") }
    }

    @Test func `stores what a get tells of a conversation that the list has left out`() async throws {
        let hidden = test.server.make()
        let executor = test.pullExecutor
        _ = await executor.perform(.verify)
        guard case .probed(isGone: false, _) = await executor.perform(.probe(hidden)) else {
            throw Unexpected("it is there")
        }
        #expect(try test.store.conversations().map(\.remoteID) == [hidden])
    }
}

@Suite final class `The cached pages of a pull`: EngineSuite {
    /// Whether a page is asked for by the digest that the store has of it.
    private func isKnown(_ page: Int, to executor: PullExecutor) async -> Bool {
        _ = await executor.perform(.list(page: page, size: 1))
        return test.server.digestOfLastPage != nil
    }

    @Test func `are looked up again with the first page, and where one is asked for again`() async throws {
        let made = Array((0..<20).map { _ in test.server.make() }.reversed())  // newest first, as the list has them
        let executor = test.pullExecutor
        _ = await executor.perform(.verify)
        for page in 0..<20 { #expect(await !isKnown(page, to: executor)) }
        for page in 0..<3 { #expect(await isKnown(page, to: executor)) }
        try test.store.markDeletedRemotely([made[3], made[4], made[19]])
        #expect(await isKnown(3, to: executor))  // as if the mark had come while the request was under way
        #expect(await !isKnown(19, to: executor))  // not among those that were looked up
        for page in [0, 5] { #expect(await isKnown(page, to: executor)) }
        #expect(await !isKnown(4, to: executor))
        _ = await executor.perform(.list(page: 6, size: 2))
        #expect(test.server.digestOfLastPage == nil)
    }
}
