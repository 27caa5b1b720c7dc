// Several suites take it.

import ConvoModel
import Synchronization

final class SettableClock: Sendable {
    private let time = Mutex(
        (wall: Timestamp(microseconds: 1_800_000_000_000_000), uptime: Int64(1_800_000_000_000_000)))
    var now: Timestamp { time.withLock(\.wall) }
    var uptime: Uptime { Uptime(boot: "a", microseconds: time.withLock(\.uptime)) }
    /// Sets the wall clock to a moment in RFC 3339; another text leaves it as it is.
    func set(_ moment: String) {
        time.withLock { $0.wall = Timestamp(moment).map { Timestamp(microseconds: $0.microseconds) } ?? $0.wall }
    }
    func advance(seconds: Double) {
        time.withLock { time in
            time.wall = Timestamp(microseconds: time.wall.microseconds + Int64(seconds * 1_000_000))
            time.uptime += Int64(seconds * 1_000_000)
        }
    }
}
