import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization

@testable import ConvoEndpoint

/// One run of a scenario: the whole real engine on the real store, in a simulated world.
///
/// Nothing in it depends on threads or real time: the engine's tasks run one job at a time, and when all of them
/// wait, the clock moves to the next event.
final class Simulation {
    /// One process of ours, from its start to its end.
    struct Life {
        let sender: Int
        let stage: Stage
        let wake: AsyncEvent
        /// `nil` in a program that has none.
        var engine: SyncEngine?
        /// When a person stops it; ``VirtualInstant/never`` if nobody does.
        var stopsAt = VirtualInstant.never
        let task: Task<Void, Never>
    }

    static let server = "https://api.example"
    /// A run that has not come to rest after this virtual time never will.
    static let patience = Duration.seconds(6 * 3600)
    /// How long a run goes on after everything is at rest and the daemon may pull: the engine reads unsettled histories
    /// again for 15 minutes, and reads none while it waits because the server asked it to.
    static let calm = Duration.seconds(1500)
    /// How often the outbox is checked for open writes.
    static let lookInterval = Duration.seconds(20)

    let scenario: Scenario
    /// The mistake in the engine; `nil` for the right engine.
    let mutation: Mutation?
    /// The endpoint's decisions, right ones or not.
    let rules: EndpointRules
    let world: SharedWorld
    let disk: Disk
    let person = SimulatedUser()
    let endpoint: EndpointPlace
    private(set) var programs: [SimulatedProgram] = []
    /// The programs' own tasks, which outlive our processes.
    private var programLives: [Life] = []
    let executor = OneAtATime()
    var steps: ArraySlice<Scenario.Step>
    private var deaths: ArraySlice<Scenario.Death>
    var lives = 0
    /// The processes that a person runs beside the daemon.
    var hands: [Life] = []
    var runByHand: Set<Int> = []
    /// The processes that a person runs and that sync once and end.
    var syncs: Set<Int> = []
    /// Processes that may have ended before they stored what they were answered, or stored it in another copy.
    var ended: Set<Int> = []
    /// Processes that worked on another copy of the database.
    var copies: Set<Int> = []
    var calmSince: VirtualInstant?
    var nextLook = VirtualInstant.start
    var held = MirrorSnapshot(conversations: [])
    var violations: [Violation] = []
    var points = 0
    var jobs = 0
    var interruptions: ArraySlice<Scenario.Interruption>
    /// The error of an interruption that failed.
    var interruptionError: (any Error)?
    /// Each queued write, and when it was queued.
    var queued: [(id: OperationID, at: VirtualInstant)] = []
    var isRestoring = false
    /// Whether a person has accepted that whatever the server denies is marked as deleted.
    var hasAcceptedDeletions = false
    var isSyncedAtLast = false
    /// Whether the database may belong to another account.
    var isAway = false
    /// The accounts to which the database was given, and when.
    let owners: Owners
    /// The pulls that programs have asked the daemon for.
    var besides: [Task<Void, Never>] = []

    init(_ scenario: Scenario, with mutation: Mutation? = nil, rules: EndpointRules = EndpointRules()) throws {
        (self.scenario, self.mutation, self.rules) = (scenario, mutation, rules)
        endpoint = EndpointPlace(on: executor)
        owners = Owners(givings: scenario.givings)
        steps = scenario.steps[...]
        deaths = scenario.deaths[...]
        interruptions = scenario.interruptions[...]
        world = SharedWorld(
            SimulatedWorld(
                seed: scenario.seed, switches: scenario.switches, faults: scenario.faults, others: scenario.others,
                clockJumps: scenario.clockJumps, access: scenario.access))
        let right: @Sendable (inout StoreDependencies) -> Void = { _ in }
        disk = try Disk(
            world, seed: scenario.seed, undoesCommits: scenario.deaths.contains { $0.commitsUndone > 0 },
            noticesCopies: mutation?.noticesCopies ?? true,
            change: mutation?.environment ?? right)
    }

    /// Runs the scenario to its end and judges the run.
    func run() throws -> SimulationReport {
        var life = begin()
        beginPrograms()
        var events = 0
        while events < scenario.eventLimit {
            events += 1
            let ended = executor.drain {
                interrupt(life)
                return life.stage.crash == nil
            }
            if let interruptionError { throw interruptionError }
            guard ended else {
                violations.add(.restless, "it runs on without waiting for anything")
                break
            }
            if life.stage.crash != nil {
                try die(life)
                life = begin()
            } else if try isOver(life) {
                break
            } else {
                try proceed(life)
                if isRestoring {
                    try restore(endingWith: life)
                    life = begin()
                }
            }
        }
        if events == scenario.eventLimit { violations.add(.restless, "it never comes to rest") }
        for ending in [life] + hands + programLives { end(ending) }
        return try judge()
    }

    private func beginPrograms() {
        programs = scenario.programs.map { SimulatedProgram($0, person, endpoint, disk) }
        programLives = programs.map { program in
            let stage = Stage(world)
            // `end(_:)` cancels it, at the run's end.
            let task = Task(executorPreference: executor) { await program.run(on: stage) }
            return Life(sender: 0, stage: stage, wake: AsyncEvent(), task: task)
        }
    }

    private func begin() -> Life {
        begin(CrashPoints(deadly: deaths.first?.afterPoints)) {
            [scenario, endpoint, disk, rules] engine, adopter, wake, stage in
            if let policy = scenario.programs.first?.policy {
                endpoint.open(disk.store, engine, policy, rules, wake: wake)
            }
            var end = await engine.run(scenario.intervals, wake: wake) { _ in }
            while end?.isOtherOwner == true, !Task.isCancelled {
                guard scenario.adoptsByHand || !scenario.access.rotations.isEmpty else { break }
                if !scenario.adoptsByHand {
                    // If the engine cannot read a held conversation with the new key, the person adopts that key.
                    _ = try? await adopter.adoptAccount()  // if it fails, tries again once the daemon has ended
                }
                try? await stage.wait(until: stage.world.now + .seconds(30))  // the service manager restarts it
                end = await engine.run(scenario.intervals, wake: wake) { _ in }
            }
        }
    }

    /// Begins a process of ours.
    ///
    /// - Parameters:
    ///   - points: where the process dies.
    ///   - tenant: whose server and key its settings have.
    ///   - store: the store that it works on; `nil` for the disk's.
    ///   - work: what it does, with its engine, and with the engine of another process in which a person adopts the
    ///     database.
    /// - Returns: the process, whose task has begun.
    func begin(
        _ points: CrashPoints, as tenant: Tenant = .ours, on store: Store? = nil,
        _ work: @escaping @Sendable (SyncEngine, _ adopter: SyncEngine, AsyncEvent, Stage) async -> Void
    ) -> Life {
        lives += 1
        let (sender, adopter) = (lives, -lives)
        runByHand.insert(adopter)
        let stage = Stage(world, points: points) { [disk, owners, world, scenario] place in
            disk.beSeen()
            if case .after(let request) = place { owners.answered(request, disk, world, scenario.access) }
        }
        let access = AccessPlan.access(to: tenant, ours: world.access)
        let rereads = mutation?.rereadsAccess ?? true
        // The engine reads the settings when it starts, and again when the server refuses the key.
        let engines = [sender, adopter].map { sender in
            engine(on: stage, store ?? disk.store) { [world, person] in
                let shown = rereads ? AccessPlan.access(to: tenant, ours: world.access) : access
                let client = SimulatedClient(world, pace: stage, sender: sender, access: shown) {
                    person.operation(of: $0)
                }
                return Connection(api: client, server: shown.server, key: shown.key)
            }
        }
        let wake = AsyncEvent()
        // `end(_:)` cancels it, when this life ends.
        let task = Task(executorPreference: executor) { await work(engines[0], engines[1], wake, stage) }
        return Life(sender: sender, stage: stage, wake: wake, engine: engines[0], task: task)
    }

    private func engine(
        on stage: Stage, _ store: Store, connect: @escaping @Sendable () -> Connection
    ) -> SyncEngine {
        guard let mutation else {
            return SyncEngine(store: store, clock: stage, limits: scenario.limits, executor: nil, connect: connect)
        }
        return MutantEngine(mutation, store: store, clock: stage, limits: scenario.limits, connect: connect).engine
    }

    /// Ends all our processes, and opens the files as the death has left them.
    ///
    /// Tasks of the processes that still run work on files that nobody will open again.
    private func die(_ life: Life) throws {
        endpoint.close()
        for dying in [life] + hands { world.state.withLock { $0.clientVanished(sender: dying.sender) } }
        let death = deaths.removeFirst()
        ended.formUnion(([life] + hands).map(\.sender))
        let answers = try unstoredAnswers()
        if death.cutsPower {
            world.state.withLock { $0.clientRebooted() }
            try disk.cutPower()
        } else {
            try disk.crash(undoing: death.commitsUndone)
        }
        for dying in [life] + hands { end(dying) }
        hands = []
        try remember(afterPowerCut: death.cutsPower || death.commitsUndone > 0)
        guard death.cutsPower else { return }
        violations += answers.subtracting(try unstoredAnswers()).map {
            Violation(.forgotten, "the answer to \($0), which the server does not keep, is lost in a power cut")
        }
    }

    func end(_ life: Life) {
        points += life.stage.passed
        life.stage.bury()
        life.task.cancel()
        if hands.allSatisfy({ $0.stage !== life.stage }) {
            for pull in besides { pull.cancel() }
            besides = []
        }
        executor.drain()
    }

    /// Moves the clock to the next event, and lets one thing happen.
    private func proceed(_ life: Life) throws {
        let stepAt = steps.first?.at ?? .never
        let processes = [life] + hands + programLives
        let stopAt = hands.map(\.stopsAt).min() ?? .never
        let next = min(
            stepAt, stopAt, processes.compactMap(\.stage.next).min() ?? .never,
            calmSince.map { max($0 + Simulation.calm, nextLook) } ?? (pollsRarely ? nextLook : .never))
        world.state.withLock { $0.advance(to: min(next, max($0.now, .start + Simulation.patience))) }
        if stepAt <= world.now, let step = steps.popFirst() {
            try remember()
            try perform(step.action, beside: life)
        } else if stopAt <= world.now, let stopped = hands.firstIndex(where: { $0.stopsAt <= world.now }) {
            ended.insert(hands[stopped].sender)
            hands.remove(at: stopped).task.cancel()
        } else {
            _ = processes.first { $0.stage.next ?? .never <= world.now }?.stage.wakeOne()
        }
    }
}

/// The events of a run.
struct SimulationReport {
    let violations: [Violation]
    let audit: Audit
    let turns: [ConvoSimulation.Turn]
    let outbox: [OutboxSnapshot.Item]
    /// When each conversation was deleted on the server.
    let deletions: [RemoteID: VirtualInstant]
    let lasted: Duration
    /// How many points there were at which our process could have died.
    let points: Int
}
