package import ConvoAPI
import ConvoJSON
package import ConvoModel
import SeededRandom

/// The servers, the network, the other writers and the clock: everything outside our client.
///
/// A request is handled when it is sent; its ``Exchange`` says what the client will see, and when. The caller moves
/// the clock there, or lets other things happen first: that is how requests overlap in a world without threads.
package struct SimulatedWorld: Sendable {
    package struct Exchange: Sendable {
        package let number: Int
        package let finishesAt: VirtualInstant
        package let result: Result<APIAnswer, APIError>
        /// The conversation of the run that the request began on our server; `nil` if it began none.
        package let conversation: RemoteID?
    }
    /// A change of the client's wall clock, by a person or by NTP.
    package struct ClockJump: Hashable, Sendable {
        package let at: VirtualInstant
        package let by: Duration
        package init(at: VirtualInstant, by: Duration) { (self.at, self.by) = (at, by) }
    }

    enum Event: Sendable {
        case arrival(SimulatedRequest, cause: Cause)
        case other(OtherWriter.Action, number: Int)
    }

    package private(set) var now = VirtualInstant.start
    /// The server as our account sees it.
    package var server: SimulatedServer
    /// Another account on the same server, and another server: see ``Tenant``.
    package internal(set) var neighbour: SimulatedServer
    package internal(set) var elsewhere: SimulatedServer
    package let access: AccessPlan
    package private(set) var audit = Audit()
    package let faults: FaultPlan
    private let clockJumps: [ClockJump]
    /// When our machine last started.
    private var bootedAt = VirtualInstant.start + .seconds(-3600)
    private var boots = 1
    var random: SplitMix64
    /// The events to come in the order of time; events of the same time keep the order in which they were entered.
    private var agenda: [(at: VirtualInstant, event: Event)]
    /// The number of the run that a request began, by the number of the request.
    var inFlight: [Int: Int] = [:]
    private var isHealed = false
    var unreachableUntil = VirtualInstant.start
    var unauthorizedUntil = VirtualInstant.start
    var noRouteUntil = VirtualInstant.start
    var portal: (answer: ForeignAnswer, reach: Reach, until: VirtualInstant)?
    var stale: (reads: StaleReads, by: Duration, until: VirtualInstant)?

    package init(
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

    /// The time that the client's clock shows; it may jump, ``now`` never does.
    package var clientClock: VirtualInstant {
        clockJumps.filter { $0.at <= now }.reduce(now) { $0 + $1.by }
    }

    /// The clock of our machine that runs from its start and that nobody sets.
    package var clientUptime: Uptime { Uptime(boot: "boot \(boots)", microseconds: (now - bootedAt).microseconds) }

    /// Records that our machine has lost its power and has started again.
    package mutating func clientRebooted() { (bootedAt, boots) = (now, boots + 1) }

    /// When the next thing happens without a new request of ours: a commit, a late arrival, another writer's action.
    package var nextEvent: VirtualInstant? {
        [server.nextCommit, neighbour.nextCommit, elsewhere.nextCommit, agenda.first?.at].compactMap(\.self).min()
    }

    /// Whether no run is under way on any server, and no late arrival or other writer's action is to come.
    package var isQuiet: Bool { nextEvent == nil }

    /// Moves the clock to `instant`; everything that is due by then happens, in the order of time.
    package mutating func advance(to instant: VirtualInstant) {
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

    /// Ends every fault that lasts, and injects no further one.
    package mutating func heal() {
        isHealed = true
        (unreachableUntil, unauthorizedUntil, noRouteUntil) = (now, now, now)
        (portal, stale) = (nil, nil)
    }

    /// Sends one request now, and records it in the audit.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - operation: the outbox's write that it is sent for; `nil` if it is sent for none.
    ///   - sender: which of our processes sends it.
    ///   - shown: the server and key that it carries; `nil` for those that our processes use at this moment.
    /// - Returns: what the client will see, and when.
    package mutating func send(
        _ request: SimulatedRequest, for operation: OperationID? = nil, by sender: Int = 0, with shown: Access? = nil
    ) -> Exchange {
        advance(to: now)
        let number = audit.records.count + 1
        let fault = isHealed ? nil : faults[number]
        let shown = shown ?? access.source(at: now)
        let tenant = access.tenant(for: shown, at: now)
        let (finishesAt, result) = seen(by: request, outcome(of: request, call: number, fault: fault, as: tenant))
        let outcome: Audit.Outcome =
            switch result {
            case .success: .answered
            case .failure(let error): .failed(error.kind, effect: error.effect, retryAfter: error.retryAfter)
            }
        var listed: Set<RemoteID> = []
        if case .success(.conversations(let rows)) = result {
            listed = Set(rows.compactMap { $0["id"]?.string.map { RemoteID($0) } })
        }
        audit.records.append(
            Audit.Record(
                number: number, sender: sender, operation: operation, request: request, tenant: tenant,
                access: shown, sentAt: now, finishedAt: finishesAt, outcome: outcome, fault: fault, listed: listed,
                shows: now + (.zero - lag(of: request))))
        return Exchange(
            number: number, finishesAt: finishesAt, result: result,
            conversation: inFlight[number].flatMap { server.conversation(ofRun: $0) })
    }

    /// Records that a process of ours has died: nobody waits for its requests any more, and the server's locks hold on
    /// for a while.
    package mutating func clientVanished(sender: Int = 0) {
        let waiting = audit.records.filter { $0.sender == sender && $0.finishedAt > now }
        for record in waiting { hangUp(on: record.number) }
    }

    /// Records that the client no longer waits for the answer to one request.
    mutating func hangUp(on call: Int) {
        let index = call - 1
        guard audit.records.indices.contains(index), audit.records[index].finishedAt > now else { return }
        audit.records[index].finishedAt = now
        audit.records[index].outcome = .vanished
        guard let run = inFlight[call] else { return }
        let hold = random.duration(in: .zero...server.switches.lockLimit)
        server.abandon(run: run, commitsLaterBy: .zero, locksOnFor: hold)
    }

    mutating func enter(_ event: Event, at instant: VirtualInstant) {
        let place = agenda.firstIndex { $0.at > instant } ?? agenda.count
        agenda.insert((instant, event), at: place)
    }
}
