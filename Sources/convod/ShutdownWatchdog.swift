import Dispatch
import Glibc

/// Ends a process whose orderly end hangs, for example on a disk that does not answer.
///
/// Nothing is lost by it: whatever was acknowledged is durable, and a write that is on its way is found to be in doubt
/// by whoever runs next.
enum ShutdownWatchdog {
    /// Under the five seconds within which a stop is promised.
    static let seconds = 4.0
    /// EX_OSERR of sysexits(3): no other end has it.
    static let exitCode: Int32 = 71

    static func start() {
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
            let message = "convod: it could not stop in order within \(Int(seconds)) s, and ends all the same\n"
            write(STDERR_FILENO, message, message.utf8.count)
            _exit(exitCode)
        }
    }
}

enum Monotonic {
    static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
