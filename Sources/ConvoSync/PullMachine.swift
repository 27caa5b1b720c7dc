public import ConvoModel
public import ConvoStore

/// One pull: a look at the first page, or a sweep of all of them, and the histories that turn out to be behind.
///
/// What is to be fetched is asked of the store and not remembered here, so that a pull that was cut off goes on
/// where it was, and memory does not grow with the number of conversations.
public struct PullMachine: StateMachine {
    public enum Scope: Sendable, Hashable { case firstPage, full }

    public enum Step: Sendable, Hashable {
        /// Makes sure that the server and the key are those of the database.
        case verify
        case list(page: Int, size: Int)
        case findStale(limit: Int)
        /// Reads a history.
        case fetch(StaleConversation)
        /// Stores some. One that was cut off still counts as behind.
        case ingest([FetchedHistory])
        /// Remembers that this version of a history cannot be read.
        case setAside(StaleConversation, reason: String)
        /// Asks what a sweep should have met, but for what these pages list.
        case findMirrored(exceptOn: [Int])
        /// Asks how many conversations there are, and how many went lately.
        case countDeletions
        /// Asks whether a conversation is still there.
        case probe(RemoteID)
        /// Marks conversations as deleted on the server.
        case markDeleted([RemoteID], isAccepted: Bool)
        case conclude(Scope)
    }

    public enum Outcome: Sendable {
        case verified
        case listed(IngestedPage)
        case stale([StaleConversation])
        case fetched(FetchedHistory)
        /// With how many new entries.
        case takenIn(Int)
        case isSetAside
        case mirrored([RemoteID])
        case counted(DeletionCensus)
        case probed(isGone: Bool)
        case markedDeleted
        case concluded
        case failed(SyncFailure)
    }

    public private(set) var report = PullReport()
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
    /// Answers in a row that were not the API's.
    private var foreignAnswers = 0
    private var isMirroredAsked = false
    private var isConcluded = false
    private var retries = RetryQueue()
    private var halt: SyncFailure?

    /// - Parameter acceptsDeletions: marks conversations as deleted however many the server no longer has.
    public init(_ scope: Scope, limits: SyncLimits = SyncLimits(), acceptsDeletions: Bool = false) {
        self.scope = scope
        self.limits = limits
        self.acceptsDeletions = acceptsDeletions
        listing = ListPager(scope: scope, limits: limits)
        deletions = DeletionCheck(acceptsAll: acceptsDeletions, probesAtOnce: limits.fetches)
    }

    public mutating func next(at now: Timestamp) -> NextAction<Step> {
        guard halt == nil else {
            // What has arrived is not thrown away: on a bad line the next pull might get no further.
            if let batch = batcher.next(at: now, isMoreComing: false) { return start(.ingest(batch)) }
            return isIdle ? .done : .wait(until: nil)
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

    public mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp) {
        stop(step)
        if case .failed(let failure) = outcome { return failed(step, failure, at: now) }
        retries.succeeded(step)
        if step.isRequest { foreignAnswers = 0 }
        switch (step, outcome) {
        case (_, .verified): verification = .done
        case (.list(let page, _), .listed(let intake)):
            report.conversations += intake.newCount
            listing.listed(intake, page: page)
            if intake.items.contains(where: { $0 != .unchanged }) { fetching.lookAgain() }
        case (.findStale(let limit), .stale(let found)): fetching.found(found, limit: limit)
        case (_, .fetched(let history)): batcher.add(history, at: now)
        case (.ingest(let histories), .takenIn(let count)):
            report.entries += count
            report.histories += histories.count
        case (_, .isSetAside): report.unreadable += 1
        case (_, .mirrored(let mirrored)): deletions.add(listing.missing(of: mirrored))
        case (_, .counted(let census)): deletions.counted(census)
        case (.probe(let id), .probed(let isGone)):
            deletions.probed(id, isGone: isGone)
            if !isGone { fetching.lookAgain() }  // what was hidden between two pages has a history too
        case (_, .concluded): isConcluded = true
        default: break
        }
    }

    /// A sweep asks for what it did not see, once all pages are read.
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

    /// Whether no step is in flight. `next(at:)` asks this only after it has found no history that waits to be stored.
    private var isIdle: Bool {
        listingsInFlight == 0 && fetching.inFlight == 0 && deletions.isIdle && !batcher.isStoring
    }

    private mutating func start(_ step: Step) -> NextAction<Step> {
        switch step {
        case .fetch, .findStale, .setAside: fetching.inFlight += 1
        case .probe, .countDeletions, .markDeleted, .ingest: break  // they are counted where they come from
        case .verify, .list, .findMirrored, .conclude: listingsInFlight += 1
        }
        return .step(step)
    }

    private mutating func stop(_ step: Step) {
        switch step {
        case .fetch, .findStale, .setAside: fetching.inFlight -= 1
        case .probe, .countDeletions, .markDeleted: deletions.finished()
        case .ingest: batcher.stored()
        case .verify, .list, .findMirrored, .conclude: listingsInFlight -= 1
        }
    }

    private mutating func failed(_ step: Step, _ failure: SyncFailure, at now: Timestamp) {
        if failure.isNotTheAPI { foreignAnswers += 1 }
        if let asked = failure.asked, asked > limits.patience { report.asked = max(report.asked ?? asked, asked) }
        if failure.endsPass || foreignAnswers >= limits.foreignAnswers {
            halt = halt ?? failure
        } else if case .fetch(let stale) = step, failure.isNotFound {
            deletions.add([stale.remoteID])
        } else if case .fetch(let stale) = step, failure.isUnreadable {
            unreadable.append(.setAside(stale, reason: failure.description))
        } else if let asked = failure.asked, asked > limits.patience {
            halt = halt ?? failure  // the caller waits, or says until when
        } else if failure.isPassing, retries.count(step) + 1 < limits.tries {
            retry(step, after: limits.backoff.delay(after: retries.count(step) + 1, asked: failure.asked), at: now)
        } else if let id = step.conversation {
            // One conversation that cannot be read must not keep the others back: it stays as it is.
            report.failures.append(PullReport.ConversationFailure(conversation: id, cause: failure))
            return
        } else {
            halt = halt ?? failure
        }
        if halt != nil { report.halt = halt }
    }

    private mutating func retry(_ step: Step, after wait: Duration, at now: Timestamp) {
        retries.add(step, after: wait, at: now)
        if case .probe = step { deletions.postponed() }
    }
}

extension PullMachine.Step {
    /// Whether the server is asked for something.
    fileprivate var isRequest: Bool {
        switch self {
        case .list, .fetch, .probe, .verify: true
        case .findStale, .ingest, .setAside, .findMirrored, .countDeletions, .markDeleted, .conclude: false
        }
    }

    /// The one conversation that is asked for.
    fileprivate var conversation: RemoteID? {
        switch self {
        case .fetch(let stale): stale.remoteID
        case .probe(let id): id
        default: nil
        }
    }
}

/// What a pull has done.
public struct PullReport: Sendable {
    /// A conversation that could not be read, and stays as it was until the next pull.
    public struct ConversationFailure: Sendable {
        public let conversation: RemoteID
        public let cause: SyncFailure
    }

    /// New ones.
    public internal(set) var conversations = 0
    /// New ones.
    public internal(set) var entries = 0
    public internal(set) var histories = 0
    /// Histories that cannot be read in the version that the server has now; the store names them (`Store.setAside()`).
    public internal(set) var unreadable = 0
    /// Conversations that the server no longer has and that were not marked as deleted, because there are too many of them.
    public internal(set) var withheldDeletions = 0
    public internal(set) var failures: [ConversationFailure] = []
    /// Why the pull ended early; `nil` where it is complete.
    public internal(set) var halt: SyncFailure?
    /// How long the server asked to be left alone, where that is longer than a pull waits: the longest of all answers,
    /// whatever ended the pull.
    public internal(set) var asked: Duration?

    public init() {}
}
