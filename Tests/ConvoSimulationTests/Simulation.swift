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

    init(_ scenario: Scenario, with mutation: Mutation? = nil) throws {
        self.scenario = scenario
        self.mutation = mutation
        steps = scenario.steps[...]
        deaths = scenario.deaths[...]
        world = SharedWorld(
            SimulatedWorld(
                seed: scenario.seed, switches: scenario.switches, faults: scenario.faults, others: scenario.others,
                clockJumps: scenario.clockJumps))
        disk = try Disk(world, seed: scenario.seed, syncsCommits: mutation?.syncsCommits ?? true)
    }

    /// Runs it to its end and judges what came of it.
    func run() throws -> SimulationReport {
        var life = begin()
        var events = 0
        while events < scenario.eventLimit {
            events += 1
            guard executor.drain(while: { life.stage.crash == nil }) else {
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

    private func begin(
        _ points: CrashPoints, _ work: @escaping @Sendable (SyncEngine, AsyncEvent) async -> Void
    ) -> Life {
        lives += 1
        let stage = Stage(world, points: points) { [disk] _ in disk.beSeen() }
        let client = SimulatedClient(world, pace: stage, sender: lives) { [person] in person.operation(of: $0) }
        let engine = engine(client, on: stage)
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
            let hand = begin(CrashPoints()) { engine, _ in
                _ = await engine.pull(.sweep)
                _ = try? await engine.push(.once)  // what fails stays in the outbox
            }
            hands.append(hand)
            runByHand.insert(hand.sender)
        default:
            try person.perform(action, in: disk.store)
            disk.beSeen()
            daemon.wake.notify()
        }
    }

    private func engine(_ client: SimulatedClient, on stage: Stage) -> SyncEngine {
        guard let mutation else {
            return SyncEngine(
                api: client, store: disk.store, clock: stage, limits: scenario.limits, executor: nil)
        }
        return MutantEngine(mutation, api: client, store: disk.store, clock: stage, limits: scenario.limits).engine
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
            calmSince.map { max($0 + Simulation.calm, nextLook) } ?? .never)
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
        return now >= since + Simulation.calm
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
            deleted: scenario.deaths.isEmpty
                ? WriteCheck.deletedUnseen(server, audit: audit) : Set(server.deleted))
        violations += MirrorCheck.differences(mirror: held, server: server, deletedHere: person.deletedHere)
        var check = RequestCheck()
        check.retriedByHand = person.retried
        check.wakes = scenario.steps.map(\.at)
        check.runByHand = runByHand
        check.clockJumps = scenario.clockJumps.map(\.at)
        check.forgives = scenario.deaths.contains { $0.cutsPower } ? [.stubborn] : []
        violations += check.violations(in: audit)
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
