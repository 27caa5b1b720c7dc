import Synchronization

/// Whether a run's client is still there, told from outside of the sandbox's actor.
final class Presence: Sendable {
    private let left = Mutex<ContinuousClock.Instant?>(nil)

    func leave() { left.withLock { $0 = $0 ?? .now } }

    /// How long ago the client left, `nil` while it is there.
    var absence: Duration? { left.withLock { $0.map { $0.duration(to: .now) } } }
}
