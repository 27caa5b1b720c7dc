package import ConvoModel

/// Decides when a daemon pulls: the first page often, a sweep of all pages rarely, and less and less often after
/// failures.
///
/// A value without a clock.
package struct PullSchedule: Sendable {
    /// The daemon's next action.
    package enum Decision: Sendable, Hashable {
        /// Pull now, with this scope.
        case pull(PullMachine.Scope)
        /// Ask again at this moment.
        case sleep(until: Timestamp)
    }

    private let pollInterval: Duration
    private let sweepInterval: Duration
    private let backoff: Backoff
    /// When the first page is due; `nil` before the first pull has succeeded.
    private var nextLook: Timestamp?
    /// When the next sweep is due; `nil` before the first one has succeeded.
    private var nextSweep: Timestamp?
    private var failures = 0
    /// After a failure: how long to wait, and until when.
    ///
    /// `nil` after a success.
    private var pause: (wait: Duration, until: Timestamp)?

    /// Creates a schedule whose first pull, a sweep, is due at once.
    ///
    /// - Parameters:
    ///   - pollInterval: the time between two reads of the first page.
    ///   - sweepInterval: the time between two sweeps.
    ///   - backoff: the waits after failures in a row.
    package init(pollInterval: Duration, sweepInterval: Duration, backoff: Backoff = Backoff()) {
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
        self.backoff = backoff
    }

    /// The action at the moment `now`.
    ///
    /// Changes nothing.
    ///
    /// - Parameter now: the wall clock's time.
    /// - Returns: a pull if one is due, or else the moment of the next one. After a failure, the wait counts alone.
    package func next(at now: Timestamp) -> Decision {
        // A clock that is set back must not stop the pulls: a moment further ahead than the whole wait is due.
        if let pause, pause.until > now, pause.until <= now + pause.wait { return .sleep(until: pause.until) }
        guard let nextSweep, nextSweep > now, nextSweep <= now + sweepInterval else { return .pull(.full) }
        guard let nextLook, nextLook > now, nextLook <= now + pollInterval else { return .pull(.firstPage) }
        return .sleep(until: min(nextSweep, nextLook))
    }

    /// Takes the report of a pull that has ended.
    ///
    /// - Parameters:
    ///   - scope: what the pull read.
    ///   - report: what it did. One that ended early (``PullReport/halt``) is repeated after a wait, however long the
    ///     interval is.
    ///   - now: the wall clock's time at its end.
    package mutating func finished(_ scope: PullMachine.Scope, _ report: PullReport, at now: Timestamp) {
        if let halt = report.halt {
            failures += 1
            let wait = backoff.delay(after: failures, asked: report.asked ?? halt.asked)
            pause = (wait, now + wait)
            return
        }
        failures = 0
        pause = nil
        nextLook = now + pollInterval
        if scope == .full { nextSweep = now + sweepInterval }
    }
}
