internal import Dispatch
internal import Synchronization

/// Threads for steps that wait for the disk or for another writer.
///
/// Swift's own pool has a thread for each core, and so has a concurrent queue. Where one of them is storing and one waits
/// for its turn to, none is left to read what the server sends. A serial queue is given a thread of its own; a step that
/// falls to the one that is storing waits for that one batch.
public final class ThreadsForWaiting: TaskExecutor {
    /// As many as there may be steps at once, pulling and pushing.
    private static let count = 12

    private let queues = (0..<count).map { DispatchQueue(label: "convo.steps.\($0)") }
    private let turn = Atomic(0)

    public init() {}

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let number = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        queues[(number & Int.max) % queues.count].async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
