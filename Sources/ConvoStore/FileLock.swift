import ConvoSQLite

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

    /// Who has a lock.
    public struct Holder: Sendable, Hashable {
        /// `nil` where it has only just taken the lock, and not said so yet.
        public let process: Int32?
        /// Whether it works on the file that has the database's name now, and not on one that was moved or removed.
        public let isCurrent: Bool
    }

    /// A lock's file that is removed while it is being locked is made again so many times.
    private static let attempts = 10

    private let descriptor: Int32

    /// Takes the lock, `nil` where another one has it. The file then holds our process id, and which file the database is.
    ///
    /// - Throws: ``StoreError/notWritable(path:detail:)`` where the lock's file cannot be made.
    public static func tryLock(_ purpose: Purpose, beside database: String) throws(StoreError) -> FileLock? {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = lockPath(purpose, beside: database)
        for _ in 0..<attempts {
            let descriptor: Int32
            do {
                descriptor = try SidecarFile.open(path, O_RDWR | O_CREAT, beside: database)
            } catch { throw .notWritable(path: path, detail: error.detail) }
            guard DescriptorLock.tryLock(descriptor, isExclusive: true) else {
                close(descriptor)
                return nil
            }
            let lock = FileLock(descriptor: descriptor)
            // A file that was removed meanwhile keeps nobody out.
            guard lock.isFile(at: path) else { continue }
            lock.sign(for: database)
            return lock
        }
        throw .notWritable(path: path, detail: "it is removed again and again")
    }

    /// Who holds the lock now, `nil` where nobody does. Looking takes nothing.
    public static func holder(of purpose: Purpose, beside database: String) -> Holder? {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = lockPath(purpose, beside: database)
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        guard DescriptorLock.isTaken(descriptor) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        let file = words.count == 3 ? identity(words[1], words[2]) : nil
        return Holder(
            process: words.first.flatMap { Int32($0) },
            isCurrent: file.map { $0 == FileIdentity(of: database) } ?? true)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Gives the lock back. So does letting go of this value.
    public func release() { DescriptorLock.unlock(descriptor) }

    deinit { close(descriptor) }

    private func isFile(at path: String) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && FileIdentity(status) == FileIdentity(of: path)
    }

    /// Only `status` and messages read this: where it can't be written, the lock holds all the same.
    private func sign(for database: String) {
        let file = FileIdentity(of: database).map { " \($0.device) \($0.inode)" } ?? ""
        let text = Array("\(getpid())\(file)\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
    }

    private static func identity(_ device: Substring, _ inode: Substring) -> FileIdentity? {
        guard let device = UInt64(device), let inode = UInt64(inode) else { return nil }
        return FileIdentity(device: device, inode: inode)
    }

    private static func lockPath(_ purpose: Purpose, beside database: String) -> String {
        "\(database).\(purpose.rawValue)"
    }
}
