import ConvoAPI
import ConvoModel
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `The circuit breaker` {
    private var breaker = CircuitBreaker(backoff: Backoff(initial: .seconds(1), limit: .seconds(60)))

    private func holdsUntil(_ second: Int) -> Timestamp? { breaker.rejection(at: noon + .seconds(second))?.until }

    /// Lets one request go and fail, if the breaker lets it; returns whether it did.
    private mutating func fails(at second: Int, _ error: APIError = .unreachable) -> Bool {
        let now = noon + .seconds(second)
        switch breaker.enter(at: now) {
        case .rejected: return false
        case .free: finish(error, isProbe: false, at: now)
        case .probe: finish(error, isProbe: true, at: now)
        }
        return true
    }

    private mutating func finish(_ error: APIError?, isProbe: Bool, isList: Bool = true, at now: Timestamp) {
        breaker.finished(
            outage: error.flatMap { $0.isOutage(ofList: isList) ? $0 : nil }, isCancelled: error?.kind == .cancelled,
            isProbe: isProbe, at: now)
    }

    @Test(arguments: [APIError.unreachable, .status(401), .portal])
    mutating func `lets one request try at the end of each wait, and the waits double`(error: APIError) {
        let tries = (0...130).filter { fails(at: $0, error) }
        #expect(tries == [0, 1, 3, 7, 15, 31, 63, 123])
    }

    @Test mutating func `holds the others back while one tries, and what was under way is no further try`() throws {
        for _ in 0..<3 {
            guard case .free = breaker.enter(at: noon) else { throw Unexpected("held back though nothing has failed") }
        }
        for _ in 0..<3 { finish(.unreachable, isProbe: false, at: noon) }
        #expect(holdsUntil(0) == noon + .seconds(1))
        guard case .probe = breaker.enter(at: noon + .seconds(1)),
            case .rejected = breaker.enter(at: noon + .seconds(2))
        else { throw Unexpected("two try at once") }
        #expect(holdsUntil(2) == noon + .seconds(3), "they look again each second")
        finish(.unreachable, isProbe: false, at: noon + .seconds(2))
        #expect(holdsUntil(2) == noon + .seconds(3))
        finish(nil, isProbe: true, at: noon + .seconds(3))
        guard case .free = breaker.enter(at: noon + .seconds(3)) else {
            throw Unexpected("held back though the server is there")
        }
    }

    @Test mutating func `does not begin with an answer that says no, or that the server is busy`() {
        for error in [APIError.status(404), .status(409), .status(429), .status(500, .unknown), .lost] {
            #expect(fails(at: 0, error))
            #expect(holdsUntil(0) == nil)
        }
    }

    @Test mutating func `does not open for a single conversation or a write that something else answers`() {
        finish(.portal, isProbe: false, isList: false, at: noon)
        #expect(holdsUntil(0) == nil)
    }

    @Test mutating func `lets one try at once when a person asks, also while one is trying`() throws {
        #expect(fails(at: 0) && fails(at: 1))
        #expect(!fails(at: 2))
        breaker.woken(at: noon + .seconds(2))
        #expect(fails(at: 2))
        guard case .probe = breaker.enter(at: noon + .seconds(6)) else { throw Unexpected("it does not try") }
        breaker.woken(at: noon + .seconds(6))
        finish(.unreachable, isProbe: true, at: noon + .seconds(7))
        #expect(fails(at: 7))
        #expect(!fails(at: 8))
    }

    @Test mutating func `goes on to the next one where the one that tried was cancelled`() {
        #expect(fails(at: 0))
        let cancelled = APIError(.cancelled, effect: .none, message: "told to stop")
        #expect(fails(at: 1, cancelled))
        #expect(fails(at: 1))
        #expect(holdsUntil(1) == noon + .seconds(3))
    }

    @Test mutating func `does not last for hours because the clock was set back`() {
        #expect(fails(at: 7200))
        for second in [0, 7100, 7198] { #expect(holdsUntil(second) == nil) }
    }
}

@Suite struct `The gate that requests pass` {
    private let clock = SteppingClock()
    private let gate: CircuitBreakerGate

    init() { gate = CircuitBreakerGate(backoff: Backoff(), clock: clock) }

    private func fail(_ error: APIError, isList: Bool? = nil) async {
        do throws(APIError) {
            if let isList {
                try await gate.pass(isList: isList) { () throws(APIError) -> CircuitBreakerGate.Attempt<Void> in
                    throw error
                }
            } else {
                try await gate.pass { () throws(APIError) -> CircuitBreakerGate.Attempt<Void> in throw error }
            }
        } catch {}  // the test has this error thrown
    }

    @Test func `stays open where one conversation is answered by something else, and closes for the list`() async {
        await fail(.portal)
        #expect(gate.holdsUntil == nil)
        await fail(.portal, isList: true)
        #expect(gate.holdsUntil != nil)
    }

    /// A request is in flight, an outage begins, and another request probes: the failure of the first is not the
    /// probe's.
    @Test func `takes no request that was under way for the probe`() async {
        let (isUnderWay, goesOn, isOver) = (AsyncEvent(), AsyncEvent(), AsyncEvent())
        let (start, end, last) = (isUnderWay.generation, goesOn.generation, isOver.generation)
        async let first: Void = {
            do throws(APIError) {
                try await gate.pass { () throws(APIError) -> CircuitBreakerGate.Attempt<Void> in
                    isUnderWay.notify()
                    await goesOn.wait(after: end)
                    throw .unreachable
                }
            } catch {}  // the request has to fail
            isOver.notify()
        }()
        await isUnderWay.wait(after: start)
        await fail(.unreachable)
        clock.advance(.seconds(1))
        let held = try? await gate.pass { () throws(APIError) -> CircuitBreakerGate.Attempt<Timestamp?> in
            goesOn.notify()
            await isOver.wait(after: last)
            return .answered(gate.holdsUntil)
        }
        await first
        #expect(held == clock.now + .seconds(1))
    }

    /// The server refuses a request's key, and while the source of the key is asked for another one, the network goes.
    @Test func `lets no request be sent a second time once it has opened`() async {
        let failure = await failure { () throws(APIError) -> CircuitBreakerGate.Attempt<Void> in
            let openings = gate.openings
            #expect(gate.rejection(sinceOpening: openings) == nil)
            await fail(.portal, isList: true)
            return gate.rejection(sinceOpening: openings).map { .rejected($0) } ?? .answered(())
        }
        #expect(failure == .portal)
        #expect(gate.holdsUntil == clock.now + .seconds(1), "what was not sent shows nothing about the server")
        clock.advance(.seconds(1))
        let probed = await self.failure { () throws(APIError) -> CircuitBreakerGate.Attempt<Void> in
            gate.rejection(sinceOpening: gate.openings).map { .rejected($0) } ?? .answered(())
        }
        #expect(probed == nil, "the probe is not held back by the breaker that it probes")
    }

    private func failure(
        _ request: () async throws(APIError) -> CircuitBreakerGate.Attempt<Void>
    ) async -> APIError? {
        do throws(APIError) {
            try await gate.pass(request)
            return nil
        } catch { return error }
    }
}
