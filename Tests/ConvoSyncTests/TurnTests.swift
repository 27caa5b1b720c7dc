import ConvoAPI
import ConvoIPC
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite final class `A process that waits for its turn`: EngineSuite {
    @Test func `is made room for by a push that goes on for ever, not by one that ends by itself`() async throws {
        for _ in 1...2 { test.server.fail("start", .unreachable) }
        let id = try test.start().operation
        let place = try #require(try test.store.tryLock(.turn))
        #expect(try await test.push(.due).hasMadeRoom)
        #expect(try test.item(id).attempts == 0)
        #expect(try test.item(id).reason == nil)
        #expect(try #require(try await test.engine.push(.once)).hasMadeRoom == false)
        #expect(try test.item(id).reason?.code == "unreachable")
        place.release()
        #expect(try #require(try await test.engine.push(.due)).hasMadeRoom == false)
    }

    @Test func `has it as soon as the lock is free, and keeps it`() async throws {
        let (store, other) = (test.store, try #require(try test.store.tryLock(.engine)))
        let begun = test.clock.now
        test.clock.atSleep(2) {
            #expect(store.lockHolder(.turn) != nil)
            other.release()
        }
        let turn = try #require(try await test.engine.takeTurn())
        #expect(test.clock.now == begun + .milliseconds(100))
        #expect(store.lockHolder(.turn) == nil)
        #expect(try await test.engine.push(.once) == nil)
        turn.release()
    }

    @Test func `gets nothing, and has nothing sent, once it is cancelled`() async throws {
        let engine = test.engine
        let other = try #require(try test.store.tryLock(.engine))
        let task = Task { try await engine.takeTurn() == nil }  // Cancelled below.
        task.cancel()
        #expect(try await task.value)
        other.release()
    }
}
