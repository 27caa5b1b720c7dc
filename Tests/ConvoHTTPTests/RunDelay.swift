import Foundation

/// How long threads of this process were ready to run and waited for a processor: the second field of `schedstat`
/// (docs.kernel.org/scheduler/sched-stats.html).
enum RunDelay {
    static func ofThisThread() -> Duration { read("/proc/thread-self/schedstat") }

    static func idOfThisThread() -> String {
        let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        return path?.split(separator: "/").last.map(String.init) ?? ""
    }

    /// The delay of each thread so far, by the thread's id.
    static func ofAllThreads() -> [String: Duration] {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return Dictionary(uniqueKeysWithValues: ids.map { ($0, read("/proc/self/task/\($0)/schedstat")) })
    }

    /// The delays since `before`, added up, of all threads that existed then and still exist.
    static func since(_ before: [String: Duration]) -> Duration {
        let now = ofAllThreads()
        return before.reduce(.zero) { sum, thread in sum + (now[thread.key].map { $0 - thread.value } ?? .zero) }
    }

    /// The delay in a `schedstat` file; zero if there is no such file, so that no delay is excused.
    private static func read(_ path: String) -> Duration {
        let fields = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ")
        return .nanoseconds(fields.count > 1 ? Int64(fields[1]) ?? 0 : 0)
    }
}
