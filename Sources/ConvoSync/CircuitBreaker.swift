import ConvoAPI
import ConvoModel

/// Whether the server can be worked with at all, as pull and push know it together.
///
/// While the breaker is open, one request probes at the end of each wait; all others are held back until that one has
/// shown that the server is there. A value without a clock.
struct CircuitBreaker: Sendable {
    /// What holds a request back.
    struct Rejection: Sendable {
        /// The failure that opened the breaker, or kept it open.
        let cause: APIError
        /// When to ask again.
        let until: Timestamp
    }
    enum Admission: Sendable { case free, probe, rejected(Rejection) }

    private enum State: Sendable {
        case closed
        case open(APIError, until: Timestamp, wait: Duration)
        /// A probe is under way. One that a person asked for meanwhile comes at once behind it.
        case halfOpen(APIError, another: Bool)
    }

    private let backoff: Backoff
    private var state = State.closed
    private var failures = 0

    init(backoff: Backoff = Backoff()) { self.backoff = backoff }

    /// How often held requests check again while the probe is in flight.
    private static let recheck = Duration.seconds(1)

    /// What a request would be held back by at that moment.
    func rejection(at now: Timestamp) -> Rejection? {
        switch state {
        case .closed: nil
        case .halfOpen(let cause, _): Rejection(cause: cause, until: now + CircuitBreaker.recheck)
        case .open(let cause, let moment, let wait):
            // Further ahead than the whole wait: the clock has been set back since.
            moment <= now || moment > now + wait ? nil : Rejection(cause: cause, until: moment)
        }
    }

    /// A request asks to go. Each that is let through must come back with ``finished(_:isProbe:at:)``.
    mutating func enter(at now: Timestamp) -> Admission {
        if let rejection = rejection(at: now) { return .rejected(rejection) }
        guard case .open(let cause, _, _) = state else { return .free }
        state = .halfOpen(cause, another: false)
        return .probe
    }

    /// - Parameters:
    ///   - outage: the failure that says that nothing works, if the request ended with one.
    ///   - isCancelled: whether the request was cancelled: then it has shown nothing.
    ///   - isProbe: whether it was let through as the probe.
    mutating func finished(outage: APIError?, isCancelled: Bool = false, isProbe: Bool, at now: Timestamp) {
        switch (outage, state) {
        case (_, .halfOpen(let cause, _)) where isProbe && isCancelled:
            state = .open(cause, until: now, wait: .zero)  // the next one probes
        case (let outage?, .halfOpen(_, let another)) where isProbe: failed(outage, at: now, another: another)
        case (let outage?, .closed): failed(outage, at: now, another: false)
        // A request that was under way when the breaker opened is no further attempt.
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

    /// A person waits: the next request may probe now.
    mutating func woken(at now: Timestamp) {
        switch state {
        case .closed: break
        case .open(let cause, _, _): state = .open(cause, until: now, wait: .zero)
        case .halfOpen(let cause, _): state = .halfOpen(cause, another: true)
        }
    }
}

extension APIError {
    /// The server cannot be reached, or the key is refused, or a list is answered by something that is not the API:
    /// whatever is asked next fails as well.
    ///
    /// - Parameter isList: whether the list was asked for. A single conversation may be answered by a proxy that dislikes its
    ///   text, and a write may be: that keeps nothing else from working.
    func isOutage(ofList isList: Bool) -> Bool {
        switch kind {
        case .unreachable, .status(401): true
        case .notTheAPI, .noRoute: isList
        default: false
        }
    }
}
