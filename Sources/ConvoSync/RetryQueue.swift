import ConvoModel

/// The steps of a pull that wait for another attempt, and when each is due.
struct RetryQueue {
    private struct Retry {
        let step: PullMachine.Step
        let moment: Timestamp
        let wait: Duration

        /// A moment that lies further ahead than the whole wait means that the clock has been set back since.
        func isDue(at now: Timestamp) -> Bool { moment <= now || moment > now + wait }
    }

    private var waiting: [Retry] = []
    private var counts: [PullMachine.Step: Int] = [:]

    var isEmpty: Bool { waiting.isEmpty }
    /// When the next step is due; `nil` if none waits.
    var next: Timestamp? { waiting.map(\.moment).min() }

    /// How often the step has failed in a row.
    func count(_ step: PullMachine.Step) -> Int { counts[step] ?? 0 }

    /// Counts a failure of the step, which is attempted again after `wait`.
    mutating func add(_ step: PullMachine.Step, after wait: Duration, at now: Timestamp) {
        counts[step, default: 0] += 1
        waiting.append(Retry(step: step, moment: now + wait, wait: wait))
    }

    mutating func succeeded(_ step: PullMachine.Step) { if !counts.isEmpty { counts[step] = nil } }

    /// Takes out a step whose time has come; `nil` if there is none.
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

/// The wait after the n-th failure in a row: it doubles each time, up to a limit.
public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure.
    public var initial: Duration
    /// The longest wait that doubling leads to.
    ///
    /// A wait that the server asks for may be longer, up to one hour.
    public var limit: Duration

    /// Creates a back-off from one second to one minute, or from and to the given waits.
    public init(initial: Duration = .seconds(1), limit: Duration = .seconds(60)) {
        self.initial = initial
        self.limit = limit
    }

    /// The wait before the next attempt.
    ///
    /// - Parameters:
    ///   - failures: how many failures there were in a row, at least one.
    ///   - asked: the wait that the server asked for (`Retry-After`); it counts where it is longer, up to one hour.
    /// - Returns: the longer one of the doubled wait and `asked`.
    public func delay(after failures: Int, asked: Duration? = nil) -> Duration {
        let doublings = min(max(failures - 1, 0), 20)
        let own = min(limit, initial * (1 << doublings))
        return max(own, min(asked ?? .zero, Backoff.askedLimit))
    }

    /// The longest wait that the engine accepts from a server.
    static let askedLimit = Duration.seconds(3600)

    /// Whether a wait until `moment` is over.
    ///
    /// No wait is longer than ``askedLimit``: a moment that lies further ahead was written by a clock that has been set
    /// back since.
    static func isOver(_ moment: Timestamp, at now: Timestamp) -> Bool { moment <= now || moment > now + askedLimit }
}
