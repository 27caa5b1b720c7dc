public import ConvoModel

/// When a daemon pulls: a look at the first page often, a sweep of all pages rarely, and after failures ever more
/// rarely. A value without a clock.
public struct PullSchedule: Sendable {
    public enum Turn: Sendable, Hashable {
        case pull(PullMachine.Scope)
        case sleep(until: Timestamp)
    }

    private let pollInterval: Duration
    private let sweepInterval: Duration
    private let backoff: Backoff
    private var nextLook: Timestamp?
    private var nextSweep: Timestamp?
    private var failures = 0
    private var notBefore: Timestamp?

    public init(pollInterval: Duration, sweepInterval: Duration, backoff: Backoff = Backoff()) {
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
        self.backoff = backoff
    }

    public func next(at now: Timestamp) -> Turn {
        // A clock that was set back must not silence us: what lies further ahead than the interval is due.
        if let notBefore, now < notBefore, notBefore <= now + backoff.limit { return .sleep(until: notBefore) }
        guard let nextSweep, nextSweep > now, nextSweep <= now + sweepInterval else { return .pull(.sweep) }
        guard let nextLook, nextLook > now, nextLook <= now + pollInterval else { return .pull(.look) }
        return .sleep(until: min(nextSweep, nextLook))
    }

    public mutating func finished(_ scope: PullMachine.Scope, _ report: PullReport, at now: Timestamp) {
        if let halt = report.halt {
            failures += 1
            notBefore = now + backoff.delay(after: failures, asked: halt.asked)
            return
        }
        failures = 0
        notBefore = nil
        nextLook = now + pollInterval
        if scope == .sweep { nextSweep = now + sweepInterval }
    }
}
