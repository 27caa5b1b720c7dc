import ConvoStore
import ConvoTerminal

/// How far the search index has been made anew, in a line for people that changes twice a second.
///
/// It has a file of its own because two verbs show it: `sync` and `doctor`.
struct RebuildProgress {
    private static let pause = Duration.milliseconds(500)

    let store: Store
    private var next: ContinuousClock.Instant?
    private var meter = ProgressMeter("Making the search index anew,")

    init(store: Store) { self.store = store }

    /// The line; `nil` where it is not time for a new one.
    mutating func line(at now: ContinuousClock.Instant) -> String? {
        guard next.map({ now >= $0 }) ?? true else { return nil }
        next = now + RebuildProgress.pause
        guard let status = try? store.indexStatus(), let rows = status.rebuiltRows, status.rows > 0 else { return nil }
        return meter.line(min(rows, status.rows), of: status.rows, at: now)
    }
}
