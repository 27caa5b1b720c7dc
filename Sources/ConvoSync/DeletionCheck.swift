import ConvoModel

/// Conversations that a pull did not meet, and what becomes of them.
///
/// What the API itself says is not there is marked as deleted, once all have been asked about. Where that would be many at
/// once, nothing is marked: another key, a filter in between or a half restored server looks the same.
struct DeletionCheck {
    /// Up to this many are marked without asking,
    static let count = 10
    /// and more where they are no more than this share of all: one in ten.
    static let share = 10

    enum Step: Hashable {
        case probe(RemoteID)
        case mark([RemoteID])
    }

    private let acceptsAll: Bool
    private let probesAtOnce: Int
    private var missing: [RemoteID] = []
    private var gone: [RemoteID] = []
    private var mirrored = 0
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

    /// - Parameter mirrored: how many conversations the server has, as far as is known; 0 where that was not asked.
    mutating func add(_ missing: [RemoteID], of mirrored: Int = 0) {
        self.missing += missing.reversed()
        self.mirrored = max(self.mirrored, mirrored)
    }

    mutating func next() -> Step? {
        if isTooMany {
            withheld = gone.count + missing.count
            (missing, gone) = ([], [])
        }
        guard withheld == 0 else { return nil }
        if inFlight < probesAtOnce, let id = missing.popLast() {
            inFlight += 1
            return .probe(id)
        }
        guard missing.isEmpty, inFlight == 0, waiting == 0, !gone.isEmpty else { return nil }
        inFlight += 1
        defer { gone = [] }
        return .mark(gone)
    }

    mutating func probed(_ id: RemoteID, isGone: Bool) { if isGone { gone.append(id) } }

    /// A step of this value has ended.
    mutating func finished() { inFlight -= 1 }

    /// A probe that has ended is made again later.
    mutating func postponed() { waiting += 1 }
    mutating func resumed() { (waiting, inFlight) = (waiting - 1, inFlight + 1) }

    private var isTooMany: Bool {
        !acceptsAll && gone.count > DeletionCheck.count && gone.count * DeletionCheck.share > mirrored
    }
}
