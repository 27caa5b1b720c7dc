internal import Dispatch

/// The thread for steps that use the store, which may wait for the disk or for another process.
///
/// Swift's own pool has a thread for each core, and those that wait here are not of it: there is always one left to read
/// what the server sends. Only one of them can write at a time anyway. Several threads for them would take each other's
/// memory: SQLite frees with one what it was given in another, and glibc's arenas have locks.
public final class StoringThread: TaskExecutor {
    private let queue = DispatchQueue(label: "convo.storing")

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
