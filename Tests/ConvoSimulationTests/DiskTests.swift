import ConvoModel
import ConvoSimulation
import ConvoStore
import Testing

@Suite struct `A simulated disk` {
    private func start(_ store: Store, _ text: String) throws -> OperationID {
        try store.start(StartRequest(text)).operation
    }

    private func mirrorOne(_ store: Store) throws {
        let client = DirectClient()
        let id = client.start()
        _ = try store.ingest([Conversation(raw: client.answer(to: .get(id)))])
    }

    @Test func `gives everything back after a crash`() throws {
        let disk = try Disk(SharedWorld(SimulatedWorld(seed: 1)), seed: 1)
        let operation = try start(disk.store, "hello")
        try mirrorOne(disk.store)
        try disk.crash()
        #expect(try disk.store.outbox().map(\.id) == [operation])
        #expect(try disk.store.conversations().count == 2)
        try disk.store.checkIntegrity()
    }

    @Test func `loses to a power cut what was mirrored since the last sync, and nothing that was promised`() throws {
        let disk = try Disk(SharedWorld(SimulatedWorld(seed: 1)), seed: 1)
        let first = try start(disk.store, "hello")
        try mirrorOne(disk.store)
        try disk.cutPower()
        #expect(try disk.store.outbox().map(\.id) == [first])
        #expect(try disk.store.conversations().count == 1)
        try mirrorOne(disk.store)
        let second = try start(disk.store, "again")
        try disk.cutPower()
        #expect(try disk.store.outbox().map(\.id) == [first, second])
        #expect(try disk.store.conversations().count == 3)
        try disk.store.checkIntegrity()
    }

    @Test func `loses the last commits to a death, and none from before somebody saw them`() throws {
        let disk = try Disk(SharedWorld(SimulatedWorld(seed: 1)), seed: 1)
        let first = try start(disk.store, "hello")
        _ = try start(disk.store, "again")
        try disk.crash(undoing: 1)
        #expect(try disk.store.outbox().map(\.id) == [first])
        _ = try start(disk.store, "once more")
        try disk.crash(undoing: 9)
        #expect(try disk.store.outbox().map(\.id) == [first])  // a death is seen, too
        let seen = try start(disk.store, "seen")
        disk.beSeen()
        _ = try start(disk.store, "unseen")
        try disk.crash(undoing: 9)
        #expect(try disk.store.outbox().map(\.id) == [first, seen])
        try disk.store.checkIntegrity()
    }

    @Test func `loses its first commits to a death that comes before anybody saw it`() throws {
        let disk = try Disk(SharedWorld(SimulatedWorld(seed: 1)), seed: 1)
        _ = try start(disk.store, "hello")
        try disk.crash(undoing: 9)
        #expect(try disk.store.outbox().isEmpty)
        try disk.store.checkIntegrity()
    }

    @Test func `gives the same names to the same seed`() throws {
        func names(_ seed: UInt64) throws -> [OperationID] {
            let disk = try Disk(SharedWorld(SimulatedWorld(seed: seed)), seed: seed)
            return [try start(disk.store, "hello"), try start(disk.store, "again")]
        }
        #expect(try names(1) == names(1))
        #expect(try names(1) != names(2))
    }
}
