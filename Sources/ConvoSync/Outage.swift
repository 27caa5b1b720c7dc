import ConvoAPI
import ConvoModel

/// Whether the server can be worked with at all, as pull and push know it together: the rule of a circuit breaker.
///
/// During an outage one request tries at the end of each wait; all others are held back until that one has shown that
/// the server is there. A value without a clock.
struct Outage: Sendable {
    /// What holds a request back.
    struct Hold: Sendable {
        /// What the outage was last seen by.
        let cause: APIError
        /// When to ask again.
        let until: Timestamp
    }
    enum Entrance: Sendable { case free, trying, held(Hold) }

    private enum State: Sendable {
        case over
        case waiting(APIError, until: Timestamp, for: Duration)
        /// One that a person asked for meanwhile comes at once behind it.
        case trying(APIError, another: Bool)
    }

    private let backoff: Backoff
    private var state = State.over
    private var failures = 0

    init(backoff: Backoff = Backoff()) { self.backoff = backoff }

    /// While a request tries, the others ask after it so often.
    private static let look = Duration.seconds(1)

    func hold(at now: Timestamp) -> Hold? {
        switch state {
        case .over: nil
        case .trying(let cause, _): Hold(cause: cause, until: now + Outage.look)
        case .waiting(let cause, let moment, let wait):
            // Further ahead than the whole wait: the clock has been set back since.
            moment <= now || moment > now + wait ? nil : Hold(cause: cause, until: moment)
        }
    }

    /// A request asks to go. Each that is let through must come back with ``finished(_:tried:at:)``.
    mutating func enter(at now: Timestamp) -> Entrance {
        if let hold = hold(at: now) { return .held(hold) }
        guard case .waiting(let cause, _, _) = state else { return .free }
        state = .trying(cause, another: false)
        return .trying
    }

    /// - Parameters:
    ///   - error: what the request ended with, if it failed.
    ///   - tried: whether it went as the one that tries.
    mutating func finished(_ error: APIError?, tried: Bool, at now: Timestamp) {
        switch (error, state) {
        case (let error?, .trying(let cause, _)) where tried && error.kind == .cancelled:
            state = .waiting(cause, until: now, for: .zero)  // it has shown nothing: the next one tries
        case (let error?, .trying(_, let another)) where tried && error.isOutage:
            failed(error, at: now, another: another)
        case (let error?, .over) where error.isOutage: failed(error, at: now, another: false)
        // What was under way when it began is no further attempt.
        case (let error?, _) where error.isOutage || error.kind == .cancelled: break
        default: (state, failures) = (.over, 0)
        }
    }

    private mutating func failed(_ error: APIError, at now: Timestamp, another: Bool) {
        failures += 1
        let wait = another ? .zero : backoff.delay(after: failures, asked: error.retryAfter)
        state = .waiting(error, until: now + wait, for: wait)
    }

    /// A person waits: the next request may try now.
    mutating func woken(at now: Timestamp) {
        switch state {
        case .over: break
        case .waiting(let cause, _, _): state = .waiting(cause, until: now, for: .zero)
        case .trying(let cause, _): state = .trying(cause, another: true)
        }
    }
}

extension APIError {
    /// The server cannot be reached, or the key is refused: whatever is asked next fails as well.
    var isOutage: Bool {
        switch kind {
        case .unreachable, .status(401): true
        default: false
        }
    }
}

extension SyncFailure {
    var isOutage: Bool { if case .api(let error) = self { error.isOutage } else { false } }
}
