import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How a write wakes a running daemon: a byte written to a plain file beside the database, `<database>.wakeup`, which the
/// daemon watches.
///
/// A plain file hangs nobody who reads the folder, and a copy of it does no harm. To notify costs nothing where nobody
/// listens.
public enum WakeupChannel {
    /// Tells who listens that there is something new. Never waits, never fails, and never raises a signal.
    public static func notify(beside database: String) {
        let database = DatabaseFile.canonicalPath(of: database)
        guard let descriptor = try? SidecarFile.open(path(beside: database), O_WRONLY | O_CREAT, beside: database)
        else { return }
        defer { close(descriptor) }
        signal(descriptor)
    }

    /// Always the same byte in the same place: the file does not grow.
    static func signal(_ descriptor: Int32) {
        // On a full disk the time of the last change still tells it.
        if pwrite(descriptor, "\n", 1, 0) != 1 { futimens(descriptor, nil) }
    }

    static func path(beside database: String) -> String { database + ".wakeup" }
}
