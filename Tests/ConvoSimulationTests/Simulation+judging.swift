import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization

/// When a run is over, and what came of it.
extension Simulation {
    func isOver() throws -> Bool {
        let now = world.now
        if now >= .start + Simulation.patience {
            violations.append(Violation(.restless, "it never comes to rest"))
            return true
        }
        guard now >= nextLook else { return false }
        nextLook = now + Simulation.lookInterval
        // A conversation that the server shows again loses its mark, so the check must look while it is hidden.
        if !world.server.hidden.isEmpty, violations.isEmpty {
            violations += MirrorCheck.falseDeletions(
                mirror: try MirrorSnapshot(disk.store), server: world.server, denied: world.audit.denied)
        }
        guard steps.isEmpty, world.state.withLock({ $0.isQuiet }) else { return false }
        if isAway { try takeBack() }
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
    var pollsRarely: Bool { scenario.intervals.poll > Simulation.patience }

    /// A daemon that polls once a day, or asks for a person's word, leaves something to do.
    var needsLastSync: Bool {
        pollsRarely || scenario.steps.contains { $0.action == .acceptDeletions }
    }

    /// Compares what is held with what was, and keeps it for the next time.
    func remember(afterPowerCut: Bool = false) throws {
        let now = try MirrorSnapshot(disk.store)
        if !afterPowerCut {
            violations += MirrorCheck.losses(earlier: held, later: now, deletedHere: person.deletedHere)
        }
        violations += MirrorCheck.falseDeletions(mirror: now, server: world.server, denied: world.audit.denied)
        violations += MirrorCheck.falseDrops(mirror: now, server: world.server, audit: world.audit)
        violations += AnswerCheck.violations(
            outbox: try OutboxSnapshot(disk.store), mirror: now, audit: world.audit, turns: world.server.turns,
            ended: ended)
        held = now
    }

    /// The answers to exchanges that the server does not keep.
    func unstoredAnswers() throws -> Set<OperationID> {
        let delivered = try disk.store.outbox(all: true).filter {
            $0.state == .delivered && $0.request["store"]?.bool == false
        }
        return Set(try delivered.map(\.id).filter { try disk.store.response(to: $0) != nil })
    }

    func judge() throws -> SimulationReport {
        try remember()
        try disk.store.checkIntegrity()
        let (audit, server) = (world.audit, world.server)
        violations += WriteCheck.violations(
            acknowledged: person.acknowledged, outbox: try OutboxSnapshot(disk.store), audit: audit,
            turns: server.turns, atRest: true,
            deleted: scenario.deaths.isEmpty && !scenario.steps.contains { $0.action == .restore }
                ? WriteCheck.deletedUnseen(server, audit: audit) : Set(server.deleted),
            namesCreations: scenario.switches.metadataShown != .nowhere, homes: person.homes)
        violations += MirrorCheck.differences(mirror: held, server: server, deletedHere: person.deletedHere)
        var check = RequestCheck()
        check.retriedByHand = person.retried
        check.wakes = scenario.steps.map(\.at)
        check.runByHand = runByHand
        // A daemon that the service manager starts anew does not know how long an earlier one was asked to wait.
        if scenario.adoptsByHand { check.runByHand.formUnion(1...lives) }
        check.clockJumps = scenario.clockJumps.map(\.at)
        check.patience = scenario.switches.lockLimit
        check.forgives = Scenario.forgiven.union(scenario.deaths.contains { $0.cutsPower } ? [.stubborn] : [])
        violations += check.violations(in: audit)
        let outbox = try OutboxSnapshot(disk.store)
        let (neighbour, elsewhere) = world.state.withLock { ($0.neighbour, $0.elsewhere) }
        violations += AccountCheck.violations(
            neighbour: neighbour, elsewhere: elsewhere, mirror: held, audit: audit,
            changes: owners.changes.withLock { $0 })
        violations += WriteCheck.deletions(outbox, server: server, excused: server.wasHidden)
        // An append that was answered with 404 may have missed its agent: a replica's word then decides which it was.
        violations += WriteCheck.lostTargets(
            outbox, server: server, excused: server.wasHidden.union(audit.denied.intersection(server.deniedByReplica)))
        violations += PatienceCheck.violations(in: audit, hands: syncs)
        violations += WasteCheck.violations(
            in: audit, written: Set(outbox.items.compactMap(\.remoteID)), lives: lives)
        if !scenario.interruptions.isEmpty { violations += PromptCheck.violations(queued: queued, audit: audit) }
        return SimulationReport(
            violations: violations, audit: audit, turns: server.turns, outbox: try OutboxSnapshot(disk.store).items,
            lasted: world.now - .start, points: points)
    }
}
