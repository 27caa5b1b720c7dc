import Synchronization

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
