import ConvoAPI
import ConvoModel
import Synchronization

/// Where every request of pull and push passes: ``CircuitBreaker`` says which may go.
final class CircuitBreakerGate: Sendable {
    private let breaker: Mutex<CircuitBreaker>
    private let clock: any SyncClock

    init(backoff: Backoff, clock: any SyncClock) {
        breaker = Mutex(CircuitBreaker(backoff: backoff))
        self.clock = clock
    }

    /// Until when nothing can go, whatever is tried; `nil` where something can.
    var holdsUntil: Timestamp? { breaker.withLock { $0.rejection(at: clock.now)?.until } }

    func woken() { breaker.withLock { $0.woken(at: clock.now) } }

    /// Makes a request, or fails it as the last one failed, where it must wait: then it was not sent.
    ///
    /// - Parameters:
    ///   - isList: whether the request asks for the list.
    ///   - probe: a cheap read that goes in the request's place where the breaker is to be probed; the request follows when
    ///     the probe has succeeded. `nil` where the request is one itself.
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
