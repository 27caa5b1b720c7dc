import ConvoModel
internal import Synchronization

/// Collects the signs of progress of a running engine, for the watchdog of the daemon.
///
/// A task finds its entry in a task-local value, so no function of the engine has to pass it on. Where nobody watches, as in
/// `convo sync` and in an app, a sign costs one look at that value.
package final class ProgressMonitor: Sendable {
    /// An entry of the ledger that belongs to the present task.
    private struct Entry: Sendable {
        let monitor: ProgressMonitor
        let key: UInt64
    }

    @TaskLocal private static var entry: Entry?

    private let ledger = Mutex(ProgressLedger())
    private let uptime: @Sendable () -> Duration

    /// Creates a monitor that has seen nothing yet.
    ///
    /// - Parameter uptime: the time on a clock that nobody sets and that stands still while the machine sleeps; a wait that
    ///   lasts through a night must not look like one that never ended.
    package init(uptime: @escaping @Sendable () -> Duration) { self.uptime = uptime }

    /// The part of the engine that is stuck; `nil` if none is.
    package var overdue: ProgressLedger.Overdue? { ledger.withLock { $0.overdue(at: uptime()) } }
    /// How many requests were sent to the server.
    package var requests: Int { ledger.withLock { $0.requests } }
    /// How long ago anything showed a sign; `nil` if nothing did.
    package var silence: Duration? { ledger.withLock { ledger in ledger.lastSign.map { uptime() - $0 } } }

    /// Does work that has an entry as long as it runs; signs of this task and its child tasks are signs of that entry.
    ///
    /// - Parameters:
    ///   - name: what it is, for the log.
    ///   - work: what is watched.
    /// - Returns: the result of the work.
    package func watching<Value>(_ name: String, _ work: () async -> Value) async -> Value {
        let key = ledger.withLock { $0.begin(name, at: uptime()) }
        defer { ledger.withLock { $0.end(key, at: uptime()) } }
        return await ProgressMonitor.$entry.withValue(Entry(monitor: self, key: key)) { await work() }
    }

    /// Does a step of the present task's work, with an entry of its own; without one where nobody watches.
    static func step<Value>(_ name: @autoclosure () -> String, _ work: () async -> Value) async -> Value {
        guard let entry else { return await work() }
        return await entry.monitor.watching(name(), work)
    }

    /// Notes what the present task does from now on; without effect where nobody watches.
    static func note(_ activity: ProgressLedger.Activity) {
        guard let entry else { return }
        let monitor = entry.monitor
        monitor.ledger.withLock { $0.note(activity, of: entry.key, at: monitor.uptime()) }
    }

    /// Sends a request, which is a sign when it begins and when it ends.
    static func request<Answer, Failure>(
        limit: Duration, _ request: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        entry?.monitor.ledger.withLock { $0.countRequest() }
        note(.requesting(limit: limit))
        defer { note(.working) }
        return try await request()
    }

    /// Notes that the present task waits on purpose, for a moment or for an event that may come sooner.
    static func rest(until moment: Timestamp, at now: Timestamp) {
        note(.resting(.microseconds(moment.microseconds - now.microseconds)))
    }
}
