import ConvoModel

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
