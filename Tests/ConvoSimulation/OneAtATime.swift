import Synchronization

/// Runs tasks one job at a time, in the order in which they became able to run: the whole real engine, its task
/// groups included, does the same thing each time.
package final class OneAtATime: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// More jobs than this without the clock moving is a loop that never waits.
    package static let jobLimit = 100_000

    /// Runs what can run, until everything waits for something, or the condition no longer holds.
    ///
    /// - Returns: `false` where it would not end.
    @discardableResult
    package func drain(while condition: () -> Bool = { true }) -> Bool {
        for _ in 0..<OneAtATime.jobLimit {
            guard condition(), let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return true }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return false
    }
}
