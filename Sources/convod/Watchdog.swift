import ConvoPlatform
import ConvoSync
import Logging

/// The service manager's watchdog: it ends and starts anew a daemon that has not said for a while that it lives.
///
/// The daemon says so only as long as every part of the engine makes progress or waits on purpose (``ProgressLedger``). A
/// thread of its own says it: where the engine keeps every thread of the concurrency pool, no task would get to look.
struct Watchdog {
    /// How long the manager waits for a sign of life.
    let interval: Duration

    /// Reads what the manager asks for.
    ///
    /// > "The service manager sets this variable to the PID … services should not respond to the watchdog if it is not theirs."
    /// > (sd_watchdog_enabled(3), of `WATCHDOG_PID`)
    ///
    /// - Parameters:
    ///   - microseconds: the value of `WATCHDOG_USEC`.
    ///   - process: the value of `WATCHDOG_PID`.
    ///   - own: the id of this process. The result is `nil` if no sign of life is asked of it.
    init?(microseconds: String?, process: String?, own: Int32) {
        guard let microseconds = microseconds.flatMap(Int64.init), microseconds > 0 else { return nil }
        if let process, Int32(process) != own { return nil }
        interval = .microseconds(microseconds)
    }

    /// The time between two signs: the manager must have one in each interval, however late a thread wakes up.
    var pause: Duration { interval / 3 }

    /// Starts the thread, which lives as long as the process.
    func start(telling manager: ServiceManager, about progress: ProgressMonitor, _ logger: Logger) {
        let pause = pause
        let thread = SystemThread {
            var judge = StuckJudge()
            while true {
                let judgement = judge.judge(progress.overdue)
                if judgement.isAlive { manager.tell(.alive) }
                if let stuck = judgement.news {
                    let words = "\(stuck); the service manager ends and restarts this process unless it goes on"
                    logger.error("the engine is stuck: \(words)")
                    manager.tell(.status("Stuck: \(words)"))
                }
                Monotonic.sleep(pause)
            }
        }
        guard let thread else {
            return logger.warning("there is no thread for the watchdog, which will restart this process")
        }
        thread.detach()
    }
}

/// Decides whether the daemon counts as alive, and tells once what is stuck.
struct StuckJudge {
    private var told: String?

    /// Judges the present state.
    ///
    /// - Parameter overdue: the part of the engine that is stuck; `nil` if none is.
    /// - Returns: whether the manager may be told that the daemon lives; and what is stuck, where it was not told before.
    mutating func judge(_ overdue: ProgressLedger.Overdue?) -> (isAlive: Bool, news: ProgressLedger.Overdue?) {
        defer { told = overdue?.name }
        return (overdue == nil, overdue?.name == told ? nil : overdue)
    }
}

/// The clock that nobody sets and that stands still while the machine sleeps.
enum Monotonic {
    static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// Blocks the thread.
    static func sleep(_ pause: Duration) {
        let (seconds, attoseconds) = pause.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = timespec()
        while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }
}
