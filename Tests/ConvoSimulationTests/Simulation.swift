import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization

/// One run of a scenario: the whole real engine on the real store, in a simulated world.
///
/// Nothing in it depends on threads or real time: the engine's tasks run one job at a time, and when all of them
/// wait, the clock moves to what is next.
final class Simulation {
    /// One process of ours, from its start to its end.
    private struct Life {
        let sender: Int
        let stage: Stage
        let wake: AsyncEvent
        /// When a person stops it, if one does.
        var stopsAt = VirtualInstant.never
        let task: Task<Void, Never>
    }

    /// A run that has not come to rest after so much virtual time never will.
    static let server = "https://api.example"
    private static let patience = Duration.seconds(6 * 3600)
    /// How long after all was calm the mirror must be right: unsettled histories are looked at for 15 minutes.
    private static let calm = Duration.seconds(1000)
    /// How often the outbox is asked whether all is done.
    private static let lookInterval = Duration.seconds(20)

    private let scenario: Scenario
    /// The mistake in the engine, if it has one.
    private let mutation: Mutation?
    private let world: SharedWorld
    private let disk: Disk
    private let person = Person()
    private let executor = OneAtATime()
    private var steps: ArraySlice<Scenario.Step>
    private var deaths: ArraySlice<Scenario.Death>
    private var lives = 0
    /// What a person runs beside the daemon.
    private var hands: [Life] = []
    private var runByHand: Set<Int> = []
    private var calmSince: VirtualInstant?
    private var nextLook = VirtualInstant.start
    private var held = MirrorSnapshot(conversations: [])
    private var violations: [Violation] = []
    private var points = 0
    private var jobs = 0
    private var interruptions: ArraySlice<Scenario.Interruption>
    /// What went wrong in one.
    private var interruptionError: (any Error)?
    /// Each write and when it was queued.
    private var queued: [(id: OperationID, at: VirtualInstant)] = []
    private var isRestoring = false
    private var isSyncedAtLast = false

    init(_ scenario: Scenario, with mutation: Mutation? = nil) throws {
        self.scenario = scenario
        self.mutation = mutation
        steps = scenario.steps[...]
        deaths = scenario.deaths[...]
        interruptions = scenario.interruptions[...]
        world = SharedWorld(
            SimulatedWorld(
                seed: scenario.seed, switches: scenario.switches, faults: scenario.faults, others: scenario.others,
                clockJumps: scenario.clockJumps, access: scenario.access))
        disk = try Disk(world, seed: scenario.seed, syncsCommits: mutation?.syncsCommits ?? true)
    }

    /// Runs it to its end and judges what came of it.
    func run() throws -> SimulationReport {
        var life = begin()
        var events = 0
        while events < scenario.eventLimit {
            events += 1
            let ended = executor.drain {
                interrupt(life)
                return life.stage.crash == nil
            }
            if let interruptionError { throw interruptionError }
            guard ended else {
                violations.append(Violation(.restless, "it runs on without waiting for anything"))
                break
            }
            if life.stage.crash != nil {
                try die(life)
                life = begin()
            } else if try isOver() {
                break
            } else {
                try proceed(life)
                if isRestoring {
                    try restore(endingWith: life)
                    life = begin()
                }
            }
        }
        if events == scenario.eventLimit { violations.append(Violation(.restless, "it never comes to rest")) }
        for ending in [life] + hands { end(ending) }
        return try judge()
    }

    private func begin() -> Life {
        begin(CrashPoints(deadly: deaths.first?.afterPoints)) { [scenario] engine, wake in
            await engine.run(scenario.intervals, wake: wake) { _ in }
        }
    }

    /// - Parameters:
    ///   - tenant: whose server and key it was given.
    ///   - store: what it works on; the disk's where it is `nil`.
    private func begin(
        _ points: CrashPoints, as tenant: Tenant = .ours, on store: Store? = nil,
        _ work: @escaping @Sendable (SyncEngine, AsyncEvent) async -> Void
    ) -> Life {
        lives += 1
        let stage = Stage(world, points: points) { [disk] _ in disk.beSeen() }
        let access = AccessPlan.access(to: tenant, ours: world.access)
        let sender = lives
        let rereads = mutation?.rereadsAccess ?? true
        // The settings as they are then; the engine asks again where the server refuses the key.
        let engine = engine(on: stage, store ?? disk.store) { [world, person] in
            let shown = rereads ? AccessPlan.access(to: tenant, ours: world.access) : access
            let client = SimulatedClient(world, pace: stage, sender: sender, access: shown) { person.operation(of: $0) }
            return Connection(api: client, server: shown.server, key: shown.key)
        }
        let wake = AsyncEvent()
        // Cancelled when this life ends: see `end`.
        let task = Task(executorPreference: executor) { await work(engine, wake) }
        return Life(sender: lives, stage: stage, wake: wake, task: task)
    }

    /// Does what a person asks for, and runs the program that they run for it.
    private func perform(_ action: Scenario.Action, beside daemon: Life) throws {
        switch action {
        case .appendStreaming(_, _, let rings, let stopsAfter):
            var hand = begin(CrashPoints()) { [person, disk] engine, _ in
                let turn = try? await engine.takeTurn()  // without it the write is queued all the same
                guard let queued = try? person.perform(action, in: disk.store) else { return }
                disk.beSeen()
                if rings { daemon.wake.notify() }
                // Whatever comes of it, the outbox keeps it.
                _ = try? await engine.deliver(queued, turn: turn, streaming: Streaming(queued) { _ in })
            }
            hand.stopsAt = stopsAfter.map { world.now + $0 } ?? .never
            hands.append(hand)
            runByHand.insert(hand.sender)
        case .sync:
            sync()
        case .acceptDeletions:
            sync(acceptsDeletions: true)
        case .syncAs(let tenant):
            sync(as: tenant)
        case .backUp:
            try disk.backUp()
        case .restore:
            isRestoring = true
        case .syncCopy:
            if let copy = try disk.openCopy() { sync(on: copy) }
        default:
            try queue(action, ringing: daemon.wake)
        }
    }

    /// `convo sync`.
    private func sync(as tenant: Tenant = .ours, on store: Store? = nil, acceptsDeletions: Bool = false) {
        let hand = begin(CrashPoints(), as: tenant, on: store) { engine, _ in
            _ = await engine.pull(.sweep, acceptsDeletions: acceptsDeletions)
            _ = try? await engine.push(.once)  // what fails stays in the outbox
        }
        hands.append(hand)
        runByHand.insert(hand.sender)
    }

    private func queue(_ action: Scenario.Action, ringing wake: AsyncEvent?) throws {
        let known = person.acknowledged.count
        try person.perform(action, in: disk.store)
        disk.beSeen()
        queued += person.acknowledged.dropFirst(known).map { ($0, world.now) }
        wake?.notify()
    }

    /// A person acts between two jobs of the engine, whatever it is about.
    private func interrupt(_ daemon: Life) {
        jobs += 1
        while let next = interruptions.first, next.beforeJob <= jobs, interruptionError == nil {
            interruptions.removeFirst()
            let wake = mutation?.keepsRings ?? true ? daemon.wake : nil
            do { try queue(next.action, ringing: wake) } catch { interruptionError = error }
        }
    }

    /// An older state of the disk is put back, and the daemon started on it.
    private func restore(endingWith life: Life) throws {
        isRestoring = false
        for ending in [life] + hands { world.state.withLock { $0.clientVanished(sender: ending.sender) } }
        try disk.restore()
        for ending in [life] + hands { end(ending) }
        hands = []
        person.forget(butFor: Set(try disk.store.outbox(all: true).map(\.id)))
        try remember(afterPowerCut: true)
    }

    private func engine(
        on stage: Stage, _ store: Store, connect: @escaping @Sendable () -> Connection
    ) -> SyncEngine {
        guard let mutation else {
            return SyncEngine(store: store, clock: stage, limits: scenario.limits, executor: nil, connect: connect)
        }
        return MutantEngine(mutation, store: store, clock: stage, limits: scenario.limits, connect: connect).engine
    }

    /// The process is no more; whatever still runs of it works on files that nobody will open again.
    private func die(_ life: Life) throws {
        for dying in [life] + hands { world.state.withLock { $0.clientVanished(sender: dying.sender) } }
        let death = deaths.removeFirst()
        if death.cutsPower {
            world.state.withLock { $0.clientRebooted() }
            try disk.cutPower()
        } else {
            try disk.crash(undoing: death.commitsUndone)
        }
        for dying in [life] + hands { end(dying) }
        hands = []
        try remember(afterPowerCut: death.cutsPower || death.commitsUndone > 0)
    }

    private func end(_ life: Life) {
        points += life.stage.passed
        life.stage.bury()
        life.task.cancel()
        executor.drain()
    }

    /// Moves the clock to what is next, and lets one thing happen.
    private func proceed(_ life: Life) throws {
        let stepAt = steps.first?.at ?? .never
        let processes = [life] + hands
        let stopAt = hands.map(\.stopsAt).min() ?? .never
        let next = min(
            stepAt, stopAt, processes.compactMap(\.stage.next).min() ?? .never,
            calmSince.map { max($0 + Simulation.calm, nextLook) } ?? (pollsRarely ? nextLook : .never))
        world.state.withLock { $0.advance(to: min(next, max($0.now, .start + Simulation.patience))) }
        if stepAt <= world.now, let step = steps.popFirst() {
            try remember()
            try perform(step.action, beside: life)
        } else if stopAt <= world.now, let stopped = hands.firstIndex(where: { $0.stopsAt <= world.now }) {
            hands.remove(at: stopped).task.cancel()
        } else {
            _ = processes.first { $0.stage.next ?? .never <= world.now }?.stage.wakeOne()
        }
    }

    private func isOver() throws -> Bool {
        let now = world.now
        if now >= .start + Simulation.patience {
            violations.append(Violation(.restless, "it never comes to rest"))
            return true
        }
        guard now >= nextLook else { return false }
        nextLook = now + Simulation.lookInterval
        guard steps.isEmpty, world.state.withLock({ $0.isQuiet }) else { return false }
        guard try disk.store.outbox().allSatisfy({ $0.state == .refused || $0.state == .held })
        else {
            calmSince = nil
            return false
        }
        if calmSince == nil { world.state.withLock { $0.heal() } }
        let since = calmSince ?? now
        calmSince = since
        guard now >= since + Simulation.calm else { return false }
        guard needsLastSync, !isSyncedAtLast else { return hands.allSatisfy { $0.stage.next == nil } }
        isSyncedAtLast = true
        sync(acceptsDeletions: scenario.steps.contains { $0.action == .acceptDeletions })
        return false
    }

    /// Whether nothing in the engine wakes up before the run is over.
    private var pollsRarely: Bool { scenario.intervals.poll > Simulation.patience }

    /// A daemon that polls once a day, or asks for a person's word, leaves something to do.
    private var needsLastSync: Bool {
        pollsRarely || scenario.steps.contains { $0.action == .acceptDeletions }
    }

    /// Compares what is held with what was, and keeps it for the next time.
    private func remember(afterPowerCut: Bool = false) throws {
        let now = try MirrorSnapshot(disk.store)
        if !afterPowerCut {
            violations += MirrorCheck.losses(earlier: held, later: now, deletedHere: person.deletedHere)
        }
        violations += MirrorCheck.falseDeletions(mirror: now, server: world.server)
        held = now
    }

    private func judge() throws -> SimulationReport {
        try remember()
        try disk.store.checkIntegrity()
        let (audit, server) = (world.audit, world.server)
        violations += WriteCheck.violations(
            acknowledged: person.acknowledged, outbox: try OutboxSnapshot(disk.store), audit: audit,
            turns: server.turns, atRest: true,
            deleted: scenario.deaths.isEmpty && !scenario.steps.contains { $0.action == .restore }
                ? WriteCheck.deletedUnseen(server, audit: audit) : Set(server.deleted))
        violations += MirrorCheck.differences(mirror: held, server: server, deletedHere: person.deletedHere)
        var check = RequestCheck()
        check.retriedByHand = person.retried
        check.wakes = scenario.steps.map(\.at)
        check.runByHand = runByHand
        check.clockJumps = scenario.clockJumps.map(\.at)
        check.patience = scenario.switches.lockLimit
        check.forgives = Scenario.forgiven.union(scenario.deaths.contains { $0.cutsPower } ? [.stubborn] : [])
        violations += check.violations(in: audit)
        let outbox = try OutboxSnapshot(disk.store)
        let (neighbour, elsewhere) = world.state.withLock { ($0.neighbour, $0.elsewhere) }
        violations += AccountCheck.violations(neighbour: neighbour, elsewhere: elsewhere, mirror: held, audit: audit)
        violations += WriteCheck.deletions(outbox, server: server, excused: server.wasHidden)
        violations += WasteCheck.violations(
            in: audit, written: Set(outbox.items.compactMap(\.remoteID)), lives: lives)
        if !scenario.interruptions.isEmpty { violations += PromptCheck.violations(queued: queued, audit: audit) }
        return SimulationReport(
            violations: violations, audit: audit, turns: server.turns, outbox: try OutboxSnapshot(disk.store).items,
            lasted: world.now - .start, points: points)
    }
}

/// What came of a run.
struct SimulationReport {
    let violations: [Violation]
    let audit: Audit
    let turns: [ConvoSimulation.Turn]
    let outbox: [OutboxSnapshot.Item]
    let lasted: Duration
    /// How many points there were at which our process could have died.
    let points: Int
}
