import ConvoPlatform

/// A lock on a file beside a database, which the operating system releases when its holder dies.
///
/// The locked file is `<database>.engine`, `<database>.turn` or `<database>.daemon` (``Purpose``). It stays when the
/// lock is released.
package final class FileLock: Sendable {
    /// The purpose of a lock; the raw value is the suffix of the locked file.
    ///
    /// - `engine`: held while an engine delivers writes, so that at most one process pushes for a database.
    /// - `turn`: held by a process that waits for `engine`; a daemon then starts no new write.
    /// - `daemon`: held by a daemon as long as it serves the database.
    package enum Purpose: String, Sendable { case engine, turn, daemon }

    /// The process that holds a lock.
    package struct Holder: Sendable, Hashable {
        /// The holder's process id; `nil` if the holder has taken the lock and not written its id yet.
        package let process: Int32?
        /// Whether the holder works on the file that has the database's name now, and not on one that was moved or
        /// removed.
        package let isCurrent: Bool
    }

    /// How often the lock is tried again where its file is removed between opening and locking.
    private static let attempts = 10

    private let descriptor: Int32

    /// Takes the lock if it is free; never waits for it.
    ///
    /// The locked file then holds this process's id and the database file's device and inode number.
    ///
    /// - Parameters:
    ///   - purpose: which of the database's locks to take.
    ///   - database: the path of the database file, under any of its names.
    /// - Returns: the lock, which is held until ``release()`` or until the value is deinitialized; `nil` if another
    ///   process, or another value of this process, holds it.
    /// - Throws: ``SidecarError`` if the file to lock cannot be opened or made.
    package static func tryLock(_ purpose: Purpose, beside database: String) throws(SidecarError) -> FileLock? {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = lockPath(purpose, beside: database)
        for _ in 0..<attempts {
            let descriptor = try SidecarFile.open(path, O_RDWR | O_CREAT, beside: database)
            guard DescriptorLock.tryLock(descriptor, isExclusive: true) else {
                close(descriptor)
                return nil
            }
            let lock = FileLock(descriptor: descriptor)
            // A lock on a file that was removed meanwhile keeps nobody out.
            guard lock.isFile(at: path) else { continue }
            lock.sign(for: database)
            return lock
        }
        throw SidecarError(path: path, code: ESTALE, detail: "it is removed again and again")
    }

    /// Tells who holds a lock now, without waiting for the lock.
    ///
    /// On Linux the look does not take the lock, not even for a moment.
    ///
    /// - Parameters:
    ///   - purpose: which of the database's locks to look at.
    ///   - database: the path of the database file, under any of its names.
    /// - Returns: the holder; `nil` if nobody holds the lock, or its file cannot be read.
    package static func holder(of purpose: Purpose, beside database: String) -> Holder? {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = lockPath(purpose, beside: database)
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        guard DescriptorLock.isTaken(descriptor) else { return nil }
        let words = signature(descriptor)
        let file = words.count == 3 ? identity(words[1], words[2]) : nil
        return Holder(
            process: words.first.flatMap { Int32($0) },
            isCurrent: file.map { $0 == FileIdentity(of: database) } ?? true)
    }

    /// The last process that held a lock, whether it holds it now or has ended.
    ///
    /// - Parameters:
    ///   - purpose: which of the database's locks to look at.
    ///   - database: the path of the database file, under any of its names.
    /// - Returns: the process id; `nil` if no process has ever held the lock, or its file cannot be read.
    package static func lastProcess(of purpose: Purpose, beside database: String) -> Int32? {
        let database = DatabaseFile.canonicalPath(of: database)
        let path = lockPath(purpose, beside: database)
        guard let descriptor = try? SidecarFile.open(path, O_RDONLY, beside: database) else { return nil }
        defer { close(descriptor) }
        return signature(descriptor).first.flatMap { Int32($0) }
    }

    /// The words that the last holder has written into the file: its process id, and the database's identity.
    private static func signature(_ descriptor: Int32) -> [Substring] {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split { $0 == " " || $0 == "\n" }
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Releases the lock, as the deinitialization of this value does too.
    package func release() { DescriptorLock.unlock(descriptor) }

    deinit { close(descriptor) }

    private func isFile(at path: String) -> Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && FileIdentity(status) == FileIdentity(of: path)
    }

    /// Only `convo status` and messages read the text: the lock holds even if the text cannot be written.
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
