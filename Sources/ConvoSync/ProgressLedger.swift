/// What a running engine is doing, and since when: by this, a watchdog tells an engine that is stuck from one that waits on
/// purpose.
///
/// Each loop of the engine has an entry, and so has each step in flight. Whatever a loop or a step begins or ends is a sign of
/// progress of its entry alone, so that one part that works does not hide another one that is stuck. A value without a clock.
package struct ProgressLedger: Sendable {
    /// The present work of an entry, which says how long it may go on without a sign.
    package enum Activity: Sendable, Hashable {
        /// Computes, or uses the store: at most ``workLimit``.
        case working
        /// Waits for the server: the transport itself ends a request after `limit`, which counts from its first byte.
        case requesting(limit: Duration)
        /// Waits on purpose, for so long; `nil`: until a step ends or somebody queues a write, without a limit.
        case resting(Duration?)
    }

    /// An entry that should have shown a sign before.
    package struct Overdue: Sendable, Hashable {
        /// The name of the loop or the step.
        package let name: String
        /// What it does without an end.
        package let activity: Activity
        /// How long it has shown no sign.
        package let silence: Duration
    }

    /// How long an entry may compute or use the store without a sign.
    ///
    /// The longest work of that kind is to store one history of millions of entries, on a slow disk.
    package static let workLimit = Duration.seconds(900)
    /// How much later than its limit an entry may end: timers are late on a machine that has much to do.
    package static let grace = Duration.seconds(60)

    private struct Entry {
        let name: String
        var activity: Activity
        var since: Duration
    }

    private var entries: [UInt64: Entry] = [:]
    private var nextKey: UInt64 = 0
    /// How many requests were begun.
    package private(set) var requests = 0
    /// When the last sign was noted, on the clock that the caller reads; `nil` if none was.
    package private(set) var lastSign: Duration?

    /// Creates a ledger without entries, which is never overdue.
    package init() {}

    /// Adds an entry, which works from now on.
    ///
    /// - Parameters:
    ///   - name: what it is, for the log; nothing of a conversation's.
    ///   - now: the time on a clock that nobody sets and that stands still while the machine sleeps.
    /// - Returns: the entry's key.
    package mutating func begin(_ name: String, at now: Duration) -> UInt64 {
        nextKey += 1
        entries[nextKey] = Entry(name: name, activity: .working, since: now)
        lastSign = now
        return nextKey
    }

    /// Notes a sign of an entry: it does something else from now on, or the same once more.
    package mutating func note(_ activity: Activity, of key: UInt64, at now: Duration) {
        entries[key]?.activity = activity
        entries[key]?.since = now
        lastSign = now
    }

    /// Counts a request that is about to be sent.
    package mutating func countRequest() { requests += 1 }

    /// Removes an entry that has ended.
    package mutating func end(_ key: UInt64, at now: Duration) {
        entries[key] = nil
        lastSign = now
    }

    /// The entry that has been overdue for longest; `nil` if all make progress, or wait on purpose.
    package func overdue(at now: Duration) -> Overdue? {
        let late = entries.values.compactMap { entry -> (by: Duration, Overdue)? in
            guard let limit = ProgressLedger.limit(of: entry.activity) else { return nil }
            let silence = now - entry.since
            guard silence > limit else { return nil }
            return (silence - limit, Overdue(name: entry.name, activity: entry.activity, silence: silence))
        }
        return late.max { ($0.by, $1.1.name) < ($1.by, $0.1.name) }?.1
    }

    /// How long an activity may go on; `nil` without a limit.
    private static func limit(of activity: Activity) -> Duration? {
        switch activity {
        case .working: workLimit
        // It may first have to wait for the connection of another request, which may take as long.
        case .requesting(let limit): limit * 2 + grace
        case .resting(let wait): wait.map { max($0, .zero) + grace }
        }
    }
}

extension ProgressLedger.Overdue: CustomStringConvertible {
    /// The entry and its silence: `a step of PushMachine waits for the server, and has shown no sign for 1440 s`.
    package var description: String {
        let words =
            switch activity {
            case .working: "works"
            case .requesting: "waits for the server"
            case .resting: "should have gone on"
            }
        return "\(name) \(words), and has shown no sign for \(silence.components.seconds) s"
    }
}
