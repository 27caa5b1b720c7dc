import Synchronization

/// How much a writer that has much to write takes into one transaction: a large one is quicker, and others wait for it.
///
/// A process that waited once is likely to come again (a script that appends line after line): the writer makes its next
/// transactions small at once, and lets them grow again step by step.
final class TransactionBudget: Sendable {
    /// In bytes of JSON, a row counting as ``row`` more: some 256 entries of a usual length.
    private static let most = 448 << 10
    private static let least = most / 8
    private static let step = most / 16
    static let row = 512

    private let current = Mutex(most)

    var size: Int { current.withLock(\.self) }

    /// Of the largest.
    var share: Double { Double(size) / Double(TransactionBudget.most) }

    /// After a transaction.
    func note(wasAwaited: Bool) {
        current.withLock {
            $0 = wasAwaited ? TransactionBudget.least : min(TransactionBudget.most, $0 + TransactionBudget.step)
        }
    }
}

/// When the parts of the index become one.
///
/// Each transaction writes one part, a word is looked for in each, and what is merged is written once more: who writes one
/// transaction after the other lets them gather, and merges many at once.
final class SegmentMergePolicy: Sendable {
    private static let limit = 64

    private struct State {
        /// That this process has written, and did not merge.
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

    /// There was nothing left to merge.
    func noteMerged() { state.withLock { $0.isMerging = false } }
}
