package import ConvoModel
package import ConvoStore

/// One pull: reads the first page of the list, or all pages in a sweep, and then the histories that are behind.
///
/// The store says what is to be fetched; the machine does not remember it. So a pull that was cut off continues where
/// it was, and memory does not grow with the number of conversations.
package struct PullMachine: StateMachine {
    /// How much of the list a pull reads.
    ///
    /// `firstPage`: the first page, and further ones while they hold only new conversations. `full`: all pages (a
    /// sweep), after which it also looks for deletions.
    package enum Scope: Sendable, Hashable { case firstPage, full }

    /// A step that a pull asks its executor to do.
    package enum Step: Sendable, Hashable {
        /// Verifies that the server and the key are those of the database.
        case verify
        /// Reads a page of the list, counted from 0, and stores it.
        case list(page: Int, size: Int)
        /// Asks the store for at most `limit` conversations whose histories are behind.
        case findStale(limit: Int)
        /// Reads a history from the server.
        case fetch(StaleConversation)
        /// Asks the server for one row of the list, and stores nothing: whether the API answers at all.
        case askAPI
        /// Stores histories.
        ///
        /// If this fails half-way, the rest still count as behind.
        case ingest([FetchedHistory])
        /// Records that this version of a history cannot be read, so that no pull fetches it again.
        case setAside(StaleConversation, reason: String)
        /// Asks the store for the conversations that a sweep should have met, without those on the given pages.
        case findMirrored(exceptOn: [Int])
        /// Asks the store how many conversations there are, and how many the engine marked as deleted lately.
        case countDeletions
        /// Asks the server whether a conversation is still there.
        case probe(RemoteID)
        /// Marks conversations as deleted on the server.
        ///
        /// `isAccepted`: a person has accepted that there may be many.
        case markDeleted([RemoteID], isAccepted: Bool)
        /// Finishes the work on the search index, and records that the pull is complete.
        case conclude(Scope)
    }

    /// The outcome of a step.
    package enum Outcome: Sendable {
        /// The server and the key are those of the database.
        case verified
        /// The API has answered.
        case answered
        /// The page is stored.
        case listed(IngestedPage)
        /// The conversations whose histories are behind, as many as were asked for at most.
        case stale([StaleConversation])
        /// The history, which is not stored yet.
        case fetched(FetchedHistory)
        /// Histories are stored; with the number of new entries.
        case takenIn(Int)
        /// The version that cannot be read is recorded.
        case isSetAside
        /// The conversations that the sweep should have met.
        case mirrored([RemoteID])
        /// The number of conversations and of recent deletions.
        case counted(DeletionCensus)
        /// Whether the API itself denies the conversation.
        ///
        /// `isGone` is `false` also where a replica may only lag behind. `isExpected`: a person has deleted it from here, and an
        /// older list has shown it since.
        case probed(isGone: Bool, isExpected: Bool = false)
        /// The marks are stored.
        case markedDeleted
        /// The completed pull is recorded.
        case concluded
        /// The step failed, whichever it was.
        case failed(SyncFailure)
    }

    /// The work of the pull so far.
    ///
    /// Final once ``next(at:)`` has returned ``NextAction/done``.
    package private(set) var report = PullReport()
    private let scope: Scope
    private let limits: SyncLimits
    private let acceptsDeletions: Bool
    private enum Verification { case due, underway, done }
    private var verification = Verification.due
    private var listing: ListPager
    private var listingsInFlight = 0
    private var fetching = HistoryFetchQueue()
    private var batcher = HistoryBatcher()
    private var unreadable: [Step] = []
    private var deletions: DeletionCheck
    /// Consecutive answers that were not the API's.
    private var foreignAnswers = 0
    /// Why the API is asked for a row of the list before the pull goes on; `nil` if it is not.
    private var suspicion: SyncFailure?
    private var isAsking = false
    private var asks = 0
    /// How often a pull asks so: where everything but the list is answered by something else, it ends.
    private static let askLimit = 100
    private var isMirroredAsked = false
    private var isConcluded = false
    private var retries = RetryQueue()
    private var halt: SyncFailure?

    /// Creates a pull that has not begun.
    ///
    /// - Parameters:
    ///   - scope: how much of the list it reads.
    ///   - limits: how much it does at once, how often it tries, and how long it waits.
    ///   - acceptsDeletions: marks conversations as deleted however many the server no longer has.
    package init(_ scope: Scope, limits: SyncLimits = SyncLimits(), acceptsDeletions: Bool = false) {
        self.scope = scope
        self.limits = limits
        self.acceptsDeletions = acceptsDeletions
        listing = ListPager(scope: scope, limits: limits)
        deletions = DeletionCheck(acceptsAll: acceptsDeletions, probesAtOnce: limits.fetches)
    }

    /// Returns what to do now: steps as long as the limits allow, then to wait for those in flight.
    ///
    /// - Parameter now: the wall clock's time.
    /// - Returns: ``NextAction/done`` when the pull is complete, or has failed and no step is in flight any more.
    package mutating func next(at now: Timestamp) -> NextAction<Step> {
        guard halt == nil else {
            // Store what has arrived: on a bad connection the next pull might get no further.
            if let batch = batcher.next(at: now, isMoreComing: false) { return start(.ingest(batch)) }
            return isIdle ? .done : .wait(until: nil)
        }
        if suspicion != nil {
            guard !isAsking else { return .wait(until: nil) }
            (isAsking, asks) = (true, asks + 1)
            return start(.askAPI)
        }
        if let step = retries.due(at: now) {
            if case .probe = step { deletions.resumed() }
            return start(step)
        }
        guard verification == .done else {
            guard verification == .due else { return .wait(until: retries.next) }
            verification = .underway
            return start(.verify)
        }
        if let step = listing.next() { return start(step) }
        if let step = unreadable.popLast() { return start(step) }
        if let batch = batcher.next(at: now, isMoreComing: fetching.inFlight > 0) { return start(.ingest(batch)) }
        if !batcher.isFull, let step = fetching.next(limits, settled: report.histories + report.unreadable) {
            return start(step)
        }
        if listing.isDone, listingsInFlight == 0, let step = nextCheck() { return start(step) }
        if isIdle, retries.isEmpty { return isConcluded ? .done : start(.conclude(scope)) }
        return .wait(until: [retries.next, batcher.due].compactMap(\.self).min())
    }

    /// Takes the outcome of a step that ``next(at:)`` returned.
    ///
    /// - Parameters:
    ///   - step: the step that has ended.
    ///   - outcome: what came of it.
    ///   - now: the wall clock's time.
    package mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp) {
        stop(step)
        if case .failed(let failure) = outcome { return failed(step, failure, at: now) }
        retries.succeeded(step)
        if step.isRequest { foreignAnswers = 0 }
        switch (step, outcome) {
        case (_, .verified): verification = .done
        case (_, .answered): (suspicion, isAsking) = (nil, false)
        case (.list(let page, _), .listed(let intake)):
            report.conversations += intake.newCount
            listing.listed(intake, page: page)
            if intake.items.contains(where: { $0 != .unchanged }) { fetching.lookAgain() }
        case (.findStale(let limit), .stale(let found)): fetching.found(found, limit: limit)
        case (_, .fetched(let history)):
            asks = 0
            batcher.add(history, at: now)
        case (.ingest(let histories), .takenIn(let count)):
            report.entries += count
            report.histories += histories.count
        case (_, .isSetAside): report.unreadable += 1
        case (_, .mirrored(let mirrored)): deletions.add(listing.missing(of: mirrored))
        case (_, .counted(let census)): deletions.counted(census)
        case (.probe(let id), .probed(let isGone, let isExpected)):
            deletions.probed(id, isGone: isGone, isExpected: isExpected)
            if !isGone { fetching.lookAgain() }  // a conversation hidden between two pages may be stale
        case (_, .concluded): isConcluded = true
        default: break
        }
    }

    /// Looks for conversations that a sweep did not meet, once all pages are read.
    private mutating func nextCheck() -> Step? {
        if scope == .full, !isMirroredAsked {
            isMirroredAsked = true
            return .findMirrored(exceptOn: listing.samePages.sorted())
        }
        // A history that is still to be read may turn out to be gone as well.
        let step = deletions.next(isMoreComing: fetching.inFlight > 0 || !retries.isEmpty)
        report.withheldDeletions = deletions.withheld
        return step.map { step in
            switch step {
            case .probe(let id): .probe(id)
            case .count: .countDeletions
            case .mark(let ids): .markDeleted(ids, isAccepted: acceptsDeletions)
            }
        }
    }

    /// Whether no step is in flight.
    ///
    /// `next(at:)` asks this only after it has found no history that waits to be stored.
    private var isIdle: Bool {
        listingsInFlight == 0 && fetching.inFlight == 0 && deletions.isIdle && !batcher.isStoring
    }

    private mutating func start(_ step: Step) -> NextAction<Step> {
        switch step {
        case .fetch, .findStale, .setAside: fetching.inFlight += 1
        case .probe, .countDeletions, .markDeleted, .ingest: break  // counted by `deletions` and `batcher`
        case .verify, .askAPI, .list, .findMirrored, .conclude: listingsInFlight += 1
        }
        return .step(step)
    }

    private mutating func stop(_ step: Step) {
        switch step {
        case .fetch, .findStale, .setAside: fetching.inFlight -= 1
        case .probe, .countDeletions, .markDeleted: deletions.finished()
        case .ingest: batcher.stored()
        case .verify, .askAPI, .list, .findMirrored, .conclude: listingsInFlight -= 1
        }
    }

    private mutating func failed(_ step: Step, _ failure: SyncFailure, at now: Timestamp) {
        if failure.isNotTheAPI { foreignAnswers += 1 } else if !failure.isUnproven { foreignAnswers = 0 }
        if let asked = failure.asked, asked > limits.patience { report.asked = max(report.asked ?? asked, asked) }
        if step == .askAPI {
            isAsking = false
            // A refusal by the API itself is an answer, too.
            guard failure.isUnproven || failure.endsPass else { return suspicion = nil }
            halt = halt ?? (failure.endsPass ? failure : suspicion ?? failure)
        } else if failure.endsPass {
            halt = halt ?? failure
        } else if failure.isNotTheAPI, foreignAnswers >= limits.foreignAnswers {
            // One odd conversation, or a few, must not stop the pull: the API answers for the others.
            guard let id = step.conversation, suspicion != nil || asks < PullMachine.askLimit else {
                return stopped(by: failure)
            }
            suspicion = suspicion ?? failure
            report.failures.append(PullReport.ConversationFailure(conversation: id, cause: failure))
            return
        } else if case .fetch(let stale) = step, failure.isNotFound {
            deletions.add([stale.remoteID])
        } else if case .fetch(let stale) = step, failure.isUnreadable {
            unreadable.append(.setAside(stale, reason: failure.description))
        } else if let asked = failure.asked, asked > limits.patience {
            halt = halt ?? failure  // the caller waits, or reports until when
        } else if failure.isPassing, retries.count(step) + 1 < limits.tries {
            retry(step, after: limits.backoff.delay(after: retries.count(step) + 1, asked: failure.asked), at: now)
        } else if let id = step.conversation {
            // One conversation that cannot be read must not keep the others back. It stays as it is.
            report.failures.append(PullReport.ConversationFailure(conversation: id, cause: failure))
            return
        } else {
            halt = halt ?? failure
        }
        if halt != nil { report.halt = halt }
    }

    private mutating func stopped(by failure: SyncFailure) {
        halt = halt ?? failure
        report.halt = halt
    }

    private mutating func retry(_ step: Step, after wait: Duration, at now: Timestamp) {
        retries.add(step, after: wait, at: now)
        if case .probe = step { deletions.postponed() }
    }
}

extension PullMachine.Step {
    /// Whether the step sends a request to the server.
    fileprivate var isRequest: Bool {
        switch self {
        case .list, .fetch, .probe, .verify, .askAPI: true
        case .findStale, .ingest, .setAside, .findMirrored, .countDeletions, .markDeleted, .conclude: false
        }
    }

    /// The one conversation that the step asks the server about; `nil` for every other step.
    fileprivate var conversation: RemoteID? {
        switch self {
        case .fetch(let stale): stale.remoteID
        case .probe(let id): id
        default: nil
        }
    }
}
