import ConvoAPI
import ConvoStore
import ConvoSync

/// What the endpoint answers to a client that waits for a write.
enum WriteVerdict: Hashable, Sendable {
    /// Nothing is known yet.
    case wait
    /// The write is on the server: its answer is in the store.
    case answer
    /// The server's own refusal passes on. The write is taken back where it certainly has no effect; where the server has said
    /// that its run failed, and a look has not found it all the same, it is given up.
    case relay(ErrorAnswer, takesBack: Bool)
    /// The server cannot be reached: the write stays in the outbox, and the client is told so.
    case queued
    /// The server cannot be reached: the write is taken back, and the client is told to try again.
    case unreachable(String)
    /// Nobody knows yet whether the write is on the server: the same request joins it later.
    case unsettled
    /// It cannot be known, or the outbox cannot go on without a person.
    case stopped(OutboxItem.Reason)
    /// The write was taken back meanwhile, by a person or because another client of the same request was told that it failed.
    case withdrawn
    /// The server's own refusal, which another client of the same request was told already: the write is taken back or given up.
    case told(ErrorAnswer)

    /// What is known of a write at one moment.
    struct Facts: Sendable {
        var state: OperationState
        var reason: OutboxItem.Reason?
        /// Why the last step on the way to the answer failed, in this process.
        var failure: APIError?
        /// How often the engine has looked for the write since its answer was lost, and has not found it.
        var lookups = 0
        /// How often the write was sent.
        var attempts = 0
        /// Why nothing can be asked of the server now.
        var outage: APIError?
        /// How long the client has waited since the write was accepted or, once its answer was lost, since then.
        var waited: Duration

        /// Makes the facts of one moment.
        init(
            state: OperationState, reason: OutboxItem.Reason? = nil, failure: APIError? = nil, lookups: Int = 0,
            attempts: Int = 0, outage: APIError? = nil, waited: Duration
        ) {
            (self.state, self.reason, self.failure) = (state, reason, failure)
            (self.lookups, self.attempts, self.outage, self.waited) = (lookups, attempts, outage, waited)
        }
    }

    /// How long an outage that is known from other requests is believed, while this write has not been tried itself.
    static let outageWait = Duration.seconds(2)
    /// Decides.
    ///
    /// - Parameters:
    ///   - facts: what is known.
    ///   - policy: what becomes of a write that the server cannot be told now.
    ///   - patience: how long the client waits for what nobody knows.
    init(_ facts: Facts, policy: OfflineWrites, patience: Duration) {
        switch facts.state {
        case .delivered: self = .answer
        case .sending: self = .wait
        case .refused: self = WriteVerdict.refused(facts)
        case .held: self = .stopped(facts.reason ?? OutboxItem.Reason(code: "held", message: "it waits for a decision"))
        case .cancelled:
            // A stream tells its failure in an answer with the status 200.
            let failure = facts.failure.flatMap { $0.isAPIsOwn && ($0.answer?.status ?? 0) >= 400 ? $0.answer : nil }
            self = failure.map(WriteVerdict.told) ?? .withdrawn
        case .inDoubt: self = WriteVerdict.inDoubt(facts, patience)
        case .queued: self = WriteVerdict.queued(facts, policy, patience)
        }
    }

    private static func refused(_ facts: Facts) -> WriteVerdict {
        if let answer = facts.failure?.answer { return .relay(answer, takesBack: true) }
        return .stopped(facts.reason ?? OutboxItem.Reason(code: "refused", message: "the server refused it"))
    }

    private static func inDoubt(_ facts: Facts, _ patience: Duration) -> WriteVerdict {
        if facts.waited >= patience { return .unsettled }
        // The server has said itself that the run failed; but it may have kept a part of it.
        guard let failure = facts.failure, failure.isAPIsOwn, let answer = failure.answer, answer.status >= 400 else {
            return .wait
        }
        return facts.lookups > 0 ? .relay(answer, takesBack: false) : .wait
    }

    private static func queued(_ facts: Facts, _ policy: OfflineWrites, _ patience: Duration) -> WriteVerdict {
        // What was lost and is proved absent is about to be sent again.
        var failure = facts.failure.flatMap { $0.effect == .none ? $0 : nil }
        // A conversation that is busy after an earlier try may be busy with that.
        if failure?.isBusy == true, facts.attempts > 1 { failure = nil }
        if let failure, failure.isAPIsOwn, let answer = failure.answer { return .relay(answer, takesBack: true) }
        let isOffline = failure.map(\.meansOffline) ?? false
        let cause = isOffline ? failure : facts.waited >= outageWait ? facts.outage : nil
        guard let cause = cause ?? (facts.waited >= patience ? failure : nil) else {
            return facts.waited >= patience
                ? offline(facts.reason?.message ?? "it has not been sent yet", policy) : .wait
        }
        if let answer = cause.answer, cause.isAPIsOwn { return .relay(answer, takesBack: true) }
        return offline(cause.message, policy)
    }

    private static func offline(_ reason: String, _ policy: OfflineWrites) -> WriteVerdict {
        policy == .queue ? .queued : .unreachable(reason)
    }
}

extension APIError {
    /// Whether no request can reach the API now: no network, no usable key, or something else answers in its place.
    fileprivate var meansOffline: Bool {
        switch kind {
        case .unreachable, .insecure, .notTheAPI, .noRoute, .unusableRequest: true
        default: false
        }
    }
}
