import ConvoAPI
import ConvoModel
import ConvoStore

@testable import ConvoSync

/// The real engine, except for what its mistake changes.
struct MutantEngine: Sendable {
    /// The client with which a mistake sends requests of its own.
    let api: any ConversationsAPI
    let store: Store
    let clock: any SyncClock
    let mutation: Mutation
    let limits: SyncLimits
    private let connect: @Sendable () -> Connection

    var now: Timestamp { clock.now }
    private var account: AccountGuard {
        AccountGuard(
            store: store, breaker: CircuitBreakerGate(backoff: limits.backoff, clock: clock), connect: connect)
    }
    var pushExecutor: PushExecutor {
        PushExecutor(api: api, account: account, store: store, clock: clock, limits: limits)
    }
    /// The executor of a pull that believes in its connection, whoever the database belongs to.
    var pullExecutor: PullExecutor {
        let (connection, session) = (connect(), PullSession())
        let adoptions = (try? store.owner().adoptions) ?? 0
        session.begin(with: OwnerClaim(server: connection.server, key: connection.key, adoptions: adoptions))
        return PullExecutor(
            api: api, account: account, store: store, clock: clock, limits: limits, session: session)
    }

    init(
        _ mutation: Mutation, store: Store, clock: any SyncClock, limits: SyncLimits,
        connect: @escaping @Sendable () -> Connection
    ) {
        var limits = limits
        mutation.limits(&limits)
        (self.store, self.clock, self.mutation, self.limits) = (store, clock, mutation, limits)
        self.connect = {
            let right = connect()
            return mutation.connection(
                Connection(api: MutantClient(right.api, mutation.client), server: right.server, key: right.key))
        }
        api = self.connect().api
    }

    var engine: SyncEngine {
        var engine = SyncEngine(store: store, clock: clock, limits: limits, executor: nil, connect: connect)
        if !mutation.sharesOutages || !mutation.probesWithReads {
            let guarded = GuardedAPI(account: engine.account, breaker: engine.breaker, probesWithReads: false)
            engine.steps = SyncSteps(
                api: mutation.sharesOutages ? guarded : api, account: engine.account, store: store, clock: clock,
                limits: limits, executor: nil)
        }
        let right = engine.steps
        engine.steps.pull = { step, session in
            if let outcome = await mutation.pull(step, self) { return outcome }
            return await right.pull(step, session)
        }
        engine.steps.push = { step, options in
            if let outcome = await mutation.push(step, self) { return outcome }
            return await right.push(step, options)
        }
        engine.steps.recover = { () throws(StoreError) in try mutation.recover(store) }
        return engine
    }
}
