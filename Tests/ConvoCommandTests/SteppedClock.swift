import ConvoModel
import ConvoSync
import Synchronization

/// A clock that the test moves, and that reports the end of each sleep.
final class SteppedClock: SyncClock {
    private typealias Sleeper = (moment: Timestamp, continuation: CheckedContinuation<Void, any Error>)

    private struct State {
        var now = Timestamp(microseconds: 0)
        var sleepers: [Int: Sleeper] = [:]
        var count = 0
    }

    /// The moments until which somebody sleeps, in seconds of this clock.
    let deadlines: AsyncStream<Int64>
    private let told: AsyncStream<Int64>.Continuation
    private let state = Mutex(State())

    init() { (deadlines, told) = AsyncStream.makeStream() }

    var now: Timestamp { state.withLock { $0.now } }
    var uptime: Uptime { Uptime(boot: "a", microseconds: now.microseconds) }

    func advance(seconds: Int64) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = Timestamp(microseconds: state.now.microseconds + seconds * 1_000_000)
            let due = state.sleepers.filter { $0.value.moment <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return Array(due.values)
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    func sleep(until moment: Timestamp) async throws {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { state -> Result<Void, any Error>? in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if moment <= state.now { return .success(()) }
                    state.sleepers[id] = (moment, continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
                told.yield(moment.microseconds / 1_000_000)
            }
        } onCancel: {
            let sleeper = state.withLock { $0.sleepers.removeValue(forKey: id) }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }
}
