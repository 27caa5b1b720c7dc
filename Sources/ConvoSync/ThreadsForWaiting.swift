internal import Dispatch

/// Threads for steps that wait for the disk or for another writer.
///
/// Swift's own pool has a thread for each core. Where one of them is storing and one waits for its turn to, none is
/// left to read what the server sends.
public final class ThreadsForWaiting: TaskExecutor {
    private let queue = DispatchQueue(label: "convo.steps", attributes: .concurrent)

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
