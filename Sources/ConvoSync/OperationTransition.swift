package import ConvoModel
package import ConvoStore

/// The finding of a read of the server about a write in doubt.
package enum InDoubtLookup: Sendable, Hashable {
    /// The write is on the server; with the conversation that a start or restart made, `nil` for an append.
    case present(RemoteID?)
    /// The write is on the server without an answer: its run may still fail, and the server may drop it then.
    ///
    /// With the conversation that a start or restart made, `nil` for an append.
    case unanswered(RemoteID?)
    /// The write was not on the server when the read began; or it is a deletion, which may be sent again without a
    /// read.
    case absent
    /// The server is still at work on the conversation (409).
    case busy
    /// The API answers, but not with the conversation: it refuses to show it, or something between us and the server answers for
    /// this one.
    case unreadable
    /// The read proves nothing: the history is older than what was known when the write was sent, or not every
    /// conversation could be seen that a start or restart may have made.
    case outdated
    /// A read does not find the conversation (404).
    ///
    /// A replica that lags behind may have answered.
    case denied
    /// Nothing can tell, for this reason.
    case unclear(OutboxItem.Reason)
}

/// The next state of a write in the outbox.
///
/// This type's initialisers are the table that makes delivery exactly-once: a write in doubt returns to the queue only
/// if a read of the server began after the last moment at which the write could have appeared, and did not find it.
package enum OperationTransition: Sendable, Hashable {
    /// On the server; with the conversation that a start or restart made, if a lookup found it.
    case delivered(RemoteID?)
    /// Certainly not carried out.
    ///
    /// `until`: when it may be tried again; `nil` for at once.
    case queued(OutboxItem.Reason?, until: Timestamp?)
    /// Perhaps carried out.
    ///
    /// `until`: when the server is read next.
    case inDoubt(OutboxItem.Reason, until: Timestamp)
    /// The server has refused it.
    case refused(OutboxItem.Reason)
    /// It waits for the person, because nothing else can decide.
    case held(OutboxItem.Reason)
    /// It becomes a restart from the last entry that its writer had seen.
    case branched

    /// Decides after a lookup of a write in doubt.
    ///
    /// - Parameters:
    ///   - confirmation: what the lookup has shown.
    ///   - item: the write.
    ///   - readSince: when the read began.
    ///   - now: the wall clock's time.
    ///   - limits: how long a write may still appear on the server, and how often it may fail there.
    init(
        _ confirmation: InDoubtLookup, of item: OutboxItem, readSince: Uptime, at now: Timestamp, limits: SyncLimits
    ) {
        let doubted = item.doubtLasted(until: readSince, now)
        let missing = limits.surfacing - doubted
        let wait = OperationTransition.lookupWait(after: doubted)
        // This look has shown the conversation, or says itself why not.
        let unseen = [OutboxItem.Reason.notShownCode, OutboxItem.Reason.goneCode]
        let known = item.reason.flatMap { unseen.contains($0.code) ? nil : $0 }
        switch confirmation {
        case .present(let remoteID): self = .delivered(remoteID)
        case .unanswered(let remoteID) where missing <= .zero: self = .delivered(remoteID)
        case .unanswered:
            self = .inDoubt(known ?? .unanswered, until: now + min(missing, wait))
        case .busy: self = .inDoubt(known ?? .stillBusy, until: now + wait)
        case .unreadable:
            self = .unseen(item, .notShown, isOver: missing <= .zero, until: now + wait)
        case .denied where doubted >= limits.replicaLag:
            self = .unseen(item, .conversationGone, isOver: true, until: now + wait)
        case .denied: self = .inDoubt(known ?? .notThereYet, until: now + wait)
        case .unclear(let reason): self = .held(reason)
        case .outdated where missing <= .zero: self = .held(item.kind == .append ? .ambiguous : .unrecognisable)
        case .outdated:
            self = .inDoubt(known ?? .notThereYet, until: now + min(missing, wait))
        case .absent:
            if item.kind == .delete {
                // Deleting again does no harm, so that nothing needs to be proved, however often it fails.
                self = .queued(.notArrived, until: now + limits.backoff.delay(after: item.attempts))
            } else if missing <= .zero {
                self = .absent(item, limits)
            } else {
                self = .inDoubt(known ?? .notThereYet, until: now + min(missing, wait))
            }
        }
    }

    /// Decides after the server has answered 404 to an append.
    ///
    /// - Parameters:
    ///   - reason: the server's answer.
    ///   - isThere: whether the conversation is there. If it is, its agent is gone.
    init(notFound reason: OutboxItem.Reason, isThere: Bool) {
        self =
            isThere
            ? .refused(
                OutboxItem.Reason(
                    code: "agent_gone",
                    message: "the conversation is there, and the server did not find its agent: \(reason.message)"))
            : .refused(.conversationDeleted)
    }

    /// Decides about an append that another writer has overtaken; `nil` if it is sent all the same.
    init?(overtakenUnder policy: ConflictPolicy) {
        switch policy {
        case .append: return nil
        case .branch: self = .branched
        case .hold: self = .held(.overtaken)
        }
    }

    /// Decides about a write whose conversation the API does not show, or does not find: two looks in a row must say so once its time is
    /// over, for one may have met a passing trouble. A write that a copy's original may have sent keeps that
    /// reason, by which the engine looks for it.
    private static func unseen(
        _ item: OutboxItem, _ reason: OutboxItem.Reason, isOver: Bool, until moment: Timestamp
    ) -> OperationTransition {
        if item.reason?.code == OutboxItem.Reason.copiedCode {
            return isOver ? .held(.copied) : .inDoubt(.copied, until: moment)
        }
        return isOver && item.reason?.code == reason.code ? .held(reason) : .inDoubt(reason, until: moment)
    }

    /// Decides about a write that certainly did not arrive, or that the server dropped when its run failed.
    private static func absent(_ item: OutboxItem, _ limits: SyncLimits) -> OperationTransition {
        if let reason = item.reason, reason.isServerFailure, item.failures + 1 >= limits.attempts {
            return .held(reason)
        }
        return .queued(.notArrived, until: nil)
    }

    /// Decides after a step has failed.
    init(
        _ failure: SyncFailure, during step: PushMachine.Step, of item: OutboxItem, at now: Timestamp,
        limits: SyncLimits
    ) {
        var delay = limits.backoff.delay(after: item.attempts + 1, asked: failure.asked)
        // The wait grows with the attempts, and the engine counts none for a write that it has not sent. If a filter answers for
        // this conversation alone, or the server does not find its history, the circuit breaker stays closed, too. So the wait
        // grows with the age of the write.
        if case .prepare = step, failure.isNotTheAPI || failure.isBusy, item.reason?.code == failure.reason.code {
            let age = Duration.microseconds(now.microseconds - item.createdAt.microseconds)
            let longest = failure.isBusy ? OperationTransition.longestTurnPause : OperationTransition.longestPreparation
            // The clock may have been set back behind the moment at which the write was queued.
            delay = max(delay, age < .zero ? longest : min(age / 4, longest))
        }
        let later = now + delay
        if case .confirm = step {
            self = OperationTransition(unread: failure, of: item, at: now, limits: limits)
        } else if case .find = step {
            // The server refused the append. The next attempt shows again what it does not find.
            self = .queued(failure.reason, until: failure.endsPass ? nil : later)
        } else if case .send = step, failure.mayHaveActed {
            let asked = item.kind == .delete ? min(failure.asked ?? .zero, Backoff.askedLimit) : .zero
            self = .inDoubt(failure.reason, until: now + max(OperationTransition.firstLook, asked))
        } else if failure.endsPass {
            self = .queued(failure.reason, until: nil)  // the pass ends; the next one begins with it
        } else if failure.isRetryable || failure.isBusy {
            self = .queued(failure.reason, until: later)
        } else if case .prepare = step {
            self = .queued(failure.reason, until: later)  // nothing was sent
        } else if failure.isUnproven {
            self = .queued(failure.reason, until: later)
        } else {
            self = .refused(failure.reason)
        }
    }

    /// Decides after a lookup has failed: the write stays in doubt, and the lookups become rarer.
    private init(unread failure: SyncFailure, of item: OutboxItem, at now: Timestamp, limits: SyncLimits) {
        let doubtedFor = Duration.microseconds(now.microseconds - (item.doubtedAt ?? now).microseconds)
        // The clock may have been set back behind the moment at which the answer was lost.
        let growing = doubtedFor < .zero ? limits.backoff.limit : min(doubtedFor, limits.backoff.limit)
        let delay = max(limits.backoff.delay(after: 1, asked: failure.asked), growing)
        self = .inDoubt(item.reason ?? failure.reason, until: now + delay)
    }

    /// The longest wait between two reads of a conversation before a write to it.
    private static let longestPreparation = Duration.seconds(60)
    /// The same while the server is at work on the conversation: a turn may end at any moment.
    private static let longestTurnPause = Duration.seconds(10)
    /// The wait between a lost answer and the first lookup.
    static let firstLook = Duration.milliseconds(500)
    /// The wait between two lookups: a quarter of the time in doubt, since each may read pages of the list and several
    /// conversations; from ten seconds to two minutes.
    private static func lookupWait(after doubted: Duration) -> Duration {
        min(max(doubted / 4, .seconds(10)), .seconds(120))
    }
}

extension OutboxItem {
    /// How long the write had been in doubt at that moment, at least.
    ///
    /// Setting the clock cannot make it longer.
    ///
    /// If the machine was restarted meanwhile, the time since that start counts; if the file was moved to another
    /// machine, the wall clocks must show that much too.
    fileprivate func doubtLasted(until uptime: Uptime, _ now: Timestamp) -> Duration {
        guard let doubtedAt, let doubtedUptime else { return .zero }
        return uptime.since(doubtedUptime)
            ?? min(uptime.sinceBoot, .microseconds(now.microseconds - doubtedAt.microseconds))
    }
}
