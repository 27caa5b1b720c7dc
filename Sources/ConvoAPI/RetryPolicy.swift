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
    public static let statuses: Set<Int> = [429, 500, 502, 503, 504]
    /// The largest random part that is added to a computed wait, so that many clients do not come back at once.
    public static let maxJitter = Duration.seconds(1)
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

/// Reads how long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
enum RetryAfter {
    /// The wait that the header fields ask for.
    ///
    /// - Parameters:
    ///   - headers: the answer's header fields.
    ///   - now: the present time, for a date if the answer has no `Date` field. Otherwise the server's clock counts,
    ///     for which the date was meant.
    /// - Returns: a wait above zero; `nil` if the fields ask for none.
    static func wait(_ headers: HTTPHeaders, now: () -> Timestamp) -> Duration? {
        if let text = headers["retry-after-ms"], let value = number(text) { return .seconds(value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = number(text) { return .seconds(seconds) }
        guard let date = HTTPDate.timestamp(text) else { return nil }
        let reference = headers["date"].flatMap(HTTPDate.timestamp) ?? now()
        let (wait, overflow) = date.microseconds.subtractingReportingOverflow(reference.microseconds)
        return overflow || wait <= 0 ? nil : .microseconds(wait)
    }

    /// A number above zero and below a hundred years in milliseconds.
    private static func number(_ text: String) -> Double? {
        let isNumber = text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E }
        guard isNumber, let value = Double(text), value > 0, value < 3.2e12 else { return nil }
        return value
    }
}

/// Reads a date as HTTP writes it, in the three forms that a recipient must understand (RFC 9110, 5.6.7).
enum HTTPDate {
    static func timestamp(_ text: String) -> Timestamp? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT
        case 6 where words[5] == "GMT":
            return timestamp(year: words[3], month: words[2], day: words[1], time: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5:
            return timestamp(year: words[4], month: words[1], day: words[2], time: words[3])
        default: return nil
        }
    }

    private static func timestamp(year: String, month: String, day: String, time: String) -> Timestamp? {
        guard let month = months.firstIndex(of: month), let year = fullYear(year) else { return nil }
        return Timestamp("\(year)-\(twoDigits(String(month + 1)))-\(twoDigits(day))T\(time)Z")
    }

    private static func fullYear(_ year: String) -> String? {
        guard year.utf8.count == 2 else { return year }
        return Int(year).map { $0 < 70 ? "20\(year)" : "19\(year)" }
    }

    private static func twoDigits(_ text: String) -> String { text.utf8.count == 1 ? "0\(text)" : text }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
