import ConvoAPI
import ConvoIPC
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `A process that waits for its turn` {
    @Test func `is made room for by a push that goes on for ever, not by one that ends by itself`() async throws {
        let store = try temporaryStore()
        var request = StartRequest(inputs: .text("hello"))
        request.model = "m"
        let id = try store.start(request).operation
        let engine = SyncEngine(api: NobodyThere(), store: store)
        let place = try #require(try store.tryLock(.turn))
        let report = try #require(try await engine.push(.due))
        #expect(report.hasMadeRoom)
        #expect(try store.operation(matching: id.rawValue).attempts == 0)
        #expect(try store.operation(matching: id.rawValue).reason == nil)
        #expect(try #require(try await engine.push(.once)).hasMadeRoom == false)
        #expect(try store.operation(matching: id.rawValue).reason?.code == "unreachable")
        place.release()
        #expect(try #require(try await engine.push(.due)).hasMadeRoom == false)
    }

    @Test func `has it as soon as the lock is free, and keeps it`() async throws {
        let test = try TestEngine()
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
        let store = try temporaryStore()
        let engine = SyncEngine(api: NobodyThere(), store: store)
        let other = try #require(try store.tryLock(.engine))
        let task = Task { try await engine.takeTurn() == nil }  // Cancelled below.
        task.cancel()
        #expect(try await task.value)
        other.release()
    }
}
