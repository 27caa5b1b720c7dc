import ConvoAPI
import ConvoModel
import Synchronization

/// Sends every request of pull and push through one ``CircuitBreaker``.
final class CircuitBreakerGate: Sendable {
    private let breaker: Mutex<CircuitBreaker>
    private let clock: any SyncClock

    init(backoff: Backoff, clock: any SyncClock) {
        breaker = Mutex(CircuitBreaker(backoff: backoff))
        self.clock = clock
    }

    /// When the next request may be sent; `nil` if one may be sent now.
    var holdsUntil: Timestamp? { breaker.withLock { $0.rejection(at: clock.now)?.until } }

    /// Lets the next request probe at once, because a person waits for it.
    func woken() { breaker.withLock { $0.woken(at: clock.now) } }

    /// Makes a request if the breaker lets it through.
    ///
    /// - Parameters:
    ///   - isList: whether the request asks for the list.
    ///   - probe: a cheap read that is sent first if the breaker has to be probed; the request follows if it succeeds.
    ///     `nil` if the request itself may serve as the probe.
    ///   - request: sends the request.
    /// - Returns: the request's answer.
    /// - Throws: the request's error, or the probe's; the error that opened the breaker if the request was rejected,
    ///   and so not sent.
    func pass<Answer>(
        isList: Bool = false, probe: (() async throws(APIError) -> Void)? = nil,
        _ request: () async throws(APIError) -> Answer
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

    private func watched<Answer>(
        isList: Bool, isProbe: Bool, _ request: () async throws(APIError) -> Answer
    ) async throws(APIError) -> Answer {
        do throws(APIError) {
            let answer = try await request()
            breaker.withLock { $0.finished(outage: nil, isProbe: isProbe, at: clock.now) }
            return answer
        } catch {
            breaker.withLock {
                $0.finished(
                    outage: error.isOutage(ofList: isList) ? error : nil, isCancelled: error.kind == .cancelled,
                    isProbe: isProbe, at: clock.now)
            }
            throw error
        }
    }
}
