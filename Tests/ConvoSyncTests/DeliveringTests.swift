import ConvoAPI
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `Taking the turn` {
    @Test func `takes the lock at once where it is free`() async throws {
        let house = try House()
        let turn = try #require(try await house.engine.takeTurn())
        #expect(house.clock.sleeps == 0)
        #expect(FileLock.holder(of: .turn, beside: house.store.path) == nil)
        #expect(try FileLock.tryLock(.engine, beside: house.store.path) == nil)
        turn.release()
    }

    @Test func `gives up after five seconds, and lets others start then`() async throws {
        let house = try House()
        let other = try #require(try FileLock.tryLock(.engine, beside: house.store.path))
        #expect(try await house.engine.takeTurn() == nil)
        #expect(house.clock.now == noon + .seconds(5))
        #expect(house.clock.sleeps == 100)
        #expect(FileLock.holder(of: .turn, beside: house.store.path) == nil)
        other.release()
    }

    @Test func `says meanwhile that it waits, and looks often`() async throws {
        let house = try House()
        let path = house.store.path
        let other = try #require(try FileLock.tryLock(.engine, beside: path))
        let waited = Flag()
        house.clock.atSleep(2) { waited.set(FileLock.holder(of: .turn, beside: path) != nil) }
        house.clock.atSleep(7) { other.release() }
        let turn = try #require(try await house.engine.takeTurn())
        #expect(waited.value)
        #expect(house.clock.now == noon + .milliseconds(350))
        turn.release()
    }
}

@Suite struct `Delivering one write` {
    private let house: House
    private let chat: (local: LocalID, remote: RemoteID)

    init() async throws {
        house = try House()
        chat = try await house.mirrored()
    }

    private func isFree() throws -> Bool {
        guard let lock = try FileLock.tryLock(.engine, beside: house.store.path) else { return false }
        lock.release()
        return true
    }

    @Test func `sends it and what stands before it, nothing else, and gives the turn back`() async throws {
        let first = try house.append("one", to: chat.local)
        let elsewhere = try house.start().operation
        let write = try house.append("two", to: chat.local)
        let turn = try await house.engine.takeTurn()
        let item = try await house.engine.deliver(write, turn: turn)
        #expect(item.state == .delivered && item.id == write)
        #expect(try house.item(first).state == .delivered)
        #expect(try house.item(elsewhere).state == .queued)
        #expect(try isFree())
        #expect(house.server.texts(chat.remote) == ["hello", "echo", "one", "echo", "two", "echo"])
    }

    @Test func `takes the turn by itself, and tells others that they may go on`() async throws {
        let write = try house.append("one", to: chat.local)
        let listener = try WakeupChannel.Listener(beside: house.store.path)
        while listener.wait(milliseconds: 100) {}
        #expect(try await house.engine.deliver(write).state == .delivered)
        #expect(listener.wait(milliseconds: 2000))
        #expect(try isFree())
    }

    @Test func `asks for nothing where it is over`() async throws {
        let write = try house.append("one", to: chat.local)
        for state in [OperationState.delivered, .cancelled, .held] {
            let id = try house.append("more", to: chat.local)
            switch state {
            case .held: try house.store.markStopped(id, from: .queued, as: .held, reason: .ambiguous)
            case .cancelled: _ = try house.store.cancel(id)
            default: try house.store.markDelivered(id)
            }
            #expect(try await house.engine.deliver(id).state == state)
        }
        #expect(house.server.requests().isEmpty)
        #expect(try house.item(write).attempts == 0)
    }

    @Test func `ends where the server cannot be reached, and tries at once the next time`() async throws {
        let write = try house.append("one", to: chat.local)
        let begun = house.clock.now
        for _ in 0..<2 {
            house.server.fail("get", .unreachable)
            let item = try await house.engine.deliver(write)
            #expect(item.state == .queued && item.reason?.code == "unreachable")
            #expect(house.server.requests().count { $0.hasPrefix("get") } == 1)
        }
        #expect(try await house.engine.deliver(write).state == .delivered)
        #expect(house.clock.now == begun)
    }

    @Test func `ends where its answer was lost, or it must wait`() async throws {
        let write = try house.append("one", to: chat.local)
        house.server.fail("append", .status(409))
        var item = try await house.engine.deliver(write)
        #expect(item.state == .queued && item.nextAttempt != nil)
        house.server.fail("append", .lost, isAfter: true)
        item = try await house.engine.deliver(write)
        #expect(item.state == .inDoubt)
        #expect(house.server.requests().count { $0.hasPrefix("append") } == 2)
        item = try await house.engine.deliver(write)
        #expect(item.state == .delivered)
        #expect(house.server.requests().count { $0.hasPrefix("append") } == 0)
    }

    @Test func `ends where it waits for another one`() async throws {
        let start = try house.start().operation
        let behind = try house.append("more", to: try house.item(start).conversation)
        house.server.fail("start", .status(503))
        let item = try await house.engine.deliver(behind)
        #expect(item.state == .queued && item.attempts == 0)
        #expect(try isFree())
    }

    @Test func `follows another process that has the turn`() async throws {
        let write = try house.append("one", to: chat.local)
        let other = try #require(try FileLock.tryLock(.engine, beside: house.store.path))
        let (store, begun) = (house.store, house.clock.now)
        house.clock.atSleep(1) { _ = try? store.markSending(write, base: nil) }
        house.clock.atSleep(3) { try? store.markDelivered(write) }
        #expect(try await house.engine.deliver(write).state == .delivered)
        #expect(house.clock.now == begun + .milliseconds(150))
        #expect(house.server.requests().isEmpty)
        #expect(try !isFree())
        other.release()
    }

    @Test func `goes on where another process lets go`() async throws {
        let write = try house.append("one", to: chat.local)
        let other = try #require(try FileLock.tryLock(.engine, beside: house.store.path))
        house.clock.atSleep(2) { other.release() }
        #expect(try await house.engine.deliver(write).state == .delivered)
        #expect(try isFree())
    }

    @Test func `finds out first what became of it where its sender died`() async throws {
        let write = try house.append("one", to: chat.local)
        _ = try house.store.markSending(
            write, base: OutboxItem.Base(entryID: try house.store.tip(of: chat.local).entryID, count: 2))
        let item = try await house.engine.deliver(write)
        #expect(item.state == .inDoubt)
        #expect(house.server.requests().count { $0.hasPrefix("append") } == 0)
    }

    @Test func `follows it into the branch that it becomes`() async throws {
        let write = try house.append("mine", to: chat.local)
        try house.store.setConflictPolicy(.branch, of: chat.local)
        house.server.say("theirs", in: chat.remote)
        let item = try await house.engine.deliver(write)
        #expect(item.state == .delivered && item.kind == .restart && item.conversation != chat.local)
        #expect(try isFree())
    }

    @Test func `sends nothing once it is cancelled`() async throws {
        let write = try house.append("one", to: chat.local)
        let engine = house.engine
        let task = Task {  // Cancelled at once.
            while !Task.isCancelled { await Task.yield() }
            return try await engine.deliver(write).state
        }
        task.cancel()
        #expect(try await task.value == .queued)
        #expect(house.server.requests().isEmpty)
    }
}

@Suite struct `A push` {
    @Test func `by another process keeps the database from changing hands`() async throws {
        let house = try House()
        let other = try #require(try FileLock.tryLock(.engine, beside: house.store.path))
        await #expect(throws: SyncFailure.self) { _ = try await house.engine.adoptAccount() }
        other.release()
        _ = try await house.engine.adoptAccount()
        #expect(try FileLock.tryLock(.engine, beside: house.store.path) != nil)
    }

    @Test func `is nobody's while another process pushes, and gives the lock back`() async throws {
        let house = try House()
        let other = try #require(try FileLock.tryLock(.engine, beside: house.store.path))
        #expect(try await house.engine.push(.once) == nil)
        other.release()
        #expect(try await house.engine.push(.once) != nil)
        #expect(try FileLock.tryLock(.engine, beside: house.store.path) != nil)
    }

    @Test func `tries at once however long an outage has lasted`() async throws {
        let house = try House()
        let chat = try await house.mirrored()
        _ = try house.append("one", to: chat.local)
        for _ in 0..<3 {
            house.server.fail("get", .unreachable)
            #expect(try await house.push().halt != nil)
            #expect(house.server.requests().count == 1)
        }
        #expect(await house.engine.pull(.look).halt == nil)
        #expect(try await house.push().delivered == 1)
    }
}
