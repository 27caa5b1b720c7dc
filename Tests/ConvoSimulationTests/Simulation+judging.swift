import ConvoJSON
import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization

/// When a run is over, and how it is judged.
extension Simulation {
    /// Whether everything is at rest, and was for as long as the daemon needs to read what is unsettled.
    func isOver(_ daemon: Life) throws -> Bool {
        let now = world.now
        if now >= .start + Simulation.patience {
            violations.add(.restless, "it never comes to rest")
            return true
        }
        guard now >= nextLook else { return false }
        nextLook = now + Simulation.lookInterval
        // A conversation that the server shows again loses its mark, so the check must look soon after it was denied.
        if isAnyDenied(at: now), violations.isEmpty {
            violations += MirrorCheck.falseDeletions(
                mirror: try MirrorSnapshot(disk.store), server: world.server, denied: try deniedForGood(),
                pulls: pullsAtOnce)
        }
        guard steps.isEmpty, programs.allSatisfy(\.isDone), world.state.withLock({ $0.isQuiet }) else { return false }
        if isAway { try takeBack() }
        if owners.isGiven {
            calmSince = nil
            try takeBack()
            return false
        }
        guard try disk.store.outbox().allSatisfy({ $0.state == .refused || $0.state == .held || mayWait($0) })
        else {
            calmSince = nil
            return false
        }
        if calmSince == nil { world.state.withLock { $0.heal() } }
        let since = calmSince ?? max(now, lastWaitEnd(of: daemon) ?? now)
        calmSince = since
        guard now >= since + Simulation.calm else { return false }
        guard needsLastSync, !isSyncedAtLast else { return hands.allSatisfy { $0.stage.next == nil } }
        isSyncedAtLast = true
        sync(acceptsDeletions: mayWithholdDeletions)
        return false
    }

    /// Whether a write may wait for ever: it must not pass another writer's, and its conversation's history cannot be read.
    private func mayWait(_ item: OutboxItem) -> Bool {
        guard item.state == .queued, scenario.limits.conflictPolicy != .append, let id = item.remoteID else {
            return false
        }
        // Before that, what waits may still go on.
        return world.server.oddities.filtered.contains(id) && world.now >= .start + Simulation.patience / 4
    }

    /// Until when the daemon waits because the server asked it to: a pull that it ends early leaves histories unread.
    private func lastWaitEnd(of daemon: Life) -> VirtualInstant? {
        world.audit.lastWaitEnd(of: daemon.sender, clockJumps: scenario.clockJumps)
    }

    /// Whether the server hides a conversation, or has just denied one's agent.
    private func isAnyDenied(at now: VirtualInstant) -> Bool {
        let sinceLook = world.audit.records.reversed().prefix { $0.sentAt + Simulation.lookInterval >= now }
        return !world.server.hidden.isEmpty || sinceLook.contains { $0.fault == .agentGone }
    }

    /// For how long the server must deny a conversation before a write may be refused for it (DESIGN.md).
    private static let replicaLag = Duration.seconds(180)

    /// Whether the engine's first poll comes only after the run must be over.
    var pollsRarely: Bool { scenario.intervals.poll > Simulation.patience }

    /// Whether a sync must complete the run: a daemon that polls once a day, or waits for a person's word, leaves work.
    var needsLastSync: Bool { pollsRarely || mayWithholdDeletions }

    /// Whether so many conversations went within the day that the engine may have waited for a person's word.
    private var mayWithholdDeletions: Bool {
        scenario.steps.contains { $0.action == .acceptDeletions }
            || world.server.deleted.count > MirrorCheck.fewDeletions
    }

    /// The conversations that the engine may mark as deleted however many there are: those that the server has denied to a write
    /// of ours, or to the read that comes before it; and once a person has accepted deletions, whatever it has denied.
    private func deniedForGood() throws -> Set<RemoteID> {
        let accepted = hasAcceptedDeletions ? world.server.wasHidden.union(world.server.deniedByReplica) : []
        let targets = Set(try OutboxSnapshot(disk.store).items.compactMap(\.remoteID))
        return accepted.union(world.audit.denied).union(world.audit.denied(for: .zero).intersection(targets))
    }

    /// Checks the mirror, also against its last snapshot, and keeps a snapshot for the next time.
    func remember(afterPowerCut: Bool = false) throws {
        let now = try MirrorSnapshot(disk.store)
        if !afterPowerCut {
            violations += MirrorCheck.losses(earlier: held, later: now, deletedHere: person.deletedHere)
        }
        violations += MirrorCheck.falseDeletions(
            mirror: now, server: world.server, denied: try deniedForGood(),
            pulls: pullsAtOnce)
        violations += MirrorCheck.falseDrops(mirror: now, server: world.server, audit: world.audit)
        violations += AnswerCheck.violations(
            outbox: try OutboxSnapshot(disk.store), mirror: now, audit: world.audit, turns: world.server.turns,
            ended: ended)
        held = now
    }

    /// The delivered writes that the server does not store and whose answer is on our disk.
    func unstoredAnswers() throws -> Set<OperationID> {
        let delivered = try disk.store.outbox(all: true).filter {
            $0.state == .delivered && $0.request["store"]?.bool == false
        }
        return Set(try delivered.map(\.id).filter { try disk.store.response(to: $0) != nil })
    }

    /// The conversations that a person wanted to have deleted on the server.
    private func deletionTargets() -> Set<RemoteID> {
        person.deletedRemotely.reduce(into: []) { targets, target in
            if let id = target.value { targets.insert(id) }
            if let id = try? disk.store.conversation(matching: target.key.rawValue).remoteID { targets.insert(id) }
        }
    }

    /// How many pulls may begin before one of them has ended.
    private var pullsAtOnce: Int { pullsBeside > 0 || !runByHand.isEmpty ? 2 : 1 }

    private var pullsBeside: Int {
        scenario.steps.count { if case .pullBeside = $0.action { true } else { false } }
    }

    func judge() throws -> SimulationReport {
        try remember()
        try disk.store.checkIntegrity()
        let (audit, server) = (world.audit, world.server)
        violations += WriteCheck.violations(
            acknowledged: person.acknowledged, outbox: try OutboxSnapshot(disk.store), audit: audit,
            turns: server.turns, atRest: true,
            deleted: scenario.deaths.isEmpty && !scenario.steps.contains { $0.action == .restore }
                ? WriteCheck.deletedUnseen(server, audit: audit, elsewhere: copies) : Set(server.deleted),
            namesCreations: ![.nowhere, .notOfBranches].contains(scenario.switches.metadataShown), homes: person.homes,
            storedText: scenario.switches.storedText,
            copied: scenario.steps.contains { $0.action == .backUp } ? Set(person.acknowledged) : [],
            retried: person.retried, revived: person.revived, risks: person.risks,
            waiting: Set(try disk.store.outbox().filter(mayWait).map(\.id)), shortened: server.oddities.shortened)
        violations += person.mistakes
        violations += MirrorCheck.differences(mirror: held, server: server, deletedHere: person.deletedHere)
        violations += AsideCheck.violations(
            outbox: try OutboxSnapshot(disk.store), order: held.order, audit: audit, turns: server.turns,
            homes: person.homes, excused: person.revived.union(person.risks.keys))
        var check = RequestCheck()
        check.retriedByHand = person.retried
        check.risks = person.risks
        check.pullsBeside = pullsBeside
        // A program that waited for its turn queues its write, and wakes the daemon, when it sends.
        check.wakes =
            programs.flatMap(\.asked) + scenario.steps.map(\.at)
            + audit.records.filter { runByHand.contains($0.sender) }.map(\.sentAt)
        check.runByHand = runByHand
        // A daemon that the service manager restarts does not know how long the server asked an earlier one to wait.
        if scenario.adoptsByHand { check.runByHand.formUnion(1...lives) }
        check.clockJumps = scenario.clockJumps.map(\.at)
        check.patience = scenario.switches.lockLimit
        check.forgives = Scenario.forgiven.union(scenario.deaths.contains { $0.cutsPower } ? [.stubborn] : [])
        violations += check.violations(in: audit)
        let outbox = try OutboxSnapshot(disk.store)
        let (neighbour, elsewhere) = world.state.withLock { ($0.neighbour, $0.elsewhere) }
        violations += AccountCheck.violations(
            neighbour: neighbour, elsewhere: elsewhere, mirror: held, audit: audit,
            changes: owners.changes)
        violations += WriteCheck.deletions(outbox, server: server, excused: server.wasHidden)
        violations += WriteCheck.foreignDeletions(outbox, meant: deletionTargets())
        if [.everywhere, .notInGet].contains(scenario.switches.metadataShown) {
            violations += WriteCheck.unrecognised(outbox, server: server)
        }
        // After a 404 to an append the agent or the conversation may be gone; a lagging replica may mislead the engine,
        // and so may one that lags for longer than the engine waits before a write that must not pass another writer's. It
        // waits by the wall clock, which may be set forward.
        let isSetForward = scenario.clockJumps.contains { $0.by > .zero }
        let denied = audit.denied.union(audit.denied(for: isSetForward ? .zero : Simulation.replicaLag))
        violations += WriteCheck.lostTargets(
            outbox, server: server, excused: server.wasHidden.union(denied.intersection(server.deniedByReplica)))
        violations += PatienceCheck.violations(in: audit, hands: syncs)
        violations += WasteCheck.violations(
            in: audit, written: Set(outbox.items.compactMap(\.remoteID)), lives: lives + pullsBeside)
        if !scenario.interruptions.isEmpty { violations += PromptCheck.violations(queued: queued, audit: audit) }
        return SimulationReport(
            violations: violations, audit: audit, turns: server.turns, outbox: try OutboxSnapshot(disk.store).items,
            deletions: server.deletedAt, lasted: world.now - .start, points: points)
    }
}
