import Synchronization

/// Runs tasks one job at a time, in the order in which they became able to run, so that the whole engine, its task
/// groups included, does the same in each run.
package final class OneAtATime: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// More jobs than this while the clock stands still mean a loop that never waits.
    package static let jobLimit = 100_000

    /// Runs jobs until every task waits for something, or the condition no longer holds.
    ///
    /// - Parameter condition: checked before each job.
    /// - Returns: `false` if ``jobLimit`` jobs did not suffice.
    @discardableResult
    package func drain(while condition: () -> Bool = { true }) -> Bool {
        for _ in 0..<OneAtATime.jobLimit {
            guard condition(), let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return true }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
        return false
    }
}
