import ConvoPlatform
import Dispatch
import Synchronization

/// Decides when the write-ahead log is copied into the database file, so that writers hardly wait for it.
///
/// SQLite's own automatic checkpoint runs in the commit that brings the log to a thousand pages, which then waits for
/// the disk. That commit may be the writer's of a first sync, or that of a short command between two of its
/// transactions. Here the checkpoint runs on a thread of its own.
final class CheckpointScheduler: Sendable {
    /// Bytes that are in the log but not yet in the file, from which on a checkpoint is worth its cost.
    private static let due = 8 << 20
    /// Bytes in the log from which on a busy writer waits for the checkpoint: SQLite reuses the log from its beginning
    /// only once a checkpoint has caught up with the writer.
    private static let overdue = 32 << 20
    /// Bytes in the log from which on even a writer that is not busy makes the checkpoint, because nobody else did.
    private static let longOverdue = 48 << 20
    /// Bytes in the log from which on a bulk writer pauses between its transactions, so that the log stays below 64 MB: a
    /// long read, or another program such as one that replicates the file, keeps SQLite from beginning it anew.
    static let congested = 40 << 20
    /// Bytes that a bulk writer adds to a long log before it pauses again, where SQLite could not begin the log anew while
    /// it waited.
    static let growth = 8 << 20

    private struct State {
        /// Whether a checkpoint is scheduled or running on the queue.
        var isUnderWay = false
        /// Bytes of the log that are in the file too.
        var home = 0
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "convo.checkpoints")

    /// Begins or makes a checkpoint after a commit, if the log is long enough for one.
    ///
    /// Blocks for file I/O where it makes the checkpoint itself.
    ///
    /// - Parameters:
    ///   - writer: the connection that committed.
    ///   - isBusy: whether the writer has more transactions to come, and so takes care of the log.
    ///   - borrow: lends a connection for as long as its argument runs.
    func noteCommit(
        by writer: Database, isBusy: Bool, borrow: @escaping @Sendable ((Database) -> Void) throws -> Void
    ) {
        guard writer.logBytes >= (isBusy ? CheckpointScheduler.due : CheckpointScheduler.longOverdue) else { return }
        if isBusy, writer.logBytes < CheckpointScheduler.overdue {
            begin(of: writer.logBytes, borrow)
        } else {
            finish(for: writer)
        }
    }

    /// Waits for a checkpoint on the queue, then copies what a long log still holds.
    ///
    /// Otherwise the last connection that closes the file would do it, which may be that of a short command.
    func finish(for writer: Database) {
        queue.sync {}
        if writer.logBytes >= CheckpointScheduler.due { writer.checkpoint() }
    }

    /// Schedules a checkpoint on the queue, unless one is under way or the last one is recent enough.
    ///
    /// A checkpoint that fails leaves the log as it is, with everything that it holds; a later commit tries again.
    private func begin(of bytes: Int, _ borrow: @escaping @Sendable ((Database) -> Void) throws -> Void) {
        let isWorthIt = state.withLock { state in
            if bytes < state.home { state.home = 0 }  // SQLite has begun the log anew
            guard !state.isUnderWay, bytes - state.home >= CheckpointScheduler.due else { return false }
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
