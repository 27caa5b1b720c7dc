public import ConvoAPI
public import ConvoModel
public import ConvoStore

/// Keeps a store and a server in step: pulls what changed there, pushes what was queued here.
///
/// Pulling needs no exclusiveness: what is taken in twice changes nothing. Pushing holds the engine's lock, so that
/// at most one process sends for a database.
public struct SyncEngine: Sendable {
    var steps: SyncSteps
    let account: AccountGuard
    let breaker: CircuitBreakerGate
    let store: Store
    let clock: any SyncClock
    var limits: SyncLimits

    /// - Parameters:
    ///   - connect: reads the settings and makes a client of the server, without retries of its own: the engine decides what
    ///     is tried again. Called before the first request, and again when the server refuses the key.
    ///   - executor: where steps run that may have to wait for the disk; `nil`: where their caller runs.
    public init(
        store: Store, clock: any SyncClock = SystemClock(), limits: SyncLimits = SyncLimits(),
        executor: (any TaskExecutor)? = StoringThread(),
        connect: @escaping @Sendable () throws(APIError) -> Connection
    ) {
        breaker = CircuitBreakerGate(backoff: limits.backoff, clock: clock)
        account = AccountGuard(store: store, breaker: breaker, connect: connect)
        let api = GuardedAPI(account: account, breaker: breaker)
        steps = SyncSteps(
            api: api, account: account, store: store, clock: clock, limits: limits, executor: executor)
        self.store = store
        self.clock = clock
        self.limits = limits
    }

    /// Gives the database to the account that the settings name now, on purpose. Every write that is not delivered is held,
    /// for it was meant for the account before.
    ///
    /// - Returns: the new owner, and how many writes are held from now on.
    /// - Throws: ``SyncFailure`` where the server cannot be asked, the store cannot be written, or another process keeps
    ///   sending: nothing is changed then.
    public func adoptAccount() async throws(SyncFailure) -> (owner: StoreOwner, held: Int) {
        do {
            // Nobody sends meanwhile; who sends next looks whose the database is.
            guard let turn = try await takeTurn() else { throw StoreError.busy(path: store.path) }
            defer { turn.release() }
            return try await account.adopt()
        } catch { throw SyncFailure(error) }
    }

    /// Pulls once. What was taken in before a failure stays, and the next pull goes on from there.
    ///
    /// - Parameters:
    ///   - acceptsDeletions: marks conversations as deleted however many the server no longer has.
    ///   - progress: called after each step.
    /// - Returns: what was done; ``PullReport/halt`` says why it ended early, if it did.
    public func pull(
        _ scope: PullMachine.Scope, acceptsDeletions: Bool = false, progress: (PullReport) -> Void = { _ in }
    ) async -> PullReport {
        breaker.woken()
        return await pullDue(scope, acceptsDeletions: acceptsDeletions, progress: progress)
    }

    /// As ``pull(_:progress:)``, but held back during an outage.
    func pullDue(
        _ scope: PullMachine.Scope, acceptsDeletions: Bool = false, progress: (PullReport) -> Void = { _ in }
    ) async -> PullReport {
        var machine = PullMachine(scope, limits: limits, acceptsDeletions: acceptsDeletions)
        await StateMachineRunner<PullMachine>(clock: clock, perform: steps.pull).run(
            &machine, progress: { progress($0.report) })
        return machine.report
    }

    /// Pushes what can go, holding the engine's lock. In mode `due` it makes room for a process that waits for its turn.
    ///
    /// - Returns: `nil` where another process is pushing for this database.
    /// - Throws: ``StoreError``.
    public func push(_ mode: PushMachine.Mode) async throws(StoreError) -> PushReport? {
        breaker.woken()
        let wake = AsyncEvent()
        var seen = wake.generation
        return try await pushDue(mode, wake: wake, seen: &seen)
    }

    /// As ``push(_:)``, but held back during an outage.
    ///
    /// - Parameters:
    ///   - slowUntil: what an earlier push was told by the server: nothing is sent before.
    ///   - wake: notified when more has been queued meanwhile.
    ///   - seen: what is queued by then is looked at here; at the end, what was looked at.
    func pushDue(
        _ mode: PushMachine.Mode, slowUntil: Timestamp? = nil, wake: AsyncEvent, seen: inout AsyncEvent.Generation
    ) async throws(StoreError) -> PushReport? {
        guard let lock = try FileLock.tryLock(.engine, beside: store.path) else { return nil }
        defer { lock.release() }
        let options = PushExecutor.PushOptions(makesRoom: mode == .due)
        let machine = PushMachine(mode, limits: limits, slowUntil: slowUntil)
        return try await push(machine, options, wake: wake, seen: &seen)
    }

    /// The same for a caller that holds the engine's lock.
    func push(
        _ machine: PushMachine, _ options: PushExecutor.PushOptions, wake: AsyncEvent, seen: inout AsyncEvent.Generation
    ) async throws(StoreError) -> PushReport {
        try steps.recover()
        var machine = machine
        await StateMachineRunner<PushMachine>(clock: clock) { [steps] in await steps.push($0, options) }
            .run(&machine, wake: wake, seen: &seen)
        store.finishCheckpoints()
        return machine.report
    }
}

/// One write whose answer is asked for as a stream, and what is done with each event as it comes.
public struct Streaming: Sendable {
    public let operation: OperationID
    /// Called in the events' order. While it runs, the server is kept waiting.
    public let observe: @Sendable (ConversationEvent) async -> Void

    public init(_ operation: OperationID, observe: @escaping @Sendable (ConversationEvent) async -> Void) {
        self.operation = operation
        self.observe = observe
    }
}

/// How the steps of the rules are done. A simulated engine with a mistake in it does some of them otherwise.
struct SyncSteps: Sendable {
    var pull: @Sendable (PullMachine.Step) async -> PullMachine.Outcome
    var push: @Sendable (PushMachine.Step, PushExecutor.PushOptions) async -> PushMachine.Outcome
    /// What is done once the engine's lock is taken.
    var recover: @Sendable () throws(StoreError) -> Void

    /// - Parameter executor: where those run that use the store; `nil`: where the engine does.
    init(
        api: any ConversationsAPI, account: AccountGuard, store: Store, clock: any SyncClock, limits: SyncLimits,
        executor: (any TaskExecutor)?
    ) {
        let pullExecutor = PullExecutor(api: api, account: account, store: store, clock: clock, limits: limits)
        pull = { step in
            // A fetch waits for the server only: to change threads for each of thousands takes an eighth longer.
            if case .fetch = step { return await pullExecutor.perform(step) }
            return await withTaskExecutorPreference(executor) { await pullExecutor.perform(step) }
        }
        push = { step, options in
            await withTaskExecutorPreference(executor) {
                await PushExecutor(
                    api: api, account: account, store: store, clock: clock, limits: limits, options: options
                )
                .perform(step)
            }
        }
        recover = { () throws(StoreError) in try store.recoverInterrupted() }
    }
}
