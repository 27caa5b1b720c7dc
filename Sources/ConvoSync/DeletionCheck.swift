import ConvoModel
import ConvoStore

/// Conversations that a pull did not meet, and what becomes of them.
///
/// The engine asks the API for each of them, and marks those that the API denies. If it would mark many, together with those
/// that it marked within the last day, it marks none: with another key, behind a filter, or on a half restored server it
/// would see the same.
struct DeletionCheck {
    /// Up to this many are marked without asking,
    static let count = 10
    /// and more where they are no more than this share of all: one in ten.
    static let share = 10

    enum Step: Hashable {
        /// Counts the conversations and those that went lately. The first step.
        case count
        case probe(RemoteID)
        case mark([RemoteID])
    }

    private let acceptsAll: Bool
    private let probesAtOnce: Int
    private var missing: [RemoteID] = []
    private var gone: [RemoteID] = []
    private enum Census { case unknown, underway, known(DeletionCensus) }
    private var census = Census.unknown
    private var inFlight = 0
    /// Probes that failed and are made again.
    private var waiting = 0
    /// How many would have been marked.
    private(set) var withheld = 0

    init(acceptsAll: Bool, probesAtOnce: Int) {
        self.acceptsAll = acceptsAll
        self.probesAtOnce = probesAtOnce
    }

    var isIdle: Bool { inFlight == 0 }

    mutating func add(_ missing: [RemoteID]) { self.missing += missing.reversed() }

    mutating func counted(_ census: DeletionCensus) { self.census = .known(census) }

    /// - Parameter isMoreComing: whether others may still turn out to be missing.
    mutating func next(isMoreComing: Bool) -> Step? {
        guard withheld == 0, !missing.isEmpty || !gone.isEmpty else { return nil }
        guard case .known(let census) = census else {
            guard case .unknown = census else { return nil }
            census = .underway
            inFlight += 1
            return .count
        }
        guard !isTooMany(of: census) else {
            withheld = gone.count + missing.count + inFlight + waiting
            return nil
        }
        if inFlight < probesAtOnce, let id = missing.popLast() {
            inFlight += 1
            return .probe(id)
        }
        guard !isMoreComing, missing.isEmpty, inFlight == 0, waiting == 0 else { return nil }
        inFlight += 1
        // The next conversation that turns out to be gone in this pull is weighed together with these.
        defer { (gone, self.census) = ([], .unknown) }
        return .mark(gone)
    }

    mutating func probed(_ id: RemoteID, isGone: Bool) { if isGone { gone.append(id) } }

    /// A step of this value has ended.
    mutating func finished() { inFlight -= 1 }

    /// A probe that has ended is made again later.
    mutating func postponed() { waiting += 1 }
    mutating func resumed() { (waiting, inFlight) = (waiting - 1, inFlight + 1) }

    private func isTooMany(of census: DeletionCensus) -> Bool {
        let lately = gone.count + census.recentlyMarked
        return !acceptsAll && !gone.isEmpty && lately > DeletionCheck.count
            && lately * DeletionCheck.share > census.mirrored + census.recentlyMarked
    }
}
