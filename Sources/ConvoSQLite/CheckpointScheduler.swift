import Dispatch
import Synchronization

/// When the write-ahead log is brought into the file: beside the writers, and not in their time.
///
/// SQLite has whoever commits the thousandth page do it, and wait for the disk: the writer of a first sync, or a short
/// command that came between two of its transactions.
final class CheckpointScheduler: Sendable {
    /// Pages in the log, and not yet in the file, from which on it is worth the trip.
    private static let due = 1000
    /// A log that is written faster than it is brought home never begins anew: from here on its writer waits for that.
    private static let overdue = 4096
    /// Where nobody else has seen to it, a writer that never does by itself does it all the same.
    private static let longOverdue = 16384

    private struct State {
        var isUnderWay = false
        /// Pages of the log that are in the file too.
        var home = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "convo.checkpoints")

    /// After a commit.
    ///
    /// - Parameters:
    ///   - isBusy: whether this writer has more to come, and sees to the log.
    ///   - borrow: lends a connection for as long as its argument works.
    func noteCommit(
        by writer: Database, isBusy: Bool, borrow: @escaping @Sendable ((Database) -> Void) throws -> Void
    ) {
        guard writer.logPages >= (isBusy ? CheckpointScheduler.due : CheckpointScheduler.longOverdue) else { return }
        if isBusy, writer.logPages < CheckpointScheduler.overdue {
            begin(of: writer.logPages, borrow)
        } else {
            finish(for: writer)
        }
    }

    /// Brings home what a long log still holds. Left undone, it is done by whoever is the last to close the file: a
    /// short command, perhaps.
    func finish(for writer: Database) {
        queue.sync {}
        if writer.logPages >= CheckpointScheduler.due { writer.checkpoint() }
    }

    /// A checkpoint that fails leaves the log as it is, with all that it holds; a later commit tries again.
    private func begin(of pages: Int, _ borrow: @escaping @Sendable ((Database) -> Void) throws -> Void) {
        let isWorthIt = state.withLock { state in
            if pages < state.home { state.home = 0 }  // the log has begun anew
            guard !state.isUnderWay, pages - state.home >= CheckpointScheduler.due else { return false }
            state.isUnderWay = true
            return true
        }
        guard isWorthIt else { return }
        queue.async { [self] in
            var home = 0
            try? borrow { home = $0.checkpoint() }
            state.withLock { $0 = State(home: home) }
        }
    }
}
