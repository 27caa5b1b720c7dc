#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A lock that the operating system takes back when its holder dies.
///
/// `<database>.engine` is held while an engine works (at most one talks to the server for a database),
/// `<database>.turn` by who waits for that (a daemon then starts nothing new), `<database>.daemon` for a daemon's
/// whole life.
public final class FileLock: Sendable {
    public enum Purpose: String, Sendable { case engine, turn, daemon }

    private let descriptor: Int32

    /// Takes the lock, `nil` where another process has it. The file then holds our process id.
    ///
    /// - Throws: ``StoreError/notWritable(path:detail:)`` where the lock's file cannot be made.
    public static func tryLock(_ purpose: Purpose, beside database: String) throws(StoreError) -> FileLock? {
        let path = lockPath(purpose, beside: database)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .notWritable(path: path, detail: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        write(descriptor, text, text.count)
        return FileLock(descriptor: descriptor)
    }

    /// Who holds the lock now, `nil` where nobody does.
    public static func holder(of purpose: Purpose, beside database: String) -> Int32? {
        let descriptor = open(lockPath(purpose, beside: database), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = read(descriptor, &bytes, bytes.count)
        return Int32(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber))
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Gives the lock back. So does letting go of this value.
    public func release() { flock(descriptor, LOCK_UN) }

    deinit { close(descriptor) }

    private static func lockPath(_ purpose: Purpose, beside database: String) -> String {
        "\(database).\(purpose.rawValue)"
    }
}
