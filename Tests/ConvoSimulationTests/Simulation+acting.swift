import ConvoModel
import ConvoSimulation
import ConvoStore
import ConvoSync
import Synchronization

/// The actions of a person while the engine works.
extension Simulation {
    /// Does what a person does; where they run a program, it runs in a process of its own.
    func perform(_ action: Scenario.Action, beside daemon: Life) throws {
        switch action {
        case .appendStreaming(_, _, let notifies, let stopsAfter), .startStreaming(_, let notifies, let stopsAfter):
            var hand = begin(CrashPoints()) { [person, disk] engine, _, _, _ in
                let turn = try? await engine.takeTurn()  // without the turn, the write is queued all the same
                guard let queued = try? person.perform(action, in: disk.store) else { return }
                disk.beSeen()
                if notifies { daemon.wake.notify() }
                // If the delivery fails, the write stays in the outbox.
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
            // A database without an owner would take the other account for its owner.
            if try disk.store.owner().server != nil, !isAway { sync(as: tenant) }
        case .adoptAs(let tenant):
            if tenant == .ours { try takeBack() } else { adopt(as: tenant) }
        case .pullBeside(let isFull, let stopsAfter):
            pull(beside: daemon, isFull ? .full : .firstPage, stopsAfter: stopsAfter)
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

    /// Adopts the database for our account, unless it belongs to our account already.
    func takeBack() throws {
        guard let key = world.access.key else { return }
        if owners.isGiven {
            violations += AccountCheck.storings(given: owners.given, now: try MirrorSnapshot(disk.store))
        }
        if try disk.store.knows(key: key) { isAway = false } else { adopt(as: .ours) }
    }

    /// `convo account adopt`.
    private func adopt(as tenant: Tenant) {
        isAway = true  // until `takeBack` finds it in our account
        let hand = begin(CrashPoints(), as: tenant) { [owners, world, disk] engine, _, _, _ in
            // If the adoption fails, the person tries again with the scenario's next step.
            guard (try? await engine.adoptAccount()) != nil else { return }
            disk.beSeen()
            owners.note(tenant, at: world.now)
        }
        hands.append(hand)
        runByHand.insert(hand.sender)
    }

    /// Has the daemon pull for a program, which may go away before the pull has ended.
    private func pull(beside daemon: Life, _ scope: PullMachine.Scope, stopsAfter: Duration?) {
        guard let engine = daemon.engine else { return }
        let stage = daemon.stage
        // `end(_:)` cancels it, when the daemon ends.
        besides.append(
            Task(executorPreference: executor) {
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { _ = await engine.pull(scope) }
                    if let stopsAfter {
                        // If it is cancelled, the pull is over.
                        group.addTask { try? await stage.wait(until: stage.world.now + stopsAfter) }
                    }
                    await group.next()
                    group.cancelAll()
                }
            })
    }

    /// `convo sync`.
    func sync(as tenant: Tenant = .ours, on store: Store? = nil, acceptsDeletions: Bool = false) {
        if acceptsDeletions { hasAcceptedDeletions = true }
        let hand = begin(CrashPoints(), as: tenant, on: store) { engine, _, _, _ in
            _ = await engine.pull(.full, acceptsDeletions: acceptsDeletions)
            _ = try? await engine.push(.once)  // what fails stays in the outbox
        }
        hands.append(hand)
        runByHand.insert(hand.sender)
        syncs.insert(hand.sender)
        if store != nil {
            ended.insert(hand.sender)
            copies.insert(hand.sender)
        }
    }

    private func queue(_ action: Scenario.Action, ringing wake: AsyncEvent?) throws {
        let known = person.acknowledged.count
        try person.perform(action, in: disk.store)
        disk.beSeen()
        queued += person.acknowledged.dropFirst(known).map { ($0, world.now) }
        wake?.notify()
    }

    /// Queues what a person writes between two jobs of the engine, whatever the engine is doing.
    func interrupt(_ daemon: Life) {
        jobs += 1
        while let next = interruptions.first, next.beforeJob <= jobs, interruptionError == nil {
            interruptions.removeFirst()
            let wake = mutation?.keepsNotifications ?? true ? daemon.wake : nil
            do { try queue(next.action, ringing: wake) } catch { interruptionError = error }
        }
    }

    /// Ends all our processes and puts an older state of the disk back.
    func restore(endingWith life: Life) throws {
        isRestoring = false
        ended.formUnion(([life] + hands).map(\.sender))
        for ending in [life] + hands { world.state.withLock { $0.clientVanished(sender: ending.sender) } }
        let cancelled = try disk.store.outbox(all: true).filter { $0.state == .cancelled }.map(\.id)
        try disk.restore()
        for ending in [life] + hands { end(ending) }
        hands = []
        person.forget(butFor: try disk.store.outbox(all: true), cancelled: Set(cancelled))
        try remember(afterPowerCut: true)
    }
}
