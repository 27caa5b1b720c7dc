#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How a write wakes a running daemon: a FIFO beside the database, `<database>.bell`.
///
/// Ringing is free where nobody listens, and a lost ring costs only time: the daemon looks by itself too.
public final class Doorbell: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Rings, if somebody listens. Never waits and never fails.
    public static func ring(beside database: String) {
        let descriptor = open(bellPath(beside: database), O_WRONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return }  // ENXIO or ENOENT: nobody listens
        defer { close(descriptor) }
        var byte: UInt8 = 1
        write(descriptor, &byte, 1)  // EAGAIN: it has been ringing all along
    }

    /// Hangs the bell up.
    ///
    /// - Throws: ``StoreError/notWritable(path:detail:)`` where the FIFO cannot be made.
    public init(beside database: String) throws(StoreError) {
        path = Doorbell.bellPath(beside: database)
        if mkfifo(path, 0o600) != 0, errno != EEXIST {
            throw .notWritable(path: path, detail: String(cString: strerror(errno)))
        }
        // Open for both, so that the last ringer's leaving is no end of file.
        descriptor = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .notWritable(path: path, detail: String(cString: strerror(errno))) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            close(descriptor)
            throw .notWritable(path: path, detail: "it is not a FIFO")
        }
    }

    deinit { close(descriptor) }

    /// Blocks the calling thread until it rings, all rings so far at once. `false` when the time is over.
    public func wait(milliseconds: Int32) -> Bool {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 256)
        while read(descriptor, &buffer, buffer.count) == buffer.count {}
        return true
    }

    private static func bellPath(beside database: String) -> String { database + ".bell" }
}
