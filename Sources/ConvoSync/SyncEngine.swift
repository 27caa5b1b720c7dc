package import ConvoAPI
import ConvoIPC
package import ConvoModel
package import ConvoStore

/// Keeps a store and a server in step: pulls what changed on the server, pushes what was queued here.
///
/// Pulling needs no lock: ingesting the same thing twice changes nothing. Pushing holds the engine's lock, so that at
/// most one process sends for a database.
package struct SyncEngine: Sendable {
    var steps: SyncSteps
    let account: AccountGuard
    let breaker: CircuitBreakerGate
    let store: Store
    let clock: any SyncClock
    var limits: SyncLimits
    let files: FileFetcher
    /// The writes whose answers somebody waits for in this process.
    package let watch = DeliveryWatch()

    /// Creates an engine.
    ///
    /// Reads no settings and sends nothing before the first pull or push.
    ///
    /// - Parameters:
    ///   - store: the open database.
    ///   - clock: the clock that the engine reads and sleeps on.
    ///   - limits: how much the engine does at once, how often it tries, and how long it waits.
    ///   - fileLimits: how much is fetched of the files that entries refer to.
    ///   - executor: runs the steps that may have to wait for the disk; `nil`: they run where their caller runs.
    ///   - connect: reads the settings and makes a client of the server. The client must not retry by itself, because
    ///     the engine decides what is sent again. Called before the first request, and again when the server refuses
    ///     the key.
    package init(
        store: Store, clock: any SyncClock = SystemClock(), limits: SyncLimits = SyncLimits(),
        fileLimits: FileLimits = FileLimits(), executor: (any TaskExecutor)? = StoringThread(),
        connect: @escaping @Sendable () throws(APIError) -> Connection
    ) {
        breaker = CircuitBreakerGate(backoff: limits.backoff, clock: clock)
        account = AccountGuard(store: store, breaker: breaker, connect: connect)
        let api = GuardedAPI(account: account, breaker: breaker)
        steps = SyncSteps(
            api: api, account: account, store: store, clock: clock, limits: limits, executor: executor, watch: watch)
        files = FileFetcher(
            account: account, breaker: breaker, store: store, clock: clock, limits: fileLimits,
            executor: executor == nil ? nil : StoringThread())
        self.store = store
        self.clock = clock
        self.limits = limits
    }

    /// Gives the database to the account that the settings name now, on purpose.
    ///
    /// The engine holds every write that is not delivered, because it was meant for the account before. Takes the
    /// engine's lock, and waits some seconds for a process that has it.
    ///
    /// - Returns: the new owner, and how many writes are held from now on.
    /// - Throws: ``SyncFailure`` if the server cannot be asked, the store cannot be written, or another process keeps
    ///   sending; then nothing has changed.
    package func adoptAccount() async throws(SyncFailure) -> (owner: StoreOwner, held: Int) {
        do {
            // No process sends while this one has the lock; the next sender checks whose the database is.
            guard let turn = try await takeTurn() else { throw StoreError.busy(path: store.path) }
            defer { turn.release() }
            return try await account.adopt()
        } catch { throw SyncFailure(error) }
    }

    /// Makes the full-text index anew, beside the one that searches read, if it was made by older rules than this
    /// program's.
    ///
    /// Returns at once where the index is up to date, and early if the task is cancelled; the next call goes on from
    /// there. Each step is a small transaction, so that others can write meanwhile.
    ///
    /// - Parameter progress: called after each step.
    /// - Throws: ``ConvoStore/StoreError`` if the database cannot be read or written; the steps before stay.
    package func rebuildIndex(progress: () -> Void = {}) async throws(StoreError) {
        while !Task.isCancelled, try store.rebuildIndex() {
            progress()
            ProgressMonitor.note(.working)
            await Task.yield()
            try? await clock.waitForRoom(in: store)  // cancelled: the loop ends
        }
    }

    /// Fetches the files that entries refer to and that are due, into the folder beside the database.
    ///
    /// Another process may do the same meanwhile. A fetch that was cut off goes on where it ended.
    ///
    /// - Parameter progress: called after each few files.
    /// - Returns: what was done; `nil` if no pull or push has verified the account before, or the connection has no
    ///   files.
    /// - Throws: ``SyncFailure`` if nothing can be fetched now; what was stored stays.
    package func fetchFiles(progress: (FileReport) -> Void = { _ in }) async throws(SyncFailure) -> FileReport? {
        try await files.fetchDue(progress: progress)
    }

    /// Pulls once, at once even during an outage.
    ///
    /// After a failure the stored part stays, and the next pull goes on from there.
    ///
    /// - Parameters:
    ///   - scope: whether to read the first page of the list or all of it.
    ///   - acceptsDeletions: marks conversations as deleted however many the server no longer has.
    ///   - progress: called after each step with what has been done so far.
    /// - Returns: what was done; ``PullReport/halt`` says why the pull ended early, if it did.
    package func pull(
        _ scope: PullMachine.Scope, acceptsDeletions: Bool = false, progress: (PullReport) -> Void = { _ in }
    ) async -> PullReport {
        breaker.woken()
        return await pullDue(scope, acceptsDeletions: acceptsDeletions, progress: progress)
    }

    /// Pulls as ``pull(_:acceptsDeletions:progress:)`` does, but sends nothing while the circuit breaker is open.
    func pullDue(
        _ scope: PullMachine.Scope, acceptsDeletions: Bool = false, progress: (PullReport) -> Void = { _ in }
    ) async -> PullReport {
        var machine = PullMachine(scope, limits: limits, acceptsDeletions: acceptsDeletions)
        let session = PullSession()
        let runner = StateMachineRunner<PullMachine>(clock: clock) { [steps] in await steps.pull($0, session) }
        await runner.run(&machine, progress: { progress($0.report) })
        return machine.report
    }

    /// Pushes what can be sent, at once even during an outage, while it holds the engine's lock.
    ///
    /// In mode ``PushMachine/Mode/due`` it starts nothing new while another process waits for the lock.
    ///
    /// - Parameter mode: how far the push goes.
    /// - Returns: what was done; `nil` if another process is pushing for this database.
    /// - Throws: ``ConvoStore/StoreError`` if the lock cannot be taken or the outbox cannot be read. Failures of single
    ///   steps are in the report.
    package func push(_ mode: PushMachine.Mode) async throws(StoreError) -> PushReport? {
        breaker.woken()
        let wake = AsyncEvent()
        var seen = wake.generation
        return try await pushDue(mode, wake: wake, seen: &seen)
    }

    /// Pushes as ``push(_:)`` does, but sends nothing while the circuit breaker is open.
    ///
    /// - Parameters:
    ///   - mode: how far the push goes.
    ///   - slowUntil: until when the server asked an earlier push to wait; nothing is sent before.
    ///   - wake: notified when more has been queued meanwhile.
    ///   - seen: on entry, the generation of `wake` that this push's first look at the outbox covers; on return, the
    ///     generation that its last look covers.
    /// - Returns: what was done; `nil` if another process is pushing for this database.
    /// - Throws: ``ConvoStore/StoreError`` if the lock cannot be taken or interrupted writes cannot be marked.
    func pushDue(
        _ mode: PushMachine.Mode, slowUntil: Timestamp? = nil, wake: AsyncEvent, seen: inout AsyncEvent.Generation
    ) async throws(StoreError) -> PushReport? {
        guard let lock = try store.tryLock(.engine) else { return nil }
        defer { lock.release() }
        let options = PushExecutor.PushOptions(makesRoom: mode == .due)
        let machine = PushMachine(mode, limits: limits, slowUntil: slowUntil)
        return try await push(machine, options, wake: wake, seen: &seen)
    }

    /// Runs a push for a caller that holds the engine's lock.
    func push(
        _ machine: PushMachine, _ options: PushExecutor.PushOptions, wake: AsyncEvent, seen: inout AsyncEvent.Generation
    ) async throws(StoreError) -> PushReport {
        try steps.recover()
        var machine = machine
        let runner = StateMachineRunner<PushMachine>(clock: clock) { [steps] in await steps.push($0, options) }
        // Where the steps run, so that no thread waits for another one between them.
        await withTaskExecutorPreference(steps.executor) { await runner.run(&machine, wake: wake, seen: &seen) }
        store.finishCheckpoints()
        return machine.report
    }
}

/// One write whose answer is requested as a stream, and an observer of its events.
package struct Streaming: Sendable {
    /// The write whose answer is streamed; all other writes of the push are sent without streaming.
    package let operation: OperationID
    /// Called with each event, in the order in which the server sent them.
    ///
    /// While it runs, no more is read from the server.
    package let observe: @Sendable (ConversationEvent) async -> Void

    /// Creates a request to stream one write's answer.
    ///
    /// - Parameters:
    ///   - operation: the write whose answer is streamed.
    ///   - observe: called with each event; while it runs, no more is read from the server.
    package init(_ operation: OperationID, observe: @escaping @Sendable (ConversationEvent) async -> Void) {
        self.operation = operation
        self.observe = observe
    }
}

/// The functions that perform the steps of the machines.
///
/// Tests replace some of them, to make an engine with a mistake in it.
struct SyncSteps: Sendable {
    var pull: @Sendable (PullMachine.Step, PullSession) async -> PullMachine.Outcome
    var push: @Sendable (PushMachine.Step, PushExecutor.PushOptions) async -> PushMachine.Outcome
    /// Runs the steps that use the store; `nil`: they run where the engine runs.
    let executor: (any TaskExecutor)?
    /// Called as soon as the engine's lock has been taken: marks interrupted writes as in doubt.
    var recover: @Sendable () throws(StoreError) -> Void

    /// Creates the steps of the real engine.
    ///
    /// - Parameters:
    ///   - api: the API as the engine uses it.
    ///   - account: verifies the database's owner.
    ///   - store: the open database.
    ///   - clock: the clock that the engine reads.
    ///   - limits: the engine's limits.
    ///   - executor: runs the steps that use the store; `nil`: they run where the engine runs.
    ///   - watch: the writes whose answers somebody waits for.
    init(
        api: any ConversationsAPI, account: AccountGuard, store: Store, clock: any SyncClock, limits: SyncLimits,
        executor: (any TaskExecutor)?, watch: DeliveryWatch = DeliveryWatch()
    ) {
        self.executor = executor
        pull = { step, session in
            let pullExecutor = PullExecutor(
                api: api, account: account, store: store, clock: clock, limits: limits, executor: executor,
                session: session)
            // These mostly wait for the server. Changing threads for each of thousands makes a first sync take an
            // eighth longer.
            switch step {
            case .fetch, .list: return await pullExecutor.perform(step)
            default: return await withTaskExecutorPreference(executor) { await pullExecutor.perform(step) }
            }
        }
        push = { step, options in
            await PushExecutor(
                api: api, account: account, store: store, clock: clock, limits: limits, options: options, watch: watch
            ).perform(step)
        }
        recover = { () throws(StoreError) in try store.recoverInterrupted() }
    }
}
