package import ConvoModel
import ConvoStore

/// Delivers the outbox: writes in order within a conversation, several conversations at once.
///
/// ``OperationTransition`` decides what follows from each outcome; this value keeps the order.
package struct PushMachine: StateMachine {
    /// How far a push goes.
    package enum Mode: Sendable, Hashable {
        /// Everything that can be sent now, each write once, whatever its back-off; writes in doubt are looked for.
        case once
        /// Whatever is due, until nothing is.
        case due
    }

    /// The work of the push so far.
    ///
    /// Final once ``next(at:)`` has returned ``NextAction/done``.
    package private(set) var report = PushReport()
    private let mode: Mode
    private let limits: SyncLimits
    private var waiting: [OutboxItem] = []
    private var awaited: Set<OperationID> = []
    private enum Verification { case due, underway, done }
    private var verification = Verification.due
    private var isLoadDue = true
    private var isLoading = false
    /// Conversations with a step in flight, or with one that is decided.
    private var busy: Set<LocalID> = []
    /// The same conversations by their ids on the server.
    ///
    /// While a write is in flight, its local conversation may turn out to be one that a lost start has made, and
    /// continue under that one's local id.
    private var busyThere: Set<RemoteID> = []
    /// Where conversations ended after a write of ours, and when that was known.
    private var ends: [LocalID: (base: OutboxItem.Base, knownAt: Timestamp)] = [:]
    /// The writes that were sent behind an answer, with no read in between.
    private var unread: Set<OperationID> = []
    private var decided: [Step] = []
    private var inFlight = 0
    /// The writes tried in this push; in mode `once` nothing is tried twice.
    private var tried: Set<OperationID> = []
    /// How many conversations may be written to at once now.
    private var writers: Int

    /// Creates a push that has not begun.
    ///
    /// - Parameters:
    ///   - mode: how far it goes.
    ///   - limits: how much it does at once, how often it tries, and how long it waits.
    ///   - slowUntil: until when the server asked an earlier push to wait; nothing is sent before. `nil` if it did not
    ///     ask.
    package init(_ mode: Mode, limits: SyncLimits = SyncLimits(), slowUntil: Timestamp? = nil) {
        self.mode = mode
        self.limits = limits
        report.slowUntil = slowUntil
        writers = limits.writers
    }

    /// Makes the machine read the outbox again.
    ///
    /// Where a failure has ended this push, and its last steps take long (an answer that is streamed), it goes on: what was
    /// queued since must not wait for them.
    package mutating func woken() {
        isLoadDue = true
        if mode == .due, inFlight > 0, case .api = report.halt { report.halt = nil }
    }
    /// Whether the outbox has changed, or may have, since it was last read.
    package var hasChangesToRead: Bool { isLoadDue }

    /// Returns what to do now: steps as long as the limits allow, then to wait for those in flight.
    ///
    /// - Parameter now: the wall clock's time.
    /// - Returns: ``NextAction/done`` when no step is in flight and nothing can be sent now, or the push has failed.
    package mutating func next(at now: Timestamp) -> NextAction<Step> {
        if let step = decided.popLast() { return start(step) }
        guard report.halt == nil else { return inFlight == 0 ? .done : .wait(until: nil) }
        if isLoadDue, !isLoading {
            (isLoadDue, isLoading) = (false, true)
            // Those that were tried come first again, and there may be more of them than fit.
            return start(.load(limit: PushMachine.batch + (mode == .once ? tried.count : 0)))
        }
        if let slowUntil = report.slowUntil, !Backoff.isOver(slowUntil, at: now) {
            return inFlight == 0 ? .done : .wait(until: slowUntil)
        }
        let hasRoom = busy.count < writers
        let next = waiting.firstIndex { isDue($0, at: now) && (hasRoom || awaited.contains($0.id)) }
        if let index = next, hasRoom || !awaited.isEmpty {
            guard verification == .done else {
                guard verification == .due else { return .wait(until: nil) }
                verification = .underway
                return start(.verify)
            }
            let item = waiting.remove(at: index)
            busy.insert(item.conversation)
            if let remoteID = item.remoteID { busyThere.insert(remoteID) }
            tried.insert(item.id)
            return start(firstStep(for: item, at: now))
        }
        return inFlight == 0 ? .done : .wait(until: earliest(after: now))
    }

    /// Takes the outcome of a step that ``next(at:)`` returned.
    ///
    /// - Parameters:
    ///   - step: the step that has ended.
    ///   - outcome: what came of it.
    ///   - now: the wall clock's time.
    package mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp) {
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
        case (.send(let item, _), .sent(let end)):
            unread.remove(item.id)
            tried.remove(item.id)
            report.delivered += 1
            writers = min(limits.writers, writers + 1)
            if let end { goOn(item, behind: end, at: now) } else { decided.append(.refresh(item)) }
        case (.confirm(let item), .confirmed(let confirmation, let readSince)):
            let transition = OperationTransition(confirmation, of: item, readSince: readSince, at: now, limits: limits)
            if case .delivered = transition { report.delivered += 1 }
            decided.append(.settle(item, transition))
        case (.settle(let item, .delivered), .settled), (.settle(let item, .refused), .settled),
            (.settle(let item, .held), .settled):
            tried.remove(item.id)  // no load returns it any more
            decided.append(.refresh(item))
        case (.settle(let item, .branched), .settled), (.settle(let item, .queued(.notArrived, _)), .settled):
            tried.remove(item.id)  // now another write, or one that never arrived: it may be tried at once
            release(item)
        case (.send(let item, _), .failed(let failure)) where failure.isNotFound && item.kind == .append:
            decided.append(.find(item, failure.reason))
        case (.send(let item, _), .failed(let failure)) where failure.isBusy && unread.contains(item.id):
            // The server may answer before it is done with a turn. A read comes before the next try, and takes its time.
            unread.remove(item.id)
            tried.remove(item.id)
            decided.append(.settle(item, .queued(failure.reason, until: nil)))
        case (.find(let item, let failure), .found(let isThere)):
            decided.append(.settle(item, OperationTransition(notFound: failure, isThere: isThere)))
        case (.find(let item, _), .failed(let failure)): failed(step, item, failure, at: now)
        case (.send(let item, _), .failed(let failure)), (.prepare(let item), .failed(let failure)),
            (.confirm(let item), .failed(let failure)):
            failed(step, item, failure, at: now)
        case (.settle, .failed(let failure)):
            report.halt = failure  // the next push finds what is `sending`, and takes it for in doubt
        case (.refresh(let item), .refreshed(let end)): goOn(item, behind: end, at: now)
        case (.settle(let item, _), _), (.refresh(let item), _), (.send(let item, _), _), (.prepare(let item), _),
            (.confirm(let item), _), (.find(let item, _), _):
            release(item)
        }
    }

    private static let batch = 200

    private mutating func firstStep(for item: OutboxItem, at now: Timestamp) -> Step {
        let end = ends.removeValue(forKey: item.conversation)
        switch (item.state, item.kind) {
        case (.inDoubt, _): return .confirm(item)
        case (_, .append):
            if let end, end.knownAt <= now, now < end.knownAt + TurnSpan.freshness {
                unread.insert(item.id)
                return .send(item, end.base)
            }
            return .prepare(item)
        default: return .send(item, nil)
        }
    }

    private func isDue(_ item: OutboxItem, at now: Timestamp) -> Bool {
        guard !busy.contains(item.conversation) else { return false }
        if let remoteID = item.remoteID, busyThere.contains(remoteID) { return false }
        // A person who asks for a push does not wait for the back-off of an earlier one.
        if mode == .once { return !tried.contains(item.id) }
        return item.nextAttempt.map { Backoff.isOver($0, at: now) } ?? true
    }

    /// When the next write comes due; `nil` if none does.
    ///
    /// A write that is due already waits for a step in flight, not for time.
    private func earliest(after now: Timestamp) -> Timestamp? {
        (waiting.compactMap(\.nextAttempt) + [report.slowUntil].compactMap(\.self)).filter { $0 > now }.min()
    }

    private mutating func loaded(_ outcome: Outcome) {
        switch outcome {
        case .loaded(let items, let awaited): (waiting, self.awaited) = (items, awaited)
        case .madeRoom: (waiting, report.hasMadeRoom) = ([], true)
        case .failed(let failure):
            report.halt = report.halt ?? failure
            isLoadDue = true  // the outbox was not read
        default: break
        }
    }

    /// Ends the push, because nothing can be sent.
    ///
    /// The writes that would have gone first show the reason. If the machine is woken before that is stored, and goes on, it
    /// verifies again.
    private mutating func notVerified(_ failure: SyncFailure, at now: Timestamp) {
        verification = .due
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

    /// Lets the next write to a conversation go, behind its end if that is known.
    private mutating func goOn(_ item: OutboxItem, behind end: OutboxItem.Base?, at now: Timestamp) {
        ends[item.conversation] = end.map { ($0, now) }
        release(item)
    }

    private mutating func release(_ item: OutboxItem) {
        busy.remove(item.conversation)
        if let remoteID = item.remoteID { busyThere.remove(remoteID) }
        // The store listed the waiting writes before this step ended: the machine loads them again.
        (waiting, isLoadDue) = ([], true)
    }

    private mutating func start(_ step: Step) -> NextAction<Step> {
        inFlight += 1
        return .step(step)
    }
}
