#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

// The C functions, out of the shadow of the methods named like them.
private let readBytes = read
private let writeBytes = write

/// An open file that only grows, that nobody else has open this way, and that is on the disk when a call returns.
final class JournalFile: Sendable {
    private let descriptor: Int32
    private let path: String

    private init(descriptor: Int32, path: String) {
        (self.descriptor, self.path) = (descriptor, path)
    }

    /// Opens the file or makes it.
    ///
    /// - Throws: ``JournalError/inUse(path:)`` if another process has it.
    convenience init(path: String) throws(JournalError) {
        try self.init(path: path, flags: 0)
        // Whoever replaced the file between our opening and locking it has the new one.
        var (mine, current) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino else {
            throw .inUse(path: path)
        }
    }

    private convenience init(path: String, flags: Int32) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw .failed("open", path: path, errno: errno) }
        self.init(descriptor: descriptor, path: path)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
    }

    deinit { close(descriptor) }

    func read() throws(JournalError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = readBytes(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw .failed("read", path: path, errno: errno) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    /// Returns once the text is on the disk.
    ///
    /// A text that does not fit leaves nothing of itself behind: the next one would be written onto its stump.
    func append(_ text: String) throws(JournalError) {
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { throw .failed("look at", path: path, errno: errno) }
        do {
            try write(text)
        } catch {
            _ = ftruncate(descriptor, before.st_size)
            throw error
        }
    }

    private func write(_ text: String) throws(JournalError) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { writeBytes(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw .failed("write", path: path, errno: errno) }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .failed("sync", path: path, errno: errno) }
    }

    /// Puts a file with this text in the place of this one: a crash leaves the one or the other.
    func replaced(by text: String) throws(JournalError) -> JournalFile {
        let draft = try JournalFile(path: path + ".new", flags: O_TRUNC)
        try draft.append(text)
        guard rename(path + ".new", path) == 0 else { throw .failed("replace", path: path, errno: errno) }
        try syncFolder()
        return JournalFile(taking: draft, path: path)
    }

    private convenience init(taking draft: JournalFile, path: String) {
        // A second descriptor of the same open file: it carries the lock on when the draft's is closed.
        self.init(descriptor: dup(draft.descriptor), path: path)
    }

    private func syncFolder() throws(JournalError) {
        let folder = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) : "."
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed("open", path: folder, errno: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .failed("sync", path: folder, errno: errno) }
    }
}
