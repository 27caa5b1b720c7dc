import ConvoIPC
public import ConvoModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The folder beside a database that holds the files which its entries refer to: `<database>.files`, 0700.
///
/// A file's name is the SHA-256 of its bytes, with an ending that tells its type; so the same bytes are there once. A
/// file that is still being fetched is `partial-KEY-BOOT`, and locked by the process that fetches it; one whose bytes are all
/// there, and whose row does not say so yet, is `whole-KEY`.
public struct FileFolder: Sendable {
    /// The bytes of a file that is whole.
    public struct Content: Sendable, Hashable {
        /// The length in bytes.
        public let size: Int
        /// The type that the bytes tell.
        public let mediaType: MediaType
        /// The SHA-256 of the bytes, 64 small hexadecimal digits.
        public let digest: String
    }

    /// The folder's path.
    public let path: String
    private let database: String
    /// Which start of the machine this is: what an attempt before a power cut has left may have lost bytes in the middle.
    private let boot: String

    /// - Parameters:
    ///   - database: the canonical path of the database file.
    ///   - boot: which start of the machine this is.
    init(beside database: String, boot: String) {
        self.database = database
        self.boot = String(boot.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(16))
        path = database + ".files"
    }

    static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    var exists: Bool { access(path, F_OK) == 0 }

    /// The path of a file that is stored.
    public func path(of digest: String, _ ending: String) -> String {
        "\(path)/\(digest.prefix(2))/\(digest).\(ending)"
    }

    private func wholePath(_ key: Int64) -> String { "\(path)/whole-\(key)" }

    /// Opens the file that a row's bytes are written to, with those that an earlier attempt has left.
    ///
    /// - Parameter key: the row's number.
    /// - Returns: `nil` if another process fetches it, or all its bytes are there.
    /// - Throws: ``StoreError`` if the folder or the file cannot be made.
    public func partial(_ key: Int64) throws(StoreError) -> PartialFile? {
        try make(path)
        guard access(wholePath(key), F_OK) != 0 else { return nil }
        let name = "\(path)/partial-\(key)-\(boot)"
        let descriptor: Int32
        do throws(SidecarError) {
            descriptor = try SidecarFile.open(name, O_RDWR | O_CREAT | O_APPEND, beside: database)
        } catch { throw StoreError(error) }
        // The process that had the lock may have renamed or removed the file since it was opened here.
        guard DescriptorLock.tryLock(descriptor, isExclusive: true),
            let size = PartialFile.size(of: descriptor, at: name)
        else {
            close(descriptor)
            return nil
        }
        return PartialFile(descriptor: descriptor, path: name, size: size)
    }

    /// Whether all bytes of a row's file are there, left by a process that could not say so in the row.
    func isWhole(_ key: Int64) -> Bool { access(wholePath(key), F_OK) == 0 }

    /// Says that a file has all its bytes, which are on the disk then.
    ///
    /// - Throws: ``StoreError`` if it cannot be synced or renamed.
    func finish(_ partial: consuming PartialFile, _ key: Int64) throws(StoreError) {
        guard fsync(partial.descriptor) == 0, PartialFile.size(of: partial.descriptor, at: partial.path) != nil,
            rename(partial.path, wholePath(key)) == 0
        else { throw .unusable(path: partial.path, code: errno) }
        try FileFolder.sync(path)
    }

    /// Reads a file that is whole.
    ///
    /// - Throws: ``StoreError`` if it cannot be read.
    func content(_ key: Int64) throws(StoreError) -> Content {
        let name = wholePath(key)
        let descriptor = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable(path: name, code: errno) }
        defer { close(descriptor) }
        var hasher = SHA256.Hasher()
        var (start, size) = ([UInt8](), 0)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unusable(path: name, code: errno) }
            if count == 0 { break }
            if size == 0 { start = Array(buffer[..<min(count, 512)]) }
            buffer.withUnsafeBytes { hasher.update(.init(rebasing: $0[..<count])) }
            size += count
        }
        return Content(size: size, mediaType: MediaType(of: start), digest: hasher.hex())
    }

    /// Gives a file that is whole its name as well, which is on the disk when this returns; ``forget(_:)`` takes the other
    /// one away.
    ///
    /// - Throws: ``StoreError`` if that fails.
    func place(_ key: Int64, _ content: Content) throws(StoreError) {
        let folder = "\(path)/\(content.digest.prefix(2))"
        try make(folder)
        let target = self.path(of: content.digest, content.mediaType.ending)
        guard link(wholePath(key), target) == 0 || errno == EEXIST else { throw .unusable(path: target, code: errno) }
        try FileFolder.sync(folder)
    }

    /// Removes what attempts at a row have left.
    func forget(_ key: Int64) {
        unlink(wholePath(key))
        unlink("\(path)/partial-\(key)-\(boot)")
    }

    /// Removes stored files.
    ///
    /// - Parameter digests: of the files; those that are not there are passed over.
    func remove(_ digests: Set<String>) {
        for digest in digests {
            let folder = "\(path)/\(digest.prefix(2))"
            for name in FileFolder.names(in: folder) where name.hasPrefix(digest) { unlink("\(folder)/\(name)") }
        }
    }

    /// Removes what attempts before the last start of the machine have left, which nobody goes on with.
    ///
    /// - Returns: how many bytes all other files in the folder have.
    func tidy() -> Int {
        var bytes = 0
        func count(_ path: String) {
            var status = stat()
            if stat(path, &status) == 0 { bytes += Int(status.st_size) }
        }
        for name in FileFolder.names(in: path) {
            if name.utf8.count == 2 {
                for file in FileFolder.names(in: "\(path)/\(name)") { count("\(path)/\(name)/\(file)") }
            } else if name.hasPrefix("partial-"), !name.hasSuffix("-\(boot)") {
                unlink("\(path)/\(name)")
            } else {
                count("\(path)/\(name)")
            }
        }
        return bytes
    }

    /// Makes a folder; if root does, it belongs to the database's owner, who could not use it otherwise.
    private func make(_ folder: String) throws(StoreError) {
        if access(folder, F_OK) == 0 { return }
        try PrivateFile.makeFolder(folder)
        var owner = stat()
        if geteuid() == 0, stat(database, &owner) == 0 { lchown(folder, owner.st_uid, owner.st_gid) }
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// Has the names in a folder on the disk.
    private static func sync(_ folder: String) throws(StoreError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unusable(path: folder, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .unusable(path: folder, code: errno) }
    }
}

/// A file that is being fetched; the lock on it is released when it is closed.
public struct PartialFile: ~Copyable {
    let descriptor: Int32
    let path: String
    /// How many bytes it has.
    public private(set) var size: Int

    init(descriptor: Int32, path: String, size: Int) {
        self.descriptor = descriptor
        self.path = path
        self.size = size
    }

    deinit { close(descriptor) }

    /// The size of an open file; `nil` if it does not have this name any more.
    static func size(of descriptor: Int32, at path: String) -> Int? {
        var (opened, named) = (stat(), stat())
        guard fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino,
            opened.st_dev == named.st_dev
        else { return nil }
        return Int(opened.st_size)
    }

    /// Appends bytes.
    ///
    /// - Throws: ``StoreError`` if the disk is full or the file cannot be written.
    public mutating func append(_ bytes: [UInt8]) throws(StoreError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { all in
                write(descriptor, all.baseAddress?.advanced(by: written), all.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unusable(path: path, code: count < 0 ? errno : EIO) }
            written += count
            size += count
        }
    }

    /// Drops all bytes.
    ///
    /// - Throws: ``StoreError`` if the file cannot be written.
    public mutating func clear() throws(StoreError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .unusable(path: path, code: errno) }
        size = 0
    }
}
