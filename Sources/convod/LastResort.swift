import Dispatch
import Glibc

/// Ends a process whose orderly end hangs, for example on a disk that does not answer.
///
/// Nothing is lost by it: whatever was acknowledged is durable, and a write that is on its way is found to be in doubt
/// by whoever runs next.
enum LastResort {
    /// Under the five seconds within which a stop is promised.
    static let seconds = 4.0

    static func arm() {
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { _exit(0) }
    }
}

enum Monotonic {
    static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
