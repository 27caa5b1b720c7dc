import ConvoAPI
import ConvoIPC
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite final class `Taking the turn`: EngineSuite {
    @Test func `takes the lock at once where it is free`() async throws {
        let turn = try #require(try await test.engine.takeTurn())
        #expect(test.clock.sleeps == 0)
        #expect(test.store.lockHolder(.turn) == nil)
        #expect(try test.store.tryLock(.engine) == nil)
        turn.release()
    }

    @Test func `gives up after five seconds, and lets others start then`() async throws {
        let other = try #require(try test.store.tryLock(.engine))
        #expect(try await test.engine.takeTurn() == nil)
        #expect(test.clock.now == noon + .seconds(5))
        #expect(test.clock.sleeps == 100)
        #expect(test.store.lockHolder(.turn) == nil)
        other.release()
    }

    @Test func `says meanwhile that it waits, and looks often`() async throws {
        let path = test.store.path
        let other = try #require(try FileLock.tryLock(.engine, beside: path))
        let waited = Flag()
        test.clock.atSleep(2) { waited.set(FileLock.holder(of: .turn, beside: path) != nil) }
        test.clock.atSleep(7) { other.release() }
        let turn = try #require(try await test.engine.takeTurn())
        #expect(waited.value)
        #expect(test.clock.now == noon + .milliseconds(350))
        turn.release()
    }
}

@Suite final class `Delivering one write`: MirroredSuite {
    private func isFree() throws -> Bool {
        guard let lock = try test.store.tryLock(.engine) else { return false }
        lock.release()
        return true
    }

    @Test func `refreshes a conversation with its history, or its description alone`() async throws {
        let before = try test.store.history(of: chat.local).entries.count
        test.server.change(chat.remote) { entries in
            if let last = entries.last { entries.append(last.setting("id", to: .string("another"))) }
        }
        try await test.engine.refreshDescription(chat.remote)
        #expect(try test.store.history(of: chat.local).entries.count == before)
        try await test.engine.refresh(chat.remote)
        #expect(try test.store.history(of: chat.local).entries.count == before + 1)
    }

    @Test func `sends it and what stands before it, nothing else, and gives the turn back`() async throws {
        let first = try test.append("one", to: chat.local)
        let elsewhere = try test.start().operation
        let write = try test.append("two", to: chat.local)
        let turn = try await test.engine.takeTurn()
        let item = try await test.engine.deliver(write, turn: turn)
        #expect(item.state == .delivered && item.id == write)
        #expect(try test.item(first).state == .delivered)
        #expect(try test.item(elsewhere).state == .queued)
        #expect(try isFree())
        #expect(test.server.texts(chat.remote) == ["hello", "echo", "one", "echo", "two", "echo"])
    }

    @Test func `takes the turn by itself, and tells others that they may go on`() async throws {
        let write = try test.append("one", to: chat.local)
        let listener = try test.store.listener()
        while listener.wait(milliseconds: 100) {}
        #expect(try await test.engine.deliver(write).state == .delivered)
        #expect(listener.wait(milliseconds: 2000))
        #expect(try isFree())
    }

    @Test func `asks for nothing where it is over`() async throws {
        let write = try test.append("one", to: chat.local)
        for state in [OperationState.delivered, .cancelled, .held] {
            let id = try test.append("more", to: chat.local)
            switch state {
            case .held: try test.store.markStopped(id, from: .queued, as: .held, reason: .ambiguous)
            case .cancelled: _ = try test.store.cancel(id)
            default: try test.store.markDelivered(id)
            }
            #expect(try await test.engine.deliver(id).state == state)
        }
        #expect(test.server.requests().isEmpty)
        #expect(try test.item(write).attempts == 0)
    }

    @Test func `ends where the server cannot be reached, and tries at once the next time`() async throws {
        let write = try test.append("one", to: chat.local)
        let begun = test.clock.now
        for _ in 0..<2 {
            test.server.fail("get", .unreachable)
            let item = try await test.engine.deliver(write)
            #expect(item.state == .queued && item.reason?.code == "unreachable")
            #expect(test.server.requests().count { $0.hasPrefix("get") } == 1)
        }
        #expect(try await test.engine.deliver(write).state == .delivered)
        #expect(test.clock.now == begun)
    }

    @Test func `ends where its answer was lost, or it must wait`() async throws {
        let write = try test.append("one", to: chat.local)
        test.server.fail("append", .status(409))
        var item = try await test.engine.deliver(write)
        #expect(item.state == .queued && item.nextAttempt != nil)
        test.server.fail("append", .lost, isAfter: true)
        item = try await test.engine.deliver(write)
        #expect(item.state == .inDoubt)
        #expect(test.server.requests().count { $0.hasPrefix("append") } == 2)
        item = try await test.engine.deliver(write)
        #expect(item.state == .delivered)
        #expect(test.server.requests().count { $0.hasPrefix("append") } == 0)
    }

    @Test func `ends where it waits for another one`() async throws {
        let start = try test.start().operation
        let behind = try test.append("more", to: try test.item(start).conversation)
        test.server.fail("start", .status(503))
        let item = try await test.engine.deliver(behind)
        #expect(item.state == .queued && item.attempts == 0)
        #expect(try isFree())
    }

    @Test func `follows another process that has the turn`() async throws {
        let write = try test.append("one", to: chat.local)
        let other = try #require(try test.store.tryLock(.engine))
        let (store, begun) = (test.store, test.clock.now)
        test.clock.atSleep(1) { _ = try? store.markSending(write, base: nil) }
        test.clock.atSleep(3) { try? store.markDelivered(write) }
        #expect(try await test.engine.deliver(write).state == .delivered)
        #expect(test.clock.now == begun + .milliseconds(150))
        #expect(test.server.requests().isEmpty)
        #expect(try !isFree())
        other.release()
    }

    @Test func `goes on where another process lets go`() async throws {
        let write = try test.append("one", to: chat.local)
        let other = try #require(try test.store.tryLock(.engine))
        test.clock.atSleep(2) { other.release() }
        #expect(try await test.engine.deliver(write).state == .delivered)
        #expect(try isFree())
    }

    @Test func `finds out first what became of it where its sender died`() async throws {
        let write = try test.append("one", to: chat.local)
        _ = try test.store.markSending(
            write, base: OutboxItem.Base(entryID: try test.store.tip(of: chat.local).entryID))
        let item = try await test.engine.deliver(write)
        #expect(item.state == .inDoubt)
        #expect(test.server.requests().count { $0.hasPrefix("append") } == 0)
    }

    @Test func `follows it into the branch that it becomes`() async throws {
        let write = try test.append("mine", to: chat.local)
        try test.store.setConflictPolicy(.branch, of: chat.local)
        test.server.say("theirs", in: chat.remote)
        let item = try await test.engine.deliver(write)
        #expect(item.state == .delivered && item.kind == .restart && item.conversation != chat.local)
        #expect(try isFree())
    }

    @Test func `sends nothing once it is cancelled`() async throws {
        let write = try test.append("one", to: chat.local)
        let engine = test.engine
        let task = Task {  // Cancelled at once.
            while !Task.isCancelled { await Task.yield() }
            return try await engine.deliver(write).state
        }
        task.cancel()
        #expect(try await task.value == .queued)
        #expect(test.server.requests().isEmpty)
    }
}

@Suite final class `A push`: EngineSuite {
    @Test func `by another process keeps the database from changing hands`() async throws {
        let other = try #require(try test.store.tryLock(.engine))
        await #expect(throws: SyncFailure.self) { _ = try await test.engine.adoptAccount() }
        other.release()
        _ = try await test.engine.adoptAccount()
        #expect(try test.store.tryLock(.engine) != nil)
    }

    @Test func `is nobody's while another process pushes, and gives the lock back`() async throws {
        let other = try #require(try test.store.tryLock(.engine))
        #expect(try await test.engine.push(.once) == nil)
        other.release()
        #expect(try await test.engine.push(.once) != nil)
        #expect(try test.store.tryLock(.engine) != nil)
    }

    @Test func `tries at once however long an outage has lasted`() async throws {
        let chat = try await test.mirrored()
        _ = try test.append("one", to: chat.local)
        for _ in 0..<3 {
            test.server.fail("get", .unreachable)
            #expect(try await test.push().halt != nil)
            #expect(test.server.requests().count == 1)
        }
        #expect(await test.engine.pull(.firstPage).halt == nil)
        #expect(try await test.push().delivered == 1)
    }
}
