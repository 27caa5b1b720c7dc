public import ConvoModel
import ConvoStore

/// The time, and waiting for it.
public protocol SyncClock: Sendable {
    var now: Timestamp { get }
    /// What no setting of the clock moves.
    var uptime: Uptime { get }
    /// Returns at that moment, or at once where it has passed.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(until moment: Timestamp) async throws
}

/// The machine's clock. It is asked anew after each sleep: a wall clock jumps.
public struct SystemClock: SyncClock {
    public init() {}

    public var now: Timestamp { StoreDependencies.live.now() }
    public var uptime: Uptime { StoreDependencies.live.uptime() }

    public func sleep(until moment: Timestamp) async throws {
        let wait = moment.microseconds - now.microseconds
        if wait > 0 { try await Task.sleep(for: .microseconds(wait)) }
    }
}
