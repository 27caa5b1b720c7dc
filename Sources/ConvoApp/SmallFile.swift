import ConvoIPC
import ConvoPlatform

/// A small file's text, owner and permissions.
struct SmallFile {
    /// The largest file, in bytes.
    ///
    /// Settings and keys are small; a larger file is the wrong one.
    static let sizeLimit = 64 << 10

    let text: String
    let owner: UInt32
    /// The permission bits.
    let mode: UInt32

    /// Reads a regular file; `nil` if there is none.
    ///
    /// Text and permissions are those of the same open file.
    ///
    /// - Throws: ``ConfigurationError/unreadableFile(path:reason:)`` for a file that exists and cannot be read, is not
    ///   a regular file, is not UTF-8 or is too large.
    static func read(_ path: String, limit: Int = sizeLimit) throws(ConfigurationError) -> SmallFile? {
        // O_NONBLOCK: opening a FIFO by mistake must not wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unreadableFile(path: path, reason: lastError)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadableFile(path: path, reason: lastError) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadableFile(path: path, reason: "it is no regular file")
        }
        return SmallFile(
            text: try text(of: path, from: descriptor, limit: limit), owner: status.st_uid,
            mode: UInt32(status.st_mode & 0o7777))
    }

    private static func text(
        of path: String, from descriptor: Int32, limit: Int
    ) throws(ConfigurationError) -> String {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                ConvoPlatform.read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unreadableFile(path: path, reason: lastError) }
            if got == 0 { break }
            count += got
        }
        guard count <= limit else {
            throw .unreadableFile(path: path, reason: "it is larger than \(limit) bytes")
        }
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw .unreadableFile(path: path, reason: "it is not UTF-8 text")
        }
        return text
    }

    private static var lastError: String { String(cString: strerror(errno)) }
}

extension SmallFile {
    /// Does work while no other process does such work on a file of the same folder; makes the folder, 0700, where it is
    /// missing.
    ///
    /// Where the folder's file system has no locks, two processes may do such work at once.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - work: reads the file and replaces it.
    /// - Returns: what `work` returns.
    /// - Throws: what `work` throws; ``ConfigurationError/unwritableFile(path:reason:)`` if the folder cannot be made.
    static func alone<Value>(
        with path: String, _ work: () throws(ConfigurationError) -> Value
    ) throws(ConfigurationError) -> Value {
        let target = DatabaseFile.canonicalPath(of: path)
        let folder = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try makeFolder(folder)
        let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        while descriptor >= 0, flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        return try work()
    }

    /// Replaces a file as a whole, with mode 0600 unless another one is given, and makes the folders that are missing, with mode 0700.
    ///
    /// Whoever reads it, also after a power cut, finds the old text or the new one. Where the name is a symbolic link, the
    /// file that it leads to is replaced.
    ///
    /// - Throws: ``ConfigurationError/unwritableFile(path:reason:)``; the file is as it was then.
    static func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws(ConfigurationError) {
        let target = DatabaseFile.canonicalPath(of: path)
        let folder = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
        try makeFolder(folder)
        let draft = "\(target).\(getpid()).new"
        unlink(draft)  // of a process with the same number that was killed
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unwritableFile(path: path, reason: lastError) }
        let isWritten =
            writeAll(text, to: descriptor) && fchmod(descriptor, mode_t(mode)) == 0 && DiskSync.file(descriptor) == 0
        let isDone = close(descriptor) == 0 && isWritten && rename(draft, target) == 0
        guard isDone else {
            let reason = lastError
            unlink(draft)
            throw .unwritableFile(path: path, reason: reason)
        }
        let parent = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return }
        _ = DiskSync.file(parent)  // the file is in its place; only a power cut could still bring the old one back
        close(parent)
    }

    /// Makes a folder and those above it, 0700, where they are missing.
    static func makeFolder(_ path: String) throws(ConfigurationError) {
        guard !path.isEmpty, mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .unwritableFile(path: path, reason: lastError)
        }
        try makeFolder(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .unwritableFile(path: path, reason: lastError)
        }
    }

    private static func writeAll(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { ConvoPlatform.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
