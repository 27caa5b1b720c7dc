import ConvoAPI
import ConvoModel
import Synchronization

/// Sends every request of pull and push through one ``CircuitBreaker``.
final class CircuitBreakerGate: Sendable {
    /// How one attempt at a request ended: the server answered, or the breaker had opened, so that the caller did not
    /// send the request again.
    enum Attempt<Answer> { case answered(Answer), rejected(CircuitBreaker.Rejection) }

    private let breaker: Mutex<CircuitBreaker>
    private let clock: any SyncClock

    init(backoff: Backoff, clock: any SyncClock) {
        breaker = Mutex(CircuitBreaker(backoff: backoff))
        self.clock = clock
    }

    /// When the next request may be sent; `nil` if one may be sent now.
    var holdsUntil: Timestamp? { breaker.withLock { $0.rejection(at: clock.now)?.until } }

    /// The failure that holds the breaker open; `nil` if it is closed.
    var cause: APIError? { breaker.withLock(\.cause) }

    /// Lets the next request probe at once, because a person waits for it.
    func woken() { breaker.withLock { $0.woken(at: clock.now) } }

    /// Makes a request if the breaker lets it through.
    ///
    /// - Parameters:
    ///   - isList: whether the request asks for the list.
    ///   - probe: a cheap read that is sent first if the breaker has to be probed; the request follows if it succeeds.
    ///     `nil` if the request itself may serve as the probe.
    ///   - request: sends the request; asks ``rejection(sinceOpening:)`` before it sends it a second time.
    /// - Returns: the request's answer.
    /// - Throws: the request's error, or the probe's; the error that opened the breaker if the request was rejected,
    ///   and so not sent.
    func pass<Answer>(
        isList: Bool = false, probe: (() async throws(APIError) -> Attempt<Void>)? = nil,
        _ request: () async throws(APIError) -> Attempt<Answer>
    ) async throws(APIError) -> Answer {
        switch breaker.withLock({ $0.enter(at: clock.now) }) {
        case .rejected(let rejection): throw rejection.cause
        case .free: return try await watched(isList: isList, isProbe: false, request)
        case .probe:
            guard let probe else { return try await watched(isList: isList, isProbe: true, request) }
            try await watched(isList: true, isProbe: true, probe)
            return try await pass(isList: isList, request)
        }
    }

    /// How often the breaker has opened.
    var openings: Int { breaker.withLock(\.openings) }

    /// Why a request that was let through may not be sent a second time: the breaker has opened since.
    ///
    /// - Parameter openings: ``openings`` before the request was sent for the first time.
    /// - Returns: `nil` if the request may be sent again. The breaker never rejects its own probe.
    func rejection(sinceOpening openings: Int) -> CircuitBreaker.Rejection? {
        breaker.withLock { $0.openings == openings ? nil : $0.rejection(at: clock.now) }
    }

    private func watched<Answer>(
        isList: Bool, isProbe: Bool, _ request: () async throws(APIError) -> Attempt<Answer>
    ) async throws(APIError) -> Answer {
        let attempt: Attempt<Answer>
        do throws(APIError) {
            attempt = try await request()
        } catch {
            breaker.withLock {
                $0.finished(
                    outage: error.isOutage(ofList: isList) ? error : nil, isCancelled: error.kind == .cancelled,
                    isProbe: isProbe, at: clock.now)
            }
            throw error
        }
        switch attempt {
        case .answered(let answer):
            breaker.withLock { $0.finished(outage: nil, isProbe: isProbe, at: clock.now) }
            return answer
        case .rejected(let rejection): throw rejection.cause
        }
    }
}
