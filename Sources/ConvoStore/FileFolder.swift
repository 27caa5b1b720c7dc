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
/// file that is still being fetched has the name of its row, and is locked by the process that fetches it.
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

    /// A file that is being fetched; the lock on it is released when it is closed.
    public struct Partial: ~Copyable {
        let descriptor: Int32
        let path: String
        /// How many bytes it has.
        public private(set) var size: Int

        deinit { close(descriptor) }

        /// Appends bytes.
        ///
        /// - Throws: ``StoreError`` if the disk is full or the file cannot be written.
        public mutating func append(_ bytes: [UInt8]) throws(StoreError) {
            var written = 0
            while written < bytes.count {
                let count = bytes.withUnsafeBytes {
                    write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
                }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw .unusable(path: path, code: count < 0 ? errno : EIO) }
                written += count
                size += count
            }
        }

        /// Drops all bytes.
        public mutating func clear() throws(StoreError) {
            guard ftruncate(descriptor, 0) == 0 else { throw .unusable(path: path, code: errno) }
            size = 0
        }

        /// Removes the file; a later attempt begins anew.
        public consuming func remove() { unlink(path) }
    }

    /// The folder's path.
    public let path: String
    private let database: String

    /// - Parameter database: the canonical path of the database file.
    init(beside database: String) {
        self.database = database
        path = database + ".files"
    }

    var exists: Bool { access(path, F_OK) == 0 }

    /// The path of a file that is stored.
    public func path(of digest: String, _ ending: String) -> String {
        "\(path)/\(digest.prefix(2))/\(digest).\(ending)"
    }

    /// Opens the file that a row's bytes are written to, with those that an earlier attempt has left.
    ///
    /// - Returns: `nil` if another process fetches it.
    /// - Throws: ``StoreError`` if the folder or the file cannot be made.
    public func partial(_ key: Int64) throws(StoreError) -> Partial? {
        try PrivateFile.makeFolder(path)
        let name = "\(path)/partial-\(key)"
        let descriptor: Int32
        do throws(SidecarError) {
            descriptor = try SidecarFile.open(name, O_RDWR | O_CREAT | O_APPEND, beside: database)
        } catch { throw StoreError(error) }
        var status = stat()
        guard DescriptorLock.tryLock(descriptor, isExclusive: true), fstat(descriptor, &status) == 0,
            status.st_nlink == 1
        else {
            close(descriptor)
            return nil
        }
        return Partial(descriptor: descriptor, path: name, size: Int(status.st_size))
    }

    /// Reads a file that is whole, and has its bytes on the disk.
    ///
    /// - Returns: what it holds.
    /// - Throws: ``StoreError`` if it cannot be read or synced.
    func content(of partial: borrowing Partial) throws(StoreError) -> Content {
        var hasher = SHA256.Hasher()
        var (start, size) = ([UInt8](), 0)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let descriptor = partial.descriptor
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, off_t(size)) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unusable(path: partial.path, code: errno) }
            if count == 0 { break }
            if size == 0 { start = Array(buffer[..<min(count, 512)]) }
            hasher.update(buffer[..<count])
            size += count
        }
        guard fsync(partial.descriptor) == 0 else { throw .unusable(path: partial.path, code: errno) }
        return Content(size: size, mediaType: MediaType(of: start), digest: hasher.hex())
    }

    /// Gives a file that is whole its name; the name is on the disk when this returns.
    ///
    /// - Throws: ``StoreError`` if it cannot be renamed.
    func place(_ partial: borrowing Partial, _ content: Content) throws(StoreError) {
        let folder = "\(path)/\(content.digest.prefix(2))"
        try PrivateFile.makeFolder(folder)
        let target = self.path(of: content.digest, content.mediaType.ending)
        guard rename(partial.path, target) == 0 else { throw .unusable(path: target, code: errno) }
        try FileFolder.sync(folder)
        try FileFolder.sync(path)
    }

    /// Removes files that nothing refers to: those that are not named, and what attempts of rows that are gone have left.
    ///
    /// - Parameters:
    ///   - digests: of the files that stay.
    ///   - keys: of the rows whose attempts stay.
    /// - Returns: how many files were removed.
    func removeOthers(than digests: Set<String>, _ keys: Set<Int64>) -> Int {
        var removed = 0
        for name in FileFolder.names(in: path) {
            if name.hasPrefix("partial-") {
                if let key = Int64(name.dropFirst(8)), keys.contains(key) { continue }
                if unlink("\(path)/\(name)") == 0 { removed += 1 }
            } else if name.utf8.count == 2 {
                for file in FileFolder.names(in: "\(path)/\(name)") where !digests.contains(String(file.prefix(64))) {
                    if unlink("\(path)/\(name)/\(file)") == 0 { removed += 1 }
                }
            }
        }
        return removed
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
