import Synchronization

/// How much a bulk writer puts into one transaction: large transactions are faster, but other processes wait for them.
///
/// A process that waited once is likely to come again (a script that appends line after line). So after a transaction
/// for which another process waited, the next ones are small, and grow again step by step.
final class TransactionBudget: Sendable {
    /// The largest transaction, in bytes of JSON plus ``row`` for each entry: some 256 entries of a usual length.
    private static let most = 448 << 10
    private static let least = most / 8
    private static let step = most / 16
    static let row = 512

    private let current = Mutex(most)

    var size: Int { current.withLock(\.self) }

    /// The present size as a fraction of the largest.
    var share: Double { Double(size) / Double(TransactionBudget.most) }

    /// Adjusts the size after a transaction.
    ///
    /// - Parameter wasAwaited: whether another process waited for it.
    func note(wasAwaited: Bool) {
        current.withLock {
            $0 = wasAwaited ? TransactionBudget.least : min(TransactionBudget.most, $0 + TransactionBudget.step)
        }
    }
}

/// When the segments of the full-text index are merged.
///
/// Each transaction writes one segment, a search looks into every segment, and merging writes them once more. So a bulk
/// writer lets segments gather, and merges many at once.
final class SegmentMergePolicy: Sendable {
    private static let limit = 64

    private struct State {
        /// How many segments this process has written since it last began to merge.
        var count = 0
        var isMerging = false
    }

    private let state = Mutex(State())

    func add() { state.withLock { $0.count += 1 } }

    func shouldMerge(hasMoreToCome: Bool) -> Bool {
        state.withLock { state in
            if state.count >= (hasMoreToCome ? SegmentMergePolicy.limit : 1) { state = State(isMerging: true) }
            return state.isMerging
        }
    }

    /// Ends the merging: there was nothing left to merge.
    func noteMerged() { state.withLock { $0.isMerging = false } }
}
