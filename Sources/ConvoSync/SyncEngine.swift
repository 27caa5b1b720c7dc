public import ConvoAPI
import ConvoModel
public import ConvoStore

/// Keeps a store and a server in step: pulls what changed there, pushes what was queued here.
///
/// Pulling needs no exclusiveness: what is taken in twice changes nothing. Pushing holds the engine's lock, so that
/// at most one process sends for a database.
public struct SyncEngine: Sendable {
    let api: any ConversationsAPI
    let store: Store
    let clock: any SyncClock
    let limits: SyncLimits

    /// - Parameter api: without retries of its own: the engine decides what is tried again.
    public init(
        api: any ConversationsAPI, store: Store, clock: any SyncClock = SystemClock(), limits: SyncLimits = SyncLimits()
    ) {
        self.api = api
        self.store = store
        self.clock = clock
        self.limits = limits
    }

    /// Pulls once. What was taken in before a failure stays, and the next pull goes on from there.
    ///
    /// - Parameter progress: called after each step.
    /// - Returns: what was done; ``PullReport/halt`` says why it ended early, if it did.
    public func pull(_ scope: PullMachine.Scope, progress: (PullReport) -> Void = { _ in }) async -> PullReport {
        var machine = PullMachine(scope, limits: limits)
        let shell = PullShell(api: api, store: store, clock: clock)
        await Runner<PullMachine>(clock: clock, perform: shell.perform)
            .run(&machine, progress: { progress($0.report) })
        return machine.report
    }

    /// Pushes what can go, holding the engine's lock. In mode `due` it makes room for a process that waits for its turn.
    ///
    /// - Parameter wake: rung when more has been queued meanwhile.
    /// - Returns: `nil` where another process is pushing for this database.
    /// - Throws: ``StoreError``.
    public func push(_ mode: PushMachine.Mode, wake: WakeSignal? = nil) async throws(StoreError) -> PushReport? {
        guard let lock = try FileLock.tryLock(.engine, beside: store.path) else { return nil }
        defer { lock.release() }
        var shell = PushShell(api: api, store: store, clock: clock, limits: limits)
        shell.makesRoom = mode == .due
        return try await push(mode, shell, wake: wake)
    }

    /// The same for a caller that holds the engine's lock.
    func push(
        _ mode: PushMachine.Mode, _ shell: PushShell, wake: WakeSignal? = nil
    ) async throws(StoreError) -> PushReport {
        try store.recoverInterrupted()
        var machine = PushMachine(mode, limits: limits)
        await Runner<PushMachine>(clock: clock, perform: shell.perform).run(&machine, wake: wake)
        return machine.report
    }
}
