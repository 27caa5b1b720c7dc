public import ConvoModel
public import ConvoStore

/// Brings the outbox to the server: in order within a conversation, several conversations at once.
///
/// What follows from each outcome is ``OperationTransition``'s to say; this value keeps the order.
public struct PushMachine: StateMachine {
    public enum Step: Sendable, Hashable {
        /// Makes sure that the server and the key are those of the database.
        case verify
        case load(limit: Int)
        /// Reads how the conversation stands, so that a lost answer can be looked for behind that.
        case prepare(OutboxItem)
        /// Commits that it is being sent, sends it, and takes in the answer.
        case send(OutboxItem, OutboxItem.Base?)
        /// Reads whether it is on the server. Never sends.
        case confirm(OutboxItem)
        /// Asks what it is that the server did not find when an append was sent: the conversation, or its agent.
        case find(OutboxItem, OutboxItem.Reason)
        /// Commits what was concluded.
        case settle(OutboxItem, OperationTransition)
        /// Brings the ids of the inputs and what else the answer did not hold.
        case refresh(OutboxItem)
    }

    public enum Outcome: Sendable {
        case verified
        case loaded([OutboxItem])
        /// Another process waits for its turn: nothing new is started.
        case madeRoom
        case prepared(OutboxItem.Base?)
        /// Another writer has moved the conversation on.
        case overtaken(OutboxItem.Base?, ConflictPolicy)
        /// The conversation is too large to be read, and the write must not pass another writer's.
        case unseen
        case sent
        /// Cancelled by the person in the meantime.
        case withdrawn
        /// And when the read began: what it did not find, it did not find then. A slow answer proves nothing about the
        /// time that it took.
        case confirmed(InDoubtLookup, readSince: Uptime)
        /// Whether the conversation is there.
        case found(Bool)
        case settled
        case refreshed
        case failed(SyncFailure)
    }

    /// How far a push goes.
    public enum Mode: Sendable, Hashable {
        /// Everything that can go now, each write once, whatever its back-off; what is in doubt is looked at.
        case once
        /// What is due, as its time comes.
        case due
    }

    public private(set) var report = PushReport()
    private let mode: Mode
    private let limits: SyncLimits
    private var waiting: [OutboxItem] = []
    private enum Verification { case due, underway, done }
    private var verification = Verification.due
    private var isLoadDue = true
    private var isLoading = false
    /// Conversations with a step in flight, or one decided on.
    private var busy: Set<LocalID> = []
    /// The same by the server's names: while a write is in flight, its conversation may be found to be the one that a lost
    /// start has made, and go on under the name of that one.
    private var busyThere: Set<RemoteID> = []
    private var decided: [Step] = []
    private var inFlight = 0
    /// Tried in this push; in mode `once` nothing is tried twice.
    private var tried: Set<OperationID> = []
    private var writers: Int

    /// - Parameter slowUntil: what an earlier push was told by the server: nothing is sent before.
    public init(_ mode: Mode, limits: SyncLimits = SyncLimits(), slowUntil: Timestamp? = nil) {
        self.mode = mode
        self.limits = limits
        report.slowUntil = slowUntil
        writers = limits.writers
    }

    public mutating func woken() { isLoadDue = true }
    public var hasChangesToRead: Bool { isLoadDue }

    public mutating func next(at now: Timestamp) -> NextAction<Step> {
        if let step = decided.popLast() { return start(step) }
        guard report.halt == nil else { return inFlight == 0 ? .done : .wait(until: nil) }
        if isLoadDue, !isLoading {
            (isLoadDue, isLoading) = (false, true)
            return start(.load(limit: PushMachine.batch))
        }
        if let slowUntil = report.slowUntil, !Backoff.isOver(slowUntil, at: now) {
            return inFlight == 0 ? .done : .wait(until: slowUntil)
        }
        if busy.count < writers, let index = waiting.firstIndex(where: { isDue($0, at: now) }) {
            guard verification == .done else {
                guard verification == .due else { return .wait(until: nil) }
                verification = .underway
                return start(.verify)
            }
            let item = waiting.remove(at: index)
            busy.insert(item.conversation)
            if let remoteID = item.remoteID { busyThere.insert(remoteID) }
            tried.insert(item.id)
            return start(PushMachine.firstStep(for: item))
        }
        return inFlight == 0 ? .done : .wait(until: earliest(after: now))
    }

    public mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp) {
        inFlight -= 1
        switch (step, outcome) {
        case (.verify, .failed(let failure)): notVerified(failure, at: now)
        case (.verify, _): verification = .done
        case (.load, _):
            isLoading = false
            loaded(outcome)
        case (.prepare(let item), .prepared(let base)): decided.append(.send(item, base))
        case (.prepare(let item), .overtaken(let base, let policy)):
            decided.append(OperationTransition(overtakenUnder: policy).map { .settle(item, $0) } ?? .send(item, base))
        case (.prepare(let item), .unseen): decided.append(.settle(item, .held(.unseen)))
        case (.prepare(let item), .found(false)): decided.append(.settle(item, .refused(.conversationDeleted)))
        case (.send(let item, _), .sent):
            report.delivered += 1
            writers = min(limits.writers, writers + 1)
            decided.append(.refresh(item))
        case (.confirm(let item), .confirmed(let confirmation, let readSince)):
            let transition = OperationTransition(confirmation, of: item, readSince: readSince, at: now, limits: limits)
            if case .delivered = transition { report.delivered += 1 }
            decided.append(.settle(item, transition))
        case (.settle(let item, .delivered), .settled), (.settle(let item, .refused), .settled),
            (.settle(let item, .held), .settled):
            decided.append(.refresh(item))
        case (.settle(let item, .branched), .settled), (.settle(let item, .queued(.notArrived, _)), .settled):
            tried.remove(item.id)  // it is another write now, or one that was never sent
            release(item)
        case (.send(let item, _), .failed(let failure)) where failure.isNotFound && item.kind == .append:
            decided.append(.find(item, failure.reason))
        case (.find(let item, let failure), .found(let isThere)):
            decided.append(.settle(item, OperationTransition(notFound: failure, isThere: isThere)))
        case (.find(let item, _), .failed(let failure)): failed(step, item, failure, at: now)
        case (.send(let item, _), .failed(let failure)), (.prepare(let item), .failed(let failure)),
            (.confirm(let item), .failed(let failure)):
            failed(step, item, failure, at: now)
        case (.settle, .failed(let failure)):
            report.halt = failure  // the store is broken: what is sending is in doubt from the next start on
        case (.settle(let item, _), _), (.refresh(let item), _), (.send(let item, _), _), (.prepare(let item), _),
            (.confirm(let item), _), (.find(let item, _), _):
            release(item)
        }
    }

    private static let batch = 200

    private static func firstStep(for item: OutboxItem) -> Step {
        switch (item.state, item.kind) {
        case (.inDoubt, _): .confirm(item)
        case (_, .append): .prepare(item)
        default: .send(item, nil)
        }
    }

    private func isDue(_ item: OutboxItem, at now: Timestamp) -> Bool {
        guard !busy.contains(item.conversation) else { return false }
        if let remoteID = item.remoteID, busyThere.contains(remoteID) { return false }
        // A person who asks for a push does not wait for the back-off of an earlier one.
        if mode == .once { return !tried.contains(item.id) }
        return item.nextAttempt.map { Backoff.isOver($0, at: now) } ?? true
    }

    /// When something comes due. What is due already and does not start waits for a step in flight, not for time.
    private func earliest(after now: Timestamp) -> Timestamp? {
        (waiting.compactMap(\.nextAttempt) + [report.slowUntil].compactMap(\.self)).filter { $0 > now }.min()
    }

    private mutating func loaded(_ outcome: Outcome) {
        switch outcome {
        case .loaded(let items): waiting = items
        case .madeRoom: (waiting, report.hasMadeRoom) = ([], true)
        case .failed(let failure):
            report.halt = report.halt ?? failure
            isLoadDue = true  // it has not looked
        default: break
        }
    }

    /// Nothing can be sent. What would have gone first says why.
    private mutating func notVerified(_ failure: SyncFailure, at now: Timestamp) {
        report.halt = report.halt ?? failure
        if case .store = failure { return }
        for item in waiting.filter({ $0.state == .queued && isDue($0, at: now) }).prefix(limits.writers) {
            decided.append(.settle(item, .queued(failure.reason, until: nil)))
        }
    }

    private mutating func failed(_ step: Step, _ item: OutboxItem, _ failure: SyncFailure, at now: Timestamp) {
        if failure.endsPass { report.halt = report.halt ?? failure }
        if failure.isThrottle {
            writers = max(1, writers / 2)
            let until = now + limits.backoff.delay(after: item.attempts + 1, asked: failure.asked)
            let earlier = report.slowUntil.flatMap { Backoff.isOver($0, at: now) ? nil : $0 }
            report.slowUntil = max(earlier ?? until, until)
            report.throttle = failure
        }
        if case .store = failure { return release(item) }
        decided.append(.settle(item, OperationTransition(failure, during: step, of: item, at: now, limits: limits)))
    }

    private mutating func release(_ item: OutboxItem) {
        busy.remove(item.conversation)
        if let remoteID = item.remoteID { busyThere.remove(remoteID) }
        // The store listed these before this step ended: the machine loads them again.
        (waiting, isLoadDue) = ([], true)
    }

    private mutating func start(_ step: Step) -> NextAction<Step> {
        inFlight += 1
        return .step(step)
    }
}

/// What a push has done.
public struct PushReport: Sendable {
    public internal(set) var delivered = 0
    /// Why it ended early; `nil` where it did all that could be done.
    public internal(set) var halt: SyncFailure?
    /// The server asked for less: nothing more is sent before.
    public internal(set) var slowUntil: Timestamp?
    /// The failure by which it asked, if it did in this push.
    public internal(set) var throttle: SyncFailure?
    /// Whether it left work undone because another process waited for its turn.
    public internal(set) var hasMadeRoom = false

    public init() {}
}
