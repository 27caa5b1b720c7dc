public import ConvoModel

/// When a daemon pulls: a look at the first page often, a sweep of all pages rarely, and after failures ever more
/// rarely. A value without a clock.
public struct PullSchedule: Sendable {
    public enum Decision: Sendable, Hashable {
        case pull(PullMachine.Scope)
        case sleep(until: Timestamp)
    }

    private let pollInterval: Duration
    private let sweepInterval: Duration
    private let backoff: Backoff
    private var nextLook: Timestamp?
    private var nextSweep: Timestamp?
    private var failures = 0
    /// After a failure: how long to wait, and until when.
    private var pause: (wait: Duration, until: Timestamp)?

    public init(pollInterval: Duration, sweepInterval: Duration, backoff: Backoff = Backoff()) {
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
        self.backoff = backoff
    }

    public func next(at now: Timestamp) -> Decision {
        // A clock that was set back must not silence us: what lies further ahead than the whole wait is due.
        if let pause, pause.until > now, pause.until <= now + pause.wait { return .sleep(until: pause.until) }
        guard let nextSweep, nextSweep > now, nextSweep <= now + sweepInterval else { return .pull(.full) }
        guard let nextLook, nextLook > now, nextLook <= now + pollInterval else { return .pull(.firstPage) }
        return .sleep(until: min(nextSweep, nextLook))
    }

    public mutating func finished(_ scope: PullMachine.Scope, _ report: PullReport, at now: Timestamp) {
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
