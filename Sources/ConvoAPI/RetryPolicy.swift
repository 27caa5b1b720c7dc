internal import ConvoHTTP
internal import ConvoModel

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

/// Does what a ``RetryPolicy`` says.
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
        // What one attempt may have done, no later one can undo.
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

/// How long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
enum RetryAfter {
    /// - Parameter now: for a date, where the answer has no `Date` of its own. The server's clock is the one that the
    ///   date was meant for.
    static func wait(_ headers: HTTPHeaders, now: () -> Timestamp) -> Duration? {
        if let text = headers["retry-after-ms"], let value = number(text) { return .seconds(value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = number(text) { return .seconds(seconds) }
        guard let date = HTTPDate.timestamp(text) else { return nil }
        let reference = headers["date"].flatMap(HTTPDate.timestamp) ?? now()
        let (wait, overflow) = date.microseconds.subtractingReportingOverflow(reference.microseconds)
        return overflow || wait <= 0 ? nil : .microseconds(wait)
    }

    /// Above zero and below a hundred years.
    private static func number(_ text: String) -> Double? {
        let isNumber = text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E }
        guard isNumber, let value = Double(text), value > 0, value < 3.2e12 else { return nil }
        return value
    }
}

/// A date as HTTP writes it, in the three forms that a recipient must understand (RFC 9110, 5.6.7).
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
