import ConvoModel

/// The wait after the n-th failure in a row: it doubles each time, up to a limit.
package struct Backoff: Sendable, Hashable {
    /// The wait after the first failure.
    package var initial: Duration
    /// The longest wait that doubling leads to.
    ///
    /// A wait that the server asks for may be longer, up to one hour.
    package var limit: Duration

    /// Creates a back-off from one second to one minute, or from and to the given waits.
    package init(initial: Duration = .seconds(1), limit: Duration = .seconds(60)) {
        self.initial = initial
        self.limit = limit
    }

    /// The wait before the next attempt.
    ///
    /// - Parameters:
    ///   - failures: how many failures there were in a row, at least one.
    ///   - asked: the wait that the server asked for (`Retry-After`); it counts where it is longer, up to one hour.
    /// - Returns: the longer one of the doubled wait and `asked`.
    package func delay(after failures: Int, asked: Duration? = nil) -> Duration {
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
