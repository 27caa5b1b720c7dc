internal import Dispatch
internal import Synchronization

/// The thread for steps that use the store, which may wait for the disk or for another process.
///
/// Swift's own pool has a thread for each core, and those that wait here are not of it: one is always left to read what
/// the server sends. Only one of them can write at a time anyway. It is always the same thread, not one of a
/// queue's: what SQLite has from malloc it gives back, and a thread's own memory has nobody else's lock.
public final class StoringThread: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var isRunning = false
    }

    /// It ends when there was nothing to do for so long; the next job begins another.
    private static let patience = DispatchTimeInterval.seconds(1)

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
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
        _ = arrived.wait(timeout: .now() + StoringThread.patience)  // either way there may be one
        return state.withLock { state in
            state.isRunning = !state.jobs.isEmpty
            return state.isRunning ? state.jobs.removeFirst() : nil
        }
    }
}
