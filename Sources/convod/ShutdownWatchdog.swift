// One type: the other watchdog is systemd's.

import ConvoPlatform
import Dispatch

/// Ends the process if its orderly shutdown hangs, for example on a disk that does not answer.
///
/// Nothing is lost: whatever was acknowledged is durable, and the next process that pushes takes a write that is being
/// sent for in doubt.
enum ShutdownWatchdog {
    /// Less than the five seconds within which a stop is promised.
    static let seconds = 4.0
    /// EX_OSERR of sysexits(3): the daemon ends with it in no other case.
    static let exitCode: Int32 = 71

    static func start() {
        DispatchQueue.global().asyncAfter(deadline: .now() + seconds) {
            let message = "convod: it could not stop in order within \(Int(seconds)) s, and ends all the same\n"
            write(STDERR_FILENO, message, message.utf8.count)
            _exit(exitCode)
        }
    }
}
