import ConvoAPI
import ConvoStore

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
