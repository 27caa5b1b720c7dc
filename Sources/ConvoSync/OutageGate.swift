import ConvoAPI
import ConvoModel
import Synchronization

/// Where every request of pull and push passes: ``Outage`` says which may go.
final class OutageGate: Sendable {
    private let outage: Mutex<Outage>
    private let clock: any SyncClock

    init(backoff: Backoff, clock: any SyncClock) {
        outage = Mutex(Outage(backoff: backoff))
        self.clock = clock
    }

    /// Until when nothing can go, whatever is tried; `nil` where something can.
    var holdsUntil: Timestamp? { outage.withLock { $0.hold(at: clock.now)?.until } }

    func woken() { outage.withLock { $0.woken(at: clock.now) } }

    /// Makes a request, or fails it as the last one failed, where it must wait: then it was not sent.
    func pass<Answer>(_ request: () async throws(APIError) -> Answer) async throws(APIError) -> Answer {
        let isTrying: Bool
        switch outage.withLock({ $0.enter(at: clock.now) }) {
        case .held(let hold): throw hold.cause
        case .trying: isTrying = true
        case .free: isTrying = false
        }
        do throws(APIError) {
            let answer = try await request()
            outage.withLock { $0.finished(nil, tried: isTrying, at: clock.now) }
            return answer
        } catch {
            outage.withLock { $0.finished(error, tried: isTrying, at: clock.now) }
            throw error
        }
    }
}
