import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization
import Testing

/// The engine runs one job at a time: between any two jobs another process can queue a write and notify the engine.
@Suite struct `A notification between any two steps` {
    /// The engine polls once a day, so that only the notification can wake it.
    private static let intervals = SyncIntervals(poll: .seconds(86_400), sweep: .seconds(86_400))
    private static let patience = Duration.seconds(120)

    /// Queues one write before the start, and another one before the job with that number.
    ///
    /// - Returns: whether there was such a job, and the writes that were not delivered in the end.
    private func run(queueingBefore number: Int) throws -> (isReached: Bool, left: [OutboxItem]) {
        let world = SharedWorld(SimulatedWorld(seed: 1))
        let disk = try Disk(world, seed: 1)
        let stage = Stage(world)
        let executor = OneAtATime()
        let client = SimulatedClient(world, pace: stage, sender: 1)
        let engine = SyncEngine(store: disk.store, clock: stage, executor: nil) {
            Connection(api: client, server: Simulation.server, key: nil)
        }
        let wake = AsyncEvent()
        func queue(_ text: String) throws {
            _ = try disk.store.start(StartRequest(text))
            wake.notify()
        }
        try queue("first")
        // Cancelled below.
        let task = Task(executorPreference: executor) { await engine.run(Self.intervals, wake: wake) { _ in } }
        var jobs = 0
        var failure: (any Error)?
        while world.now < .start + Self.patience {
            executor.drain {
                if jobs == number { do { try queue("second") } catch { failure = error } }
                jobs += 1
                return true
            }
            guard let next = stage.next, next < .start + Self.patience else { break }
            world.state.withLock { $0.advance(to: max(next, $0.now)) }
            while stage.wakeOne() {}
        }
        let left = try disk.store.outbox()
        stage.bury()
        task.cancel()
        executor.drain()
        if let failure { throw failure }
        return (jobs > number, left)
    }

    @Test func `is never lost`() throws {
        var number = 0
        while true {
            let (isReached, left) = try run(queueingBefore: number)
            guard isReached else { break }
            #expect(left.isEmpty, "queued before job \(number): \(left.map(\.state))")
            number += 1
        }
        #expect(number > 30)  // fewer jobs could not cover all steps of the engine
    }
}
