import ConvoIPC
package import ConvoModel
import ConvoPlatform

/// The folder beside a database that holds the files which its entries refer to: `<database>.files`, 0700.
///
/// A file's name is the SHA-256 of its bytes, with an ending that tells its type; so the same bytes are there once. A
/// file that is still being fetched is `partial-LABEL-BOOT`, and locked by the process that fetches it; one whose bytes are all
/// there, and whose row does not say so yet, is `whole-LABEL`. The label is a digest of what the row stands for, and not the row's
/// number: in an older copy of the database that was put back, another row has that number.
package struct FileFolder: Sendable {
    /// The bytes of a file that is whole.
    package struct Content: Sendable, Hashable {
        /// The length in bytes.
        package let size: Int
        /// The type that the bytes tell.
        package let mediaType: MediaType
        /// The SHA-256 of the bytes, 64 small hexadecimal digits.
        package let digest: String
    }

    /// The folder's path.
    package let path: String
    private let database: String
    /// Which start of the machine this is: what an attempt before a power cut has left may have lost bytes in the middle.
    private let boot: String
    private let label: @Sendable (Int64) throws(StoreError) -> String?
    private static let labelLength = 64
    private static let wholePrefix = "whole-"

    /// - Parameters:
    ///   - database: the canonical path of the database file.
    ///   - boot: which start of the machine this is.
    ///   - label: the label of a row's file, by the row's number; `nil` if there is no such row.
    init(beside database: String, boot: String, label: @escaping @Sendable (Int64) throws(StoreError) -> String?) {
        self.database = database
        self.label = label
        self.boot = String(boot.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(16))
        path = database + ".files"
    }

    static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

    var exists: Bool { access(path, F_OK) == 0 }

    /// The path of a file that is stored.
    package func path(of digest: String, _ ending: String) -> String {
        "\(path)/\(FileFolder.name(of: digest, ending))"
    }

    /// The path of a stored file in the folder.
    static func name(of digest: String, _ ending: String) -> String { "\(digest.prefix(2))/\(digest).\(ending)" }

    /// The label of a file: a digest of its entry and its source, which no other row has.
    static func label(conversation: String, entry: String, source: String) -> String {
        SHA256.hex("\(conversation)\n\(entry)\n\(source)")
    }

    private func wholePath(_ label: String) -> String { "\(path)/\(FileFolder.wholePrefix)\(label)" }
    private func partialPath(_ label: String) -> String { "\(path)/partial-\(label)-\(boot)" }

    /// Opens the file that a row's bytes are written to, with those that an earlier attempt has left.
    ///
    /// - Parameter key: the row's number.
    /// - Returns: `nil` if another process fetches it, all its bytes are there, or the row is gone.
    /// - Throws: ``StoreError`` if the folder or the file cannot be made, or the row cannot be read.
    package func partial(_ key: Int64) throws(StoreError) -> PartialFile? {
        guard let label = try label(key) else { return nil }
        return try partial(label: label)
    }

    func partial(label: String) throws(StoreError) -> PartialFile? {
        try make(path)
        guard !isWhole(label) else { return nil }
        let name = partialPath(label)
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
        return PartialFile(descriptor: descriptor, path: name, label: label, size: size)
    }

    /// Whether all bytes of a row's file are there, left by a process that could not say so in the row.
    func isWhole(_ label: String) -> Bool { access(wholePath(label), F_OK) == 0 }

    /// Says that a file has all its bytes, which are on the disk then.
    ///
    /// - Returns: its label.
    /// - Throws: ``StoreError`` if it cannot be synced or renamed.
    func finish(_ partial: consuming PartialFile) throws(StoreError) -> String {
        guard DiskSync.file(partial.descriptor) == 0, PartialFile.size(of: partial.descriptor, at: partial.path) != nil,
            rename(partial.path, wholePath(partial.label)) == 0
        else { throw .unusable(path: partial.path, code: errno) }
        try FileFolder.sync(path)
        return partial.label
    }

    /// Reads a file that is whole.
    ///
    /// - Throws: ``StoreError`` if it cannot be read.
    func content(_ label: String) throws(StoreError) -> Content {
        let name = wholePath(label)
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
    func place(_ label: String, _ content: Content) throws(StoreError) {
        let folder = "\(path)/\(content.digest.prefix(2))"
        try make(folder)
        let target = self.path(of: content.digest, content.mediaType.ending)
        guard link(wholePath(label), target) == 0 || errno == EEXIST else { throw .unusable(path: target, code: errno) }
        try FileFolder.sync(folder)
    }

    /// Removes what attempts at a row have left.
    func forget(_ label: String) {
        unlink(wholePath(label))
        unlink(partialPath(label))
    }

    /// Removes what attempts at a row have left, unless another process is fetching it.
    func discard(_ label: String) {
        unlink(wholePath(label))
        let descriptor = open(partialPath(label), O_RDWR | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if DescriptorLock.tryLock(descriptor, isExclusive: true) { unlink(partialPath(label)) }
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

    /// Removes what attempts have left that nobody goes on with.
    ///
    /// - Parameter pending: the labels of the files that are still to be fetched; asked for only if there is a file that a
    ///   kill may have left behind.
    /// - Throws: what `pending` throws.
    func tidy(pending: () throws(StoreError) -> Set<String>) throws(StoreError) {
        var whole: [String] = []
        for name in FileFolder.names(in: path) where name.utf8.count > 2 {
            if isLeftover(name) {
                unlink("\(path)/\(name)")
            } else if name.hasPrefix(FileFolder.wholePrefix) {
                whole.append(String(name.dropFirst(FileFolder.wholePrefix.count)))
            }
        }
        guard !whole.isEmpty else { return }
        // Read after the names, so that a row which was stored meanwhile has no use for them either.
        let labels = try pending()
        for label in whole where !labels.contains(label) && isPlaced(label) { unlink(wholePath(label)) }
    }

    /// How many bytes all files in the folder have.
    func bytes() -> Int {
        var bytes = 0
        func count(_ path: String) {
            var status = stat()
            if stat(path, &status) == 0 { bytes += Int(status.st_size) }
        }
        for name in FileFolder.names(in: path) {
            if name.utf8.count == 2 {
                for file in FileFolder.names(in: "\(path)/\(name)") { count("\(path)/\(name)/\(file)") }
            } else {
                count("\(path)/\(name)")
            }
        }
        return bytes
    }

    /// Whether an attempt before the last start of the machine has left a file, or an earlier version of Convo, which named it
    /// by its row's number.
    private func isLeftover(_ name: String) -> Bool {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count > 1, ["partial", "whole"].contains(parts[0]) else { return false }
        return parts[1].utf8.count != FileFolder.labelLength || (parts[0] == "partial" && parts.last ?? "" != boot)
    }

    /// Whether the bytes of a file that is whole are there under their own name as well, which ``place(_:_:)`` has given this
    /// file, or an equal one before it.
    private func isPlaced(_ label: String) -> Bool {
        var status = stat()
        if lstat(wholePath(label), &status) == 0, status.st_nlink > 1 { return true }
        guard let content = try? content(label) else { return false }
        return FileFolder.isReadable(path(of: content.digest, content.mediaType.ending))
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
        guard DiskSync.file(descriptor) == 0 else { throw .unusable(path: folder, code: errno) }
    }
}
