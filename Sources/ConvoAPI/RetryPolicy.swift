internal import ConvoHTTP
internal import ConvoModel

/// When the client itself repeats a failed request, and after which wait: the `RetryConfig` of Mistral's own SDKs.
///
/// The default is ``none``. A write that is repeated may act twice, because the API has no idempotency key: a caller
/// who sets a policy for writes accepts that. The sync engine has rules of its own, and uses ``none``.
public struct RetryPolicy: Hashable, Sendable {
    /// The wait before the second attempt, without jitter.
    public var initialInterval: Duration
    /// The longest computed wait, jitter included.
    ///
    /// A wait that the server asks for may be longer.
    public var maxInterval: Duration
    /// The factor from one wait to the next.
    public var exponent: Double
    /// The time since the first attempt after which no other one is made.
    public var maxElapsedTime: Duration
    /// Whether failures without an answer are repeated too.
    public var retryConnectionErrors: Bool
    /// The number of attempts after the first one.
    public var limit: Int

    /// The statuses after which a request is repeated.
    package static let statuses: Set<Int> = [429, 500, 502, 503, 504]
    /// The largest random part that is added to a computed wait, so that many clients do not come back at once.
    package static let maxJitter = Duration.seconds(1)
    /// The default of ``limit``.
    public static let defaultLimit = 1000

    /// The policy with one attempt only.
    public static let none = RetryPolicy(limit: 0)

    /// Creates a policy: the default values, or the given ones.
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

    /// How long to wait before the next attempt.
    ///
    /// A wait that the server asks for replaces the computed one, however long it is; if it would end after
    /// ``maxElapsedTime``, there is no next attempt.
    ///
    /// - Parameters:
    ///   - error: the failure of the last attempt.
    ///   - retries: how many attempts were made after the first one.
    ///   - elapsed: the time since the first attempt began.
    ///   - jitter: the random part, from zero to ``maxJitter``.
    /// - Returns: the wait; `nil` if there is no next attempt.
    package func wait(
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

    /// `initialInterval * exponent ^ retries`, without leaving the range of `Duration`.
    private func backoff(_ retries: Int) -> Duration {
        let limit = maxInterval / .seconds(1)
        var wait = initialInterval / .seconds(1)
        for _ in 0..<retries where wait < limit { wait *= exponent }
        return wait < limit ? .seconds(max(0, wait)) : maxInterval
    }
}

/// Repeats an operation as a ``RetryPolicy`` says.
struct Retrier: Sendable {
    let policy: RetryPolicy
    let clock: any Clock<Duration>
    let jitter: @Sendable () -> Duration

    func run<Value>(_ attempt: () async throws(APIError) -> Value) async throws(APIError) -> Value {
        try await run(on: clock, attempt)
    }

    private func run<Time: Clock<Duration>, Value>(
        on clock: Time, _ attempt: () async throws(APIError) -> Value
    ) async throws(APIError) -> Value {
        let start = clock.now
        // A later attempt cannot undo what an earlier one may have done.
        var effect = APIError.Effect.none
        var count = 0
        while true {
            do {
                return try await attempt()
            } catch {
                if error.effect == .unknown { effect = .unknown }
                let elapsed = start.duration(to: clock.now)
                guard let wait = policy.wait(after: error, retries: count, elapsed: elapsed, jitter: jitter()) else {
                    throw error.with(effect: effect)
                }
                try await sleep(wait, on: clock, effect: effect)
                count += 1
            }
        }
    }

    private func sleep(_ wait: Duration, on clock: some Clock<Duration>, effect: APIError.Effect) async throws(APIError)
    {
        do {
            try await clock.sleep(for: wait)
        } catch {
            throw APIError(.cancelled, effect: effect, message: "the request was cancelled")
        }
    }
}
