internal import Dispatch
internal import Synchronization

/// A task executor with one thread, for the steps that use the store and may wait for the disk or for another process.
///
/// Swift's concurrency pool has one thread per core. Store steps run on this thread instead, so that a thread of the
/// pool is always free to read what the server sends. One thread is enough, because only one of the steps can write at
/// a time. All jobs run on the same thread, not on changing threads of a queue: SQLite then frees memory on the thread
/// that allocated it, and does not contend for the lock of another thread's memory.
package final class StoringThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isRunning = false
    }

    /// The thread ends after so long without a job; the next job starts another one.
    private static let patience = DispatchTimeInterval.seconds(1)

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// Creates the executor; its thread starts with the first job.
    package init() {}

    /// Adds a job behind those that wait.
    ///
    /// Never blocks; jobs run one at a time, in the order in which they were added.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isRunning = state.withLock { state in
            state.jobs.append(job)
            defer { state.isRunning = true }
            return state.isRunning
        }
        arrived.signal()
        if !isRunning { DispatchQueue(label: "convo.storing").async { self.run() } }
    }

    private func run() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        _ = arrived.wait(timeout: .now() + StoringThread.patience)  // after a timeout too, look for a job
        return state.withLock { state in
            state.isRunning = !state.jobs.isEmpty
            return state.isRunning ? state.jobs.removeFirst() : nil
        }
    }
}
