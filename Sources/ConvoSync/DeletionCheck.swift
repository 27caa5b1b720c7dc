import ConvoModel
import ConvoStore

/// Decides what becomes of conversations that a pull did not meet.
///
/// The engine asks the API for each of them, and marks those that the API denies. If it would mark many, together with
/// those that it marked within the last day, it marks none: with another key, behind a filter, or on a half restored
/// server it would see the same.
struct DeletionCheck {
    /// The engine marks up to this many without asking a person.
    static let count = 10
    /// It marks more only if they are at most one in this many of all.
    static let share = 10

    /// The next thing to do with the missing conversations.
    enum Step: Hashable {
        /// Counts the conversations and those that went lately.
        ///
        /// The first step.
        case count
        /// Asks the server whether the conversation is there.
        case probe(RemoteID)
        /// Marks these as deleted on the server.
        case mark([RemoteID])
    }

    private let acceptsAll: Bool
    private let probesAtOnce: Int
    private var missing: [RemoteID] = []
    private var gone: [RemoteID] = []
    /// Those that a person has deleted from here: that they are gone needs nobody's consent.
    private var expected: [RemoteID] = []
    private enum Census { case unknown, underway, known(DeletionCensus) }
    private var census = Census.unknown
    private var inFlight = 0
    /// Probes that failed and will be made again.
    private var waiting = 0
    /// How many conversations were missing when the check gave up, because too many would have been marked; 0 if it did
    /// not.
    private(set) var withheld = 0

    init(acceptsAll: Bool, probesAtOnce: Int) {
        self.acceptsAll = acceptsAll
        self.probesAtOnce = probesAtOnce
    }

    var isIdle: Bool { inFlight == 0 }

    mutating func add(_ missing: [RemoteID]) { self.missing += missing.reversed() }

    mutating func counted(_ census: DeletionCensus) { self.census = .known(census) }

    /// The next step; `nil` if none can be made now, or too many conversations are gone.
    ///
    /// - Parameter isMoreComing: whether other conversations may still turn out to be missing.
    /// - Returns: a step that the caller reports to ``finished()`` when it has ended.
    mutating func next(isMoreComing: Bool) -> Step? {
        guard withheld == 0 else { return inFlight == 0 ? markExpected() : nil }
        guard !missing.isEmpty || !gone.isEmpty || !expected.isEmpty else { return nil }
        guard case .known(let census) = census else {
            guard case .unknown = census else { return nil }
            census = .underway
            inFlight += 1
            return .count
        }
        guard !isTooMany(of: census) else {
            withheld = gone.count + missing.count + inFlight + waiting
            return inFlight == 0 ? markExpected() : nil
        }
        if inFlight < probesAtOnce, let id = missing.popLast() {
            inFlight += 1
            return .probe(id)
        }
        guard !isMoreComing, missing.isEmpty, inFlight == 0, waiting == 0 else { return nil }
        inFlight += 1
        // The next conversation that turns out to be gone in this pull is counted together with these.
        defer { (gone, expected, self.census) = ([], [], .unknown) }
        return .mark(gone + expected)
    }

    private mutating func markExpected() -> Step? {
        guard !expected.isEmpty else { return nil }
        inFlight += 1
        defer { expected = [] }
        return .mark(expected)
    }

    /// Takes the answer to a probe.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - isGone: whether the API denies it.
    ///   - isExpected: whether a person has deleted it from here.
    mutating func probed(_ id: RemoteID, isGone: Bool, isExpected: Bool = false) {
        guard isGone else { return }
        if isExpected { expected.append(id) } else { gone.append(id) }
    }

    /// Takes note that a step has ended.
    mutating func finished() { inFlight -= 1 }

    /// Takes note that a probe has failed and will be made again.
    mutating func postponed() { waiting += 1 }
    /// Takes note that such a probe is made again now.
    mutating func resumed() { (waiting, inFlight) = (waiting - 1, inFlight + 1) }

    private func isTooMany(of census: DeletionCensus) -> Bool {
        let lately = gone.count + census.recentlyMarked
        return !acceptsAll && !gone.isEmpty && lately > DeletionCheck.count
            && lately * DeletionCheck.share > census.mirrored + census.recentlyMarked
    }
}
