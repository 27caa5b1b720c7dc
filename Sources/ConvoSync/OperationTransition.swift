public import ConvoModel
public import ConvoStore

/// What reading the server has shown of a write in doubt.
public enum InDoubtLookup: Sendable, Hashable {
    /// On the server; with the conversation that a start or restart made.
    case present(RemoteID?)
    /// On the server, and not answered: its run may still fail, and be dropped.
    case unanswered(RemoteID?)
    case absent
    /// The server is still at work on the conversation.
    case busy
    /// The history that was read is older than what was known when the write was sent: it proves nothing.
    case outdated
    /// A read does not find the conversation. A replica may have answered that lags behind.
    case denied
    /// Nothing can tell.
    case unclear(OutboxItem.Reason)
}

/// Where a write goes from here. The table of this type's initialisers is the heart of exactly-once:
/// nothing leads from "in doubt" to the queue but a server that was read after the last moment at which the write
/// could have surfaced, and did not have it.
public enum OperationTransition: Sendable, Hashable {
    /// With the conversation that a start or restart made.
    case delivered(RemoteID?)
    case queued(OutboxItem.Reason?, until: Timestamp?)
    case inDoubt(OutboxItem.Reason, until: Timestamp)
    case refused(OutboxItem.Reason)
    case held(OutboxItem.Reason)
    /// Goes on as a branch from what its writer had seen.
    case branched

    /// After a confirmation.
    ///
    /// - Parameter readSince: when the read began.
    init(
        _ confirmation: InDoubtLookup, of item: OutboxItem, readSince: Uptime, at now: Timestamp, limits: SyncLimits
    ) {
        let doubted = item.doubtLasted(until: readSince, now)
        let missing = limits.surfacing - doubted
        switch confirmation {
        case .present(let remoteID): self = .delivered(remoteID)
        case .unanswered(let remoteID) where missing <= .zero: self = .delivered(remoteID)
        case .unanswered:
            self = .inDoubt(item.reason ?? .unanswered, until: now + min(missing, OperationTransition.lookupInterval))
        case .busy: self = .inDoubt(item.reason ?? .stillBusy, until: now + OperationTransition.lookupInterval)
        case .denied where doubted >= limits.replicaLag: self = .held(.conversationGone)
        case .denied: self = .inDoubt(item.reason ?? .notThereYet, until: now + OperationTransition.lookupInterval)
        case .unclear(let reason): self = .held(reason)
        case .outdated where missing <= .zero: self = .held(.ambiguous)
        case .outdated:
            self = .inDoubt(item.reason ?? .notThereYet, until: now + min(missing, OperationTransition.lookupInterval))
        case .absent:
            // Deleting twice is deleting once: no need to wait.
            if missing <= .zero || item.kind == .delete {
                self = .absent(item, limits)
            } else {
                self = .inDoubt(
                    item.reason ?? .notThereYet, until: now + min(missing, OperationTransition.lookupInterval))
            }
        }
    }

    /// After the server has said of an append that something was not found.
    ///
    /// - Parameter isThere: whether the conversation is there; then it is the agent that is gone.
    init(notFound reason: OutboxItem.Reason, isThere: Bool) {
        self =
            isThere
            ? .refused(
                OutboxItem.Reason(
                    code: "agent_gone",
                    message: "the conversation is there, and the server did not find its agent: \(reason.message)",
                    hint: "Restore the agent and run `convo outbox retry`, or start a new conversation."))
            : .refused(.conversationDeleted)
    }

    /// Another writer was faster; `nil` where it is sent all the same.
    init?(overtakenUnder policy: ConflictPolicy) {
        switch policy {
        case .append: return nil
        case .branch: self = .branched
        case .hold: self = .held(.overtaken)
        }
    }

    /// It certainly did not arrive, or was dropped by a run that failed.
    private static func absent(_ item: OutboxItem, _ limits: SyncLimits) -> OperationTransition {
        if let reason = item.reason, reason.isServerFailure, item.failures + 1 >= limits.attempts {
            return .held(reason)
        }
        return .queued(.notArrived, until: nil)
    }

    /// After a step that failed.
    init(
        _ failure: SyncFailure, during step: PushMachine.Step, of item: OutboxItem, at now: Timestamp,
        limits: SyncLimits
    ) {
        let later = now + limits.backoff.delay(after: item.attempts + 1, asked: failure.asked)
        if case .confirm = step {
            self = OperationTransition(unread: failure, of: item, at: now, limits: limits)
        } else if case .find = step {
            // The server said no to the write; what it did not find is asked again with the next attempt.
            self = .queued(failure.reason, until: failure.endsPass ? nil : later)
        } else if case .send = step, failure.mayHaveActed {
            self = .inDoubt(failure.reason, until: now + OperationTransition.firstLook)
        } else if failure.endsPass {
            self = .queued(failure.reason, until: nil)  // the pass ends; the next one's start decides when
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

    /// After a confirmation that could not be read: what was in doubt still is, and is looked for ever more rarely.
    private init(unread failure: SyncFailure, of item: OutboxItem, at now: Timestamp, limits: SyncLimits) {
        let doubtedFor = Duration.microseconds(now.microseconds - (item.doubtedAt ?? now).microseconds)
        let delay = max(limits.backoff.delay(after: 1, asked: failure.asked), min(doubtedFor, limits.backoff.limit))
        self = .inDoubt(item.reason ?? failure.reason, until: now + delay)
    }

    /// When what is in doubt is looked for first, and then again and again.
    static let firstLook = Duration.milliseconds(500)
    static let lookupInterval = Duration.seconds(10)
}

extension OutboxItem {
    /// How long it had been in doubt then, at least. No setting of the clock makes it longer.
    ///
    /// Where the machine was started anew meanwhile, it has been since that start; and where the file was brought to
    /// another machine, the wall clocks must say so too.
    fileprivate func doubtLasted(until uptime: Uptime, _ now: Timestamp) -> Duration {
        guard let doubtedAt, let doubtedUptime else { return .zero }
        return uptime.since(doubtedUptime)
            ?? min(uptime.sinceBoot, .microseconds(now.microseconds - doubtedAt.microseconds))
    }
}

extension OutboxItem.Reason {
    /// The server answered, with an error of its own.
    var isServerFailure: Bool { code.hasPrefix("http_5") }

    static let stillBusy = Self(code: "busy", message: "the server is still at work on the conversation")
    static let notThereYet = Self(
        code: "not_there_yet", message: "the answer was lost, and the server does not show the write yet",
        hint: "It may still surface; Convo looks again.")
    static let unanswered = Self(
        code: "unanswered", message: "the server has the write and no answer to it yet",
        hint: "Its run may still be under way; Convo looks again.")
    static let notArrived = Self(code: "not_arrived", message: "it did not reach the server, and is sent again")
    static let overtaken = Self(
        code: "overtaken", message: "another writer has moved the conversation on since this was written",
        hint:
            "Look with `convo history`; then `convo outbox retry` sends it all the same, `convo outbox cancel` drops it."
    )
    static let unseen = Self(
        code: "unseen",
        message:
            "the conversation is too large to be read: nobody can tell whether another writer has moved it on meanwhile",
        hint:
            "`convo conflict CONVERSATION append`, then `convo outbox retry`, sends it all the same; `convo outbox cancel` drops it."
    )
    static let ambiguous = Self(
        code: "ambiguous",
        message: "the answer was lost, and the conversation holds equal messages: nobody can tell whether one is this",
        hint: "Look with `convo history`; then `convo outbox retry` sends it again, `convo outbox cancel` drops it.")
    static let changed = Self(
        code: "changed",
        message:
            "the answer was lost, and the conversation holds a message with the same words, not quite as this was sent",
        hint:
            "Look with `convo history`; then `convo outbox cancel` drops this one, `convo outbox retry` sends it again."
    )
    static let unreadable = Self(
        code: "unreadable",
        message:
            "the answer was lost, and the conversation is too large to be read: nobody can tell whether this is in it",
        hint: "Look for it elsewhere; then `convo outbox retry` sends it again, `convo outbox cancel` drops it.")
    static let conversationDeleted = Self(
        code: "conversation_deleted", message: "the conversation is not on the server any more",
        hint: "`convo outbox cancel` drops it; `convo start` begins a new conversation.")
    static let unrecognisable = Self(
        code: "unrecognisable",
        message:
            "the answer was lost, and several new conversations may be the one that this made: nobody can tell which",
        hint: "Look with `convo list`; then `convo outbox retry` makes it again, `convo outbox cancel` drops it.")
    static let conversationGone = Self(
        code: "conversation_gone",
        message:
            "the answer was lost, and the conversation is no longer on the server: nobody can tell what became of it",
        hint: "`convo outbox cancel` drops it; `convo restart` needs a conversation that is there.")
    static let unconfirmable = Self(
        code: "unconfirmable", message: "the answer was lost, and the server keeps no record of an unstored exchange",
        hint: "`convo outbox retry` sends it again, `convo outbox cancel` drops it.")
}
