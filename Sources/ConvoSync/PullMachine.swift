public import ConvoModel
public import ConvoStore

/// One pull: a look at the first page, or a sweep of all of them, and the histories that turn out to be behind.
///
/// What is to be fetched is asked of the store and not remembered here, so that a pull that was cut off goes on
/// where it was, and memory does not grow with the number of conversations.
public struct PullMachine: Machine {
    public enum Scope: Sendable, Hashable { case look, sweep }

    public enum Step: Sendable, Hashable {
        case list(page: Int, size: Int)
        case findStale(limit: Int)
        /// Reads a history.
        case fetch(StaleConversation)
        /// Stores some. One that was cut off still counts as behind.
        case takeIn([HistoryIntake])
        /// Asks what a sweep should have met, but for what these pages list.
        case findMirrored(exceptOn: [Int])
        /// Asks whether a conversation is still there.
        case probe(RemoteID)
        case conclude(Scope)
    }

    public enum Outcome: Sendable {
        case listed(PageIntake)
        case stale([StaleConversation])
        case fetched(HistoryIntake)
        /// With how many new entries.
        case takenIn(Int)
        case mirrored([RemoteID])
        case probed
        case concluded
        case failed(SyncFailure)
    }

    public private(set) var report = PullReport()
    private let scope: Scope
    private let limits: SyncLimits
    private var listing: Listing
    private var listingsInFlight = 0
    private var fetching = Fetching()
    private var arrivals = Arrivals()
    private var probes: [RemoteID] = []
    private var probesInFlight = 0
    private var isMirroredAsked = false
    private var isConcluded = false
    private var retries = Retries()
    private var halt: SyncFailure?

    public init(_ scope: Scope, limits: SyncLimits = SyncLimits()) {
        self.scope = scope
        self.limits = limits
        listing = Listing(scope: scope, limits: limits)
    }

    public mutating func next(at now: Timestamp) -> Turn<Step> {
        guard halt == nil else {
            // What has arrived is not thrown away: on a bad line the next pull might get no further.
            if let batch = arrivals.next(at: now, isMoreComing: false) { return start(.takeIn(batch)) }
            return isIdle ? .done : .wait(until: nil)
        }
        if let step = retries.due(at: now) { return start(step) }
        if let step = listing.next() { return start(step) }
        if let batch = arrivals.next(at: now, isMoreComing: fetching.inFlight > 0) { return start(.takeIn(batch)) }
        if !arrivals.isFull, let step = fetching.next(limits, stored: report.histories) { return start(step) }
        if listing.isDone, listingsInFlight == 0, let step = nextCheck() { return start(step) }
        if isIdle, retries.isEmpty { return isConcluded ? .done : start(.conclude(scope)) }
        return .wait(until: [retries.next, arrivals.due].compactMap(\.self).min())
    }

    public mutating func finished(_ step: Step, _ outcome: Outcome, at now: Timestamp) {
        stop(step)
        if case .failed(let failure) = outcome { return failed(step, failure, at: now) }
        retries.succeeded(step)
        switch (step, outcome) {
        case (.list(let page, _), .listed(let intake)):
            report.conversations += intake.newCount
            listing.listed(intake, page: page)
            if intake.items.contains(where: { $0 != .unchanged }) { fetching.lookAgain() }
        case (.findStale(let limit), .stale(let found)): fetching.found(found, limit: limit)
        case (_, .fetched(let history)): arrivals.add(history, at: now)
        case (.takeIn(let histories), .takenIn(let count)):
            report.entries += count
            report.histories += histories.count
        case (_, .mirrored(let mirrored)): probes += listing.missing(of: mirrored).reversed()
        case (_, .probed): fetching.lookAgain()  // what was hidden between two pages has a history too
        case (_, .concluded): isConcluded = true
        default: break
        }
    }

    /// A sweep asks for what it did not see, once all pages are read.
    private mutating func nextCheck() -> Step? {
        if scope == .sweep, !isMirroredAsked {
            isMirroredAsked = true
            return .findMirrored(exceptOn: listing.samePages.sorted())
        }
        guard probesInFlight < limits.fetches else { return nil }
        return probes.popLast().map { .probe($0) }
    }

    /// Whether no step is in flight, and nothing that was read waits to be stored.
    private var isIdle: Bool {
        listingsInFlight == 0 && fetching.inFlight == 0 && probesInFlight == 0 && !arrivals.isStoring
            && (halt != nil || arrivals.isEmpty)
    }

    private mutating func start(_ step: Step) -> Turn<Step> {
        switch step {
        case .fetch, .findStale: fetching.inFlight += 1
        case .probe: probesInFlight += 1
        case .takeIn: break  // it counts itself
        case .list, .findMirrored, .conclude: listingsInFlight += 1
        }
        return .step(step)
    }

    private mutating func stop(_ step: Step) {
        switch step {
        case .fetch, .findStale: fetching.inFlight -= 1
        case .probe: probesInFlight -= 1
        case .takeIn: arrivals.stored()
        case .list, .findMirrored, .conclude: listingsInFlight -= 1
        }
    }

    private mutating func failed(_ step: Step, _ failure: SyncFailure, at now: Timestamp) {
        if failure.endsPass {
            halt = halt ?? failure
        } else if case .fetch(let stale) = step, failure.isNotFound {
            probes.append(stale.remoteID)
        } else if failure.isPassing, retries.count(step) + 1 < limits.tries {
            let delay = limits.backoff.delay(after: retries.count(step) + 1, asked: failure.asked)
            retries.add(step, at: now + delay)
        } else if case .fetch = step {
            // One history that cannot be read must not keep the others back: it stays stale.
            report.failures.append(failure)
            return
        } else {
            halt = halt ?? failure
        }
        if halt != nil { report.halt = halt }
    }
}

/// What a pull has done.
public struct PullReport: Sendable {
    /// New ones.
    public internal(set) var conversations = 0
    /// New ones.
    public internal(set) var entries = 0
    public internal(set) var histories = 0
    /// Of single conversations, which stay behind until the next pull.
    public internal(set) var failures: [SyncFailure] = []
    /// Why the pull ended early; `nil` where it is complete.
    public internal(set) var halt: SyncFailure?

    public init() {}
}
