import ConvoAPI
import ConvoStore

/// How the steps of the rules are done. A simulated engine with a mistake in it does some of them otherwise.
struct SyncSteps: Sendable {
    var pull: @Sendable (PullMachine.Step) async -> PullMachine.Outcome
    var push: @Sendable (PushMachine.Step, PushShell.Manner) async -> PushMachine.Outcome
    /// What is done once the engine's lock is taken.
    var recover: @Sendable () throws(StoreError) -> Void

    init(api: any ConversationsAPI, store: Store, clock: any SyncClock, limits: SyncLimits) {
        let pullShell = PullShell(api: api, store: store, clock: clock)
        pull = { await pullShell.perform($0) }
        push = { step, manner in
            await PushShell(api: api, store: store, clock: clock, limits: limits, manner: manner).perform(step)
        }
        recover = { () throws(StoreError) in try store.recoverInterrupted() }
    }
}
