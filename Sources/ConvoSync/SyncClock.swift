package import ConvoModel
import ConvoStore

/// The two clocks that the engine reads, and the wait for a moment.
///
/// Tests and the simulation move one by hand.
package protocol SyncClock: Sendable {
    /// The wall clock.
    ///
    /// It may be set forwards or backwards at any time.
    var now: Timestamp { get }
    /// The time since the machine started, which no setting of the wall clock changes.
    var uptime: Uptime { get }
    /// Suspends the task until the wall clock shows `moment`; returns at once if that has passed.
    ///
    /// - Parameter moment: a time of the wall clock. If the clock is set meanwhile, the call may return earlier or
    ///   later.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until moment: Timestamp) async throws
}

extension SyncClock {
    /// Waits until SQLite's log has room for more bulk writing; lets it grow if that takes too long.
    ///
    /// Meanwhile other tasks use the store.
    ///
    /// - Parameters:
    ///   - store: the store whose log is looked at.
    ///   - seconds: how long to wait at most.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func waitForRoom(in store: Store, seconds: Int = Store.longestWaitForRoom) async throws {
        for _ in 0..<seconds * 10 {
            if store.hasRoomInLog() { return }
            try await sleep(until: now + .milliseconds(100))
        }
        store.growLog()
    }
}

/// The machine's clocks.
///
/// Callers compare `now` again after each sleep, because somebody may set the wall clock meanwhile.
package struct SystemClock: SyncClock {
    /// Creates a clock that reads the machine's own clocks.
    package init() {}

    /// The machine's wall clock (`CLOCK_REALTIME`).
    package var now: Timestamp { StoreDependencies.live.now() }
    /// The machine's clock that counts from its start, through sleep too.
    package var uptime: Uptime { StoreDependencies.live.uptime() }

    /// Suspends the task for as long as `moment` lies ahead of ``now`` when the call begins.
    ///
    /// - Parameter moment: a time of the wall clock. The length of the wait is fixed at the start: setting the clock
    ///   does not change it.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(until moment: Timestamp) async throws {
        let wait = moment.microseconds - now.microseconds
        if wait > 0 { try await Task.sleep(for: .microseconds(wait)) }
    }
}
