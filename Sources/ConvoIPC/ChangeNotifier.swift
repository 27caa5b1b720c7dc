import ConvoPlatform
import Synchronization

/// Tells programs that show a database that a transaction has changed it.
///
/// Whoever listens makes the channel's file. Where nobody ever has, a notification costs one failed open(2), and then
/// one write(2) of a byte.
package final class ChangeNotifier: Sendable {
    private let database: String
    private let path: String
    /// The open file; negative if there is none.
    private let descriptor = Mutex<Int32>(-1)

    /// - Parameter database: the canonical path of the database file.
    package init(beside database: String) {
        self.database = database
        path = WakeupChannel.path(of: .changes, beside: database)
    }

    deinit { descriptor.withLock { if $0 >= 0 { close($0) } } }

    /// Wakes each listener; never waits and never fails.
    package func notify() {
        descriptor.withLock { descriptor in
            var status = stat()
            // A file that was removed, moved or replaced wakes nobody.
            if descriptor >= 0, fstat(descriptor, &status) != 0 || FileIdentity(of: path) != FileIdentity(status) {
                close(descriptor)
                descriptor = -1
            }
            if descriptor < 0 { descriptor = (try? SidecarFile.open(path, O_WRONLY, beside: database)) ?? -1 }
            if descriptor >= 0 { WakeupChannel.signal(descriptor) }
        }
    }
}
