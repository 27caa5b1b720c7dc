import ConvoStore
import ConvoSync
import Synchronization

/// What the daemon has done since it started, counted from the engine's events.
struct DaemonCounters: Equatable {
    /// The parts of the engine that fail on their own.
    enum Part: String, CaseIterable { case pull, push, store }

    private(set) var pulls = 0
    private(set) var conversations = 0
    private(set) var entries = 0
    private(set) var delivered = 0
    private(set) var files = 0
    private(set) var failures: [Part: Int] = [:]

    /// Counts one event.
    mutating func note(_ event: SyncEvent) {
        switch event {
        case .pulled(_, let report):
            pulls += 1
            conversations += report.conversations
            entries += report.entries
            if report.halt != nil { failures[.pull, default: 0] += 1 }
        case .pushed(let report):
            delivered += report.delivered
            if report.halt != nil { failures[.push, default: 0] += 1 }
        case .fetched(let report): files += report.stored
        case .storeFailed: failures[.store, default: 0] += 1
        }
    }
}

/// Counters that the engine's tasks and the thread of the metrics share.
final class SharedCounters: Sendable {
    private let counters = Mutex(DaemonCounters())

    var present: DaemonCounters { counters.withLock { $0 } }

    func note(_ event: SyncEvent) { counters.withLock { $0.note(event) } }
}
