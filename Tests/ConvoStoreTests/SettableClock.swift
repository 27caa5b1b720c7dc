// Several suites take it.

import ConvoModel
import Synchronization

final class SettableClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_800_000_000_000_000))
    var now: Timestamp { time.withLock { $0 } }
    /// Sets the clock to a moment in RFC 3339; another text leaves it as it is.
    func set(_ moment: String) {
        time.withLock { $0 = Timestamp(moment).map { Timestamp(microseconds: $0.microseconds) } ?? $0 }
    }
    func advance(seconds: Double) {
        time.withLock { $0 = Timestamp(microseconds: $0.microseconds + Int64(seconds * 1_000_000)) }
    }
}
