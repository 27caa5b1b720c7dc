public import ConvoAPI
public import ConvoModel
import SeededRandom

/// The server, the network before it, the other writers and the clock: everything outside our client.
///
/// A request is handled when it is sent; its ``Exchange`` says what the client will see, and when. The caller moves
/// the clock there, or lets other things happen first: that is how requests overlap in a world without threads.
public struct SimulatedWorld: Sendable {
    public struct Exchange: Sendable {
        public let number: Int
        public let finishesAt: VirtualInstant
        public let result: Result<APIAnswer, APIError>
    }
    /// The client's own clock is set, by a person or by NTP.
    public struct ClockJump: Hashable, Sendable {
        public let at: VirtualInstant
        public let by: Duration
        public init(at: VirtualInstant, by: Duration) { (self.at, self.by) = (at, by) }
    }

    private enum Event: Sendable {
        case arrival(APIRequest, cause: Cause)
        case other(OtherWriter.Action, number: Int)
    }

    public private(set) var now = VirtualInstant.start
    /// Our account.
    public var server: SimulatedServer
    /// Another account, and another server: see ``Tenant``.
    public private(set) var neighbour: SimulatedServer
    public private(set) var elsewhere: SimulatedServer
    public let access: AccessPlan
    public private(set) var audit = Audit()
    public let faults: FaultPlan
    private let clockJumps: [ClockJump]
    /// When our machine was started, last.
    private var bootedAt = VirtualInstant.start + .seconds(-3600)
    private var boots = 1
    private var random: SplitMix64
    /// In order of time; what came first among equals stays first.
    private var agenda: [(at: VirtualInstant, event: Event)]
    /// By the number of the request.
    private var inFlight: [Int: Int] = [:]
    private var isHealed = false
    private var unreachableUntil = VirtualInstant.start
    private var unauthorizedUntil = VirtualInstant.start
    private var noRouteUntil = VirtualInstant.start
    private var portal: (answer: ForeignAnswer, reach: Reach, until: VirtualInstant)?
    private var stale: (reads: StaleReads, by: Duration, until: VirtualInstant)?

    public init(
        seed: UInt64, switches: ServerSwitches = ServerSwitches(), faults: FaultPlan = FaultPlan(),
        others: OtherWriter = OtherWriter(), clockJumps: [ClockJump] = [], access: AccessPlan = AccessPlan()
    ) {
        var random = SplitMix64(seed: seed)
        server = SimulatedServer(seed: random.next(), switches: switches)
        self.faults = faults
        self.clockJumps = clockJumps
        self.random = random.split()
        self.access = access
        neighbour = SimulatedServer(seed: random.next(), switches: switches)
        elsewhere = SimulatedServer(seed: random.next(), switches: switches)
        agenda = others.steps.enumerated()
            .map { (at: $1.at, event: Event.other($1.action, number: $0 + 1)) }
            .enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        for number in 0..<access.foreignConversations {
            neighbour.perform(.start(text: "the neighbour's"), number: -1 - number, at: .start)
            elsewhere.perform(.start(text: "of elsewhere"), number: -1 - number, at: .start)
        }
    }

    /// What the client's clock shows; it may jump, ``now`` never does.
    public var clientClock: VirtualInstant {
        clockJumps.filter { $0.at <= now }.reduce(now) { $0 + $1.by }
    }

    /// The clock of our machine that nobody sets.
    public var clientUptime: Uptime { Uptime(boot: "boot \(boots)", microseconds: (now - bootedAt).microseconds) }

    /// Our machine has lost its power, and has it again.
    public mutating func clientRebooted() { (bootedAt, boots) = (now, boots + 1) }

    /// When something happens next by itself: a commit, an arrival, another writer.
    public var nextEvent: VirtualInstant? {
        [server.nextCommit, neighbour.nextCommit, elsewhere.nextCommit, agenda.first?.at].compactMap(\.self).min()
    }

    /// Whether nothing is under way on the server and nobody else has anything left to do.
    public var isQuiet: Bool { nextEvent == nil }

    /// Moves time on; everything that is due happens in its order.
    public mutating func advance(to instant: VirtualInstant) {
        while let next = agenda.first, next.at <= instant {
            agenda.removeFirst()
            server.advance(to: next.at)
            switch next.event {
            case .arrival(let request, let cause): _ = server.handle(request, at: next.at, cause: cause)
            case .other(let action, let number): server.perform(action, number: number, at: next.at)
            }
        }
        now = max(now, instant)
        server.advance(to: now)
        neighbour.advance(to: now)
        elsewhere.advance(to: now)
    }

    /// From now on nothing goes wrong any more.
    public mutating func heal() {
        isHealed = true
        (unreachableUntil, unauthorizedUntil, noRouteUntil) = (now, now, now)
        (portal, stale) = (nil, nil)
    }

    /// Sends one request now.
    ///
    /// - Parameter shown: the server and key; `nil` for ours.
    public mutating func send(
        _ request: APIRequest, for operation: OperationID? = nil, by sender: Int = 0, with shown: Access? = nil
    ) -> Exchange {
        advance(to: now)
        let number = audit.records.count + 1
        let fault = isHealed ? nil : faults[number]
        let tenant = access.tenant(for: shown ?? access.source(at: now), at: now)
        let (finishesAt, result) = seen(by: request, outcome(of: request, call: number, fault: fault, as: tenant))
        let outcome: Audit.Outcome =
            switch result {
            case .success: .answered
            case .failure(let error): .failed(error.kind, effect: error.effect, retryAfter: error.retryAfter)
            }
        audit.records.append(
            Audit.Record(
                number: number, sender: sender, operation: operation, request: request, tenant: tenant,
                sentAt: now, finishedAt: finishesAt, outcome: outcome, fault: fault))
        return Exchange(number: number, finishesAt: finishesAt, result: result)
    }

    /// The client's process has died: nobody waits for what is under way, and the server's locks hold on.
    public mutating func clientVanished(sender: Int = 0) {
        let waiting = audit.records.filter { $0.sender == sender && $0.finishedAt > now }
        for record in waiting { hangUp(on: record.number) }
    }

    /// The client waits no longer for one answer.
    mutating func hangUp(on call: Int) {
        let index = call - 1
        guard audit.records.indices.contains(index), audit.records[index].finishedAt > now else { return }
        audit.records[index].finishedAt = now
        audit.records[index].outcome = .vanished
        guard let run = inFlight[call] else { return }
        let hold = random.duration(in: .zero...server.switches.lockLimit)
        server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: hold)
    }

    /// Reading does nothing, whatever became of the answer.
    private func seen(
        by request: APIRequest, _ outcome: (VirtualInstant, Result<APIAnswer, APIError>)
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        guard !request.isWrite else { return outcome }
        let result = outcome.1.mapError { error in
            APIError(
                error.kind, effect: .none, message: error.message, serverCode: error.serverCode,
                retryAfter: error.retryAfter)
        }
        return (outcome.0, result)
    }

    private mutating func outcome(
        of request: APIRequest, call: Int, fault: Fault?, as tenant: Tenant?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        switch fault {
        case .unreachable(let lasts): unreachableUntil = max(unreachableUntil, now + lasts)
        case .unauthorized(let lasts): unauthorizedUntil = max(unauthorizedUntil, now + lasts)
        case .noRoute(let lasts): noRouteUntil = max(noRouteUntil, now + lasts)
        case .portal(let answer, let reach, let lasts): portal = (answer, reach, now + lasts)
        case .staleReads(let reads, let age, let lasts): stale = (reads, age, now + lasts)
        default: break
        }
        if now < unreachableUntil { return soon(.init(.unreachable, effect: .none, message: "no connection")) }
        if let portal, now < portal.until, portal.reach == .everything || request.isWrite {
            return soon(.of(portal.answer))
        }
        if now < noRouteUntil {
            return soon(.init(.noRoute, effect: .none, message: "no Route matched with those values"))
        }
        guard let tenant else { return soon(.init(.status(401), effect: .none, message: "Unauthorized")) }
        if now < unauthorizedUntil { return soon(.init(.status(401), effect: .none, message: "Invalid API Key")) }
        let cause = Cause.client(call: call)
        switch fault {
        case .requestLost(let broken):
            return (now + broken, .failure(.brokenConnection))
        case .requestLate(let broken, let arrives) where tenant == .ours:
            enter(.arrival(request, cause: cause), at: now + arrives)
            return (now + broken, .failure(.brokenConnection))
        case .rateLimited(let retryAfter):
            return soon(.init(.status(429), effect: .none, message: "Rate limit exceeded", retryAfter: retryAfter))
        case .errorBefore(let status):
            return soon(.init(.status(status), effect: .unknown, message: "upstream connect error"))
        case .notInPlan where request.isTurn:
            return soon(.init(.notInPlan, effect: .none, message: "the model is not in the workspace's plan"))
        case .agentGone:
            guard case .append = request else { break }
            return soon(.init(.status(404), effect: .none, message: "Agent not found", serverCode: "3000"))
        default: break
        }
        if case .whoAmI = request { return soon(whoAmI(tenant)) }
        return tenant == .ours
            ? handledByOurs(request, call: call, fault: fault) : handledByAnother(request, call: call, tenant: tenant)
    }

    private mutating func handledByOurs(
        _ request: APIRequest, call: Int, fault: Fault?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        if case .history(let id) = request, server.oversized(id) {
            return soon(.init(.answerTooLarge(limit: 1 << 26), effect: .none, message: "the answer is over its limit"))
        }
        var lasts: Duration?
        if case .slowRun(let takes, _) = fault { lasts = takes }
        let age = stale.map { now < $0.until && $0.reads.includes(request) ? $0.by : .zero } ?? .zero
        let handling = server.handle(request, at: now, cause: .client(call: call), lasting: lasts, seenAs: age)
        return handled(handling, call: call, fault: fault)
    }

    /// What a key that is not ours, or another server, makes of it.
    private mutating func handledByAnother(
        _ request: APIRequest, call: Int, tenant: Tenant
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        let isForeign = request.conversation.map { server.conversation($0) != nil } ?? false
        if isForeign, tenant == .neighbour, access.foreignView == .forbidden {
            return soon(.init(.status(403), effect: .none, message: "Not allowed"))
        }
        let cause = Cause.client(call: call)
        let handling =
            tenant == .neighbour
            ? neighbour.handle(request, at: now, cause: cause) : elsewhere.handle(request, at: now, cause: cause)
        return (handling.answersAt, handling.result.mapError(APIError.init))
    }

    private func whoAmI(_ tenant: Tenant) -> Result<APIAnswer, APIError> {
        switch access.identity {
        case .told: .success(.object(.object(["id": .string("\(tenant)")])))
        case .notFound: .failure(.init(.status(404), effect: .none, message: "Not Found"))
        case .forbidden: .failure(.init(.status(403), effect: .none, message: "Not allowed"))
        }
    }

    /// What the client sees of a request that the server has taken in.
    private mutating func handled(
        _ handling: Handling, call: Int, fault: Fault?
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        if let run = handling.run { inFlight[call] = run }
        switch fault {
        case .answerLost(let broken, let lockHolds):
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: lockHolds) }
            return (now + broken, .failure(.brokenConnection))
        case .slowRun(_, let broken) where handling.run != nil:
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: .zero) }
            return (now + broken, .failure(.brokenConnection))
        case .lateCommit(let broken, let delay):
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: delay, locksOnFor: .zero) }
            return (now + broken, .failure(.brokenConnection))
        case .answerLate(let delay):
            return (handling.answersAt + delay, handling.result.mapError(APIError.init))
        case .resetInStream:
            if let run = handling.run { server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: .seconds(5)) }
            let middle = VirtualInstant(microseconds: (now.microseconds + handling.answersAt.microseconds) / 2)
            return (middle, .failure(APIError(.truncatedStream, effect: .unknown, message: "the answer was cut off")))
        case .malformed:
            return (
                handling.answersAt, .failure(APIError(.notTheAPI(status: 200), effect: .unknown, message: "not JSON"))
            )
        case .foreignAnswer(let answer):
            return (handling.answersAt, .failure(.of(answer)))
        case .errorAfter(let status):
            let error = APIError(.status(status), effect: .unknown, message: "upstream connect error")
            return (handling.answersAt, .failure(error))
        default:
            return (handling.answersAt, handling.result.mapError(APIError.init))
        }
    }

    private mutating func soon(_ error: APIError) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        soon(.failure(error))
    }

    private mutating func soon(
        _ result: Result<APIAnswer, APIError>
    ) -> (VirtualInstant, Result<APIAnswer, APIError>) {
        (now + random.duration(in: SimulatedServer.readLatency), result)
    }

    private mutating func enter(_ event: Event, at instant: VirtualInstant) {
        let place = agenda.firstIndex { $0.at > instant } ?? agenda.count
        agenda.insert((instant, event), at: place)
    }
}

extension APIError {
    static let brokenConnection = APIError(.answerLost, effect: .unknown, message: "the connection broke")

    /// As the real client reads what is not the API's: it says nothing of what the server did.
    static func of(_ answer: ForeignAnswer) -> APIError {
        APIError(.notTheAPI(status: answer.status), effect: .unknown, message: "something else than the API answered")
    }

    /// As the real client reads an error status: a 4xx did nothing, a 5xx may have.
    init(_ refusal: ServerRefusal) {
        self.init(
            .status(refusal.status), effect: refusal.status < 500 ? .none : .unknown, message: refusal.message,
            serverCode: refusal.code.map(String.init))
    }
}
