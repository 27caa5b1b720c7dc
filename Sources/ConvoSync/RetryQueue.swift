import ConvoModel

/// Steps of a pull that are tried again, and when.
struct RetryQueue {
    private struct Retry {
        let step: PullMachine.Step
        let moment: Timestamp
        let wait: Duration

        /// Further ahead than the whole wait: the clock has been set back since.
        func isDue(at now: Timestamp) -> Bool { moment <= now || moment > now + wait }
    }

    private var waiting: [Retry] = []
    private var counts: [PullMachine.Step: Int] = [:]

    var isEmpty: Bool { waiting.isEmpty }
    var next: Timestamp? { waiting.map(\.moment).min() }

    func count(_ step: PullMachine.Step) -> Int { counts[step] ?? 0 }

    mutating func add(_ step: PullMachine.Step, after wait: Duration, at now: Timestamp) {
        counts[step, default: 0] += 1
        waiting.append(Retry(step: step, moment: now + wait, wait: wait))
    }

    mutating func succeeded(_ step: PullMachine.Step) { if !counts.isEmpty { counts[step] = nil } }

    mutating func due(at now: Timestamp) -> PullMachine.Step? {
        waiting.firstIndex { $0.isDue(at: now) }.map { waiting.remove(at: $0).step }
    }
}

extension Timestamp {
    static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: moment.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}

/// How long to wait after the n-th failure in a row: doubling, up to a limit.
public struct Backoff: Sendable, Hashable {
    public var initial: Duration
    public var limit: Duration

    public init(initial: Duration = .seconds(1), limit: Duration = .seconds(60)) {
        self.initial = initial
        self.limit = limit
    }

    /// - Parameters:
    ///   - failures: how many there were in a row, at least one.
    ///   - asked: what the server asked for; it is obeyed where it is longer.
    public func delay(after failures: Int, asked: Duration? = nil) -> Duration {
        let doublings = min(max(failures - 1, 0), 20)
        let own = min(limit, initial * (1 << doublings))
        return max(own, min(asked ?? .zero, Backoff.askedLimit))
    }

    /// A server that asks for more is asked again after this.
    static let askedLimit = Duration.seconds(3600)

    /// Whether a wait until that moment is over. No wait is longer than ``askedLimit``: a moment further ahead was
    /// written by a clock that has been set back since.
    static func isOver(_ moment: Timestamp, at now: Timestamp) -> Bool { moment <= now || moment > now + askedLimit }
}
