/// When and how long after a failure the client itself tries again: the `RetryConfig` of Mistral's own SDKs.
///
/// The default is ``none``. A write that is tried again may act twice, because the API has no idempotency key: whoever
/// sets a policy for writes accepts that. (The sync engine has its own way, and sets none.)
public struct RetryPolicy: Hashable, Sendable {
    /// The wait before the first repetition.
    public var initialInterval: Duration
    /// No computed wait is longer.
    public var maxInterval: Duration
    /// Each wait is this many times the one before.
    public var exponent: Double
    /// After this time since the first attempt there are no more.
    public var maxElapsedTime: Duration
    /// Whether failures without an answer are repeated too.
    public var retryConnectionErrors: Bool
    /// Attempts after the first.
    public var limit: Int

    /// The statuses that are worth another attempt.
    public static let statuses: Set<Int> = [429, 500, 502, 503, 504]
    /// A random part of up to this is added to each computed wait, so that many clients do not come back at once.
    public static let maxJitter = Duration.seconds(1)
    public static let defaultLimit = 1000

    /// One attempt only.
    public static let none = RetryPolicy(limit: 0)

    public init(
        initialInterval: Duration = .milliseconds(500), maxInterval: Duration = .seconds(60), exponent: Double = 1.5,
        maxElapsedTime: Duration = .seconds(3600), retryConnectionErrors: Bool = false,
        limit: Int = defaultLimit
    ) {
        self.initialInterval = initialInterval
        self.maxInterval = maxInterval
        self.exponent = exponent
        self.maxElapsedTime = maxElapsedTime
        self.retryConnectionErrors = retryConnectionErrors
        self.limit = limit
    }

    /// How long to wait before the next attempt; `nil` if there is to be none.
    ///
    /// A wait that the server asks for replaces the computed one, however long it is; where it would end after
    /// ``maxElapsedTime``, there is no next attempt.
    ///
    /// - Parameters:
    ///   - retries: attempts made after the first one.
    ///   - elapsed: since the first attempt began.
    ///   - jitter: from zero to ``maxJitter``.
    public func wait(
        after error: APIError, retries: Int, elapsed: Duration, jitter: Duration
    ) -> Duration? {
        guard retries < limit, elapsed <= maxElapsedTime, repeats(error) else { return nil }
        if let asked = error.retryAfter, asked > .zero { return elapsed + asked <= maxElapsedTime ? asked : nil }
        return min(backoff(retries) + jitter, maxInterval)
    }

    private func repeats(_ error: APIError) -> Bool {
        switch error.kind {
        case .status(let status): RetryPolicy.statuses.contains(status)
        case .unreachable, .answerLost: retryConnectionErrors
        default: false
        }
    }

    /// `initialInterval * exponent ^ retries`, without leaving the numbers that a `Duration` can say.
    private func backoff(_ retries: Int) -> Duration {
        let limit = maxInterval / .seconds(1)
        var wait = initialInterval / .seconds(1)
        for _ in 0..<retries where wait < limit { wait *= exponent }
        return wait < limit ? .seconds(max(0, wait)) : maxInterval
    }
}
