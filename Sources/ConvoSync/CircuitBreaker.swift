import ConvoAPI
import ConvoModel

/// The state of the connection to the server, shared by pull and push.
///
/// A value without a clock.
///
/// While the breaker is open, the next request after each wait is let through as a probe; all other requests are
/// rejected until a probe has shown that the server is there.
struct CircuitBreaker: Sendable {
    /// Why a request may not be sent now, and until when.
    struct Rejection: Sendable {
        /// The failure that opened the breaker, or kept it open.
        let cause: APIError
        /// When the request may ask again.
        let until: Timestamp
    }
    /// The breaker's decision about one request.
    ///
    /// `free`: it may be sent; `probe`: it may be sent and decides whether the breaker closes; `rejected`: it must not
    /// be sent.
    enum Admission: Sendable { case free, probe, rejected(Rejection) }

    private enum State: Sendable {
        case closed
        /// Requests are rejected until the moment; `wait` is the whole wait that began with the last failure.
        case open(APIError, until: Timestamp, wait: Duration)
        /// A probe is in flight.
        ///
        /// `another`: a person has asked for an attempt meanwhile, so the next probe follows at once if this one fails.
        case halfOpen(APIError, another: Bool)
    }

    private let backoff: Backoff
    private var state = State.closed
    private var failures = 0
    /// How often the breaker has opened from its closed state.
    private(set) var openings = 0

    init(backoff: Backoff = Backoff()) { self.backoff = backoff }

    /// How often held requests check again while the probe is in flight.
    private static let recheck = Duration.seconds(1)

    /// The error with which the breaker would reject a request now; `nil` if it would let the request through.
    ///
    /// Changes nothing.
    func rejection(at now: Timestamp) -> Rejection? {
        switch state {
        case .closed: nil
        case .halfOpen(let cause, _): Rejection(cause: cause, until: now + CircuitBreaker.recheck)
        case .open(let cause, let moment, let wait):
            // A moment that lies further ahead than the whole wait means that the clock has been set back since.
            moment <= now || moment > now + wait ? nil : Rejection(cause: cause, until: moment)
        }
    }

    /// Decides about one request.
    ///
    /// The caller reports the end of each request that it lets through to ``finished(outage:isCancelled:isProbe:at:)``.
    mutating func enter(at now: Timestamp) -> Admission {
        if let rejection = rejection(at: now) { return .rejected(rejection) }
        guard case .open(let cause, _, _) = state else { return .free }
        state = .halfOpen(cause, another: false)
        return .probe
    }

    /// Takes note of how a request that was let through has ended.
    ///
    /// - Parameters:
    ///   - outage: the failure, if it is one with which nothing else can work either
    ///     (``ConvoAPI/APIError/isOutage(ofList:)``).
    ///   - isCancelled: whether the request was cancelled, and so has shown nothing about the server.
    ///   - isProbe: whether it was let through as the probe.
    ///   - now: the current time.
    mutating func finished(outage: APIError?, isCancelled: Bool = false, isProbe: Bool, at now: Timestamp) {
        switch (outage, state) {
        case (_, .halfOpen(let cause, _)) where isProbe && isCancelled:
            state = .open(cause, until: now, wait: .zero)  // the next one probes
        case (let outage?, .halfOpen(_, let another)) where isProbe: failed(outage, at: now, another: another)
        case (let outage?, .closed):
            openings += 1
            failed(outage, at: now, another: false)
        // A request that was in flight when the breaker opened does not count as another attempt.
        case (_?, _): break
        case (nil, _) where isCancelled: break
        default: (state, failures) = (.closed, 0)
        }
    }

    private mutating func failed(_ outage: APIError, at now: Timestamp, another: Bool) {
        failures += 1
        let wait = another ? .zero : backoff.delay(after: failures, asked: outage.retryAfter)
        state = .open(outage, until: now + wait, wait: wait)
    }

    /// The failure that opened the breaker, or kept it open; `nil` if it is closed.
    var cause: APIError? {
        switch state {
        case .closed: nil
        case .open(let cause, _, _), .halfOpen(let cause, _): cause
        }
    }

    /// Lets the next request probe at once, because a person waits for it.
    mutating func woken(at now: Timestamp) {
        switch state {
        case .closed: break
        case .open(let cause, _, _): state = .open(cause, until: now, wait: .zero)
        case .halfOpen(let cause, _): state = .halfOpen(cause, another: true)
        }
    }
}

extension APIError {
    /// Whether whatever is requested next would fail as well: the server cannot be reached, it refuses the key, or
    /// something that is not the API answers the list.
    ///
    /// - Parameter isList: whether the list was requested. A proxy may answer for a single conversation, or for a
    ///   write, because of its text; other requests still work then.
    /// - Returns: `true` if the circuit breaker is to open.
    func isOutage(ofList isList: Bool) -> Bool {
        switch kind {
        case .unreachable, .status(401): true
        case .notTheAPI, .noRoute: isList
        default: false
        }
    }
}
