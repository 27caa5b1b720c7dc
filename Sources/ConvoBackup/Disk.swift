import ConvoPlatform

/// The operating system's calls on private files and folders, with the path in each error. All of them block.
enum Disk {
    /// What has a name.
    enum Kind { case nothing, file, folder, other }

    /// What has this name, and its length in bytes; symbolic links are not followed.
    static func look(at path: String) throws(BackupError) -> (kind: Kind, size: Int64) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return (.nothing, 0) }
            throw .refused(path, errno)
        }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: (.file, Int64(status.st_size))
        case S_IFDIR: (.folder, 0)
        default: (.other, 0)
        }
    }

    /// The names in a folder, sorted; empty where the folder is missing. A link to a folder is refused.
    static func names(in folder: String) throws(BackupError) -> [String] {
        let descriptor = openFolder(folder, O_NOFOLLOW)
        guard descriptor >= 0, let listing = fdopendir(descriptor) else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            if code == ENOENT { return [] }
            throw .refused(folder, code)
        }
        defer { closedir(listing) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(listing) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw .refused(folder, errno) }
        return names.sorted()
    }

    /// The folder that a path lies in.
    static func folder(of path: String) -> String {
        // By bytes: a mark may follow the slash.
        guard let slash = path.utf8.lastIndex(of: 47) else { return "." }
        return slash == path.startIndex ? "/" : String(path.utf8[..<slash]) ?? "."
    }

    /// Makes a folder, 0700, and its missing parents.
    static func makeFolder(_ path: String) throws(BackupError) {
        guard try look(at: path).kind != .folder else { return }
        let parent = folder(of: path)
        if parent != path, parent != "." { try makeFolder(parent) }
        if mkdir(path, 0o700) == 0 { return }
        let code = errno
        var status = stat()
        guard code == EEXIST, stat(path, &status) == 0 else { throw .refused(path, code) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .unusable(path: path, detail: "it is not a folder") }
    }

    /// Opens a plain file, and follows no symbolic link; with `O_CREAT`, makes it 0600.
    static func open(_ path: String, _ flags: Int32) throws(BackupError) -> OpenFile {
        let descriptor = ConvoPlatform.open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw .refused(path, errno) }
        let file = OpenFile(path: path, descriptor: descriptor)
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .unusable(path: path, detail: "it is not a plain file")
        }
        return file
    }

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: the largest length in bytes; a longer file cannot be used.
    /// - Returns: the bytes, fewer than the file's length where it is cut meanwhile.
    /// - Throws: ``BackupError``.
    static func read(_ path: String, limit: Int) throws(BackupError) -> [UInt8] {
        let file = try open(path, O_RDONLY)
        let size = try look(at: path).size
        guard size <= limit else { throw .unusable(path: path, detail: "it has \(size) bytes, more than \(limit)") }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try file.read(into: &bytes, at: 0)
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes a new file; one that a killed process has left under this name is replaced.
    static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(BackupError) {
        unlink(path)
        try open(path, O_WRONLY | O_CREAT | O_EXCL).write(bytes, at: 0)
    }

    /// Gives a file another name, in place of the file that has it.
    static func rename(_ path: String, to target: String) throws(BackupError) {
        guard ConvoPlatform.rename(path, target) == 0 else { throw .refused(target, errno) }
    }

    /// Gives a file another name, unless something has it.
    static func renameToNew(_ path: String, to target: String) throws(BackupError) {
        if FileRenaming.renameToNew(path, target) == 0 { return }
        if errno == EEXIST { throw .targetExists(path: target) }
        guard [EINVAL, ENOSYS, ENOTSUP].contains(errno) else { throw .refused(target, errno) }
        // The file system can't do both at once.
        guard try look(at: target).kind == .nothing else { throw .targetExists(path: target) }
        try rename(path, to: target)
    }

    /// Removes a file; a missing one is no error.
    static func remove(_ path: String) throws(BackupError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .refused(path, errno) }
    }

    /// Removes a folder of ours with everything in it, to a depth of a few folders.
    ///
    /// A symbolic link is removed and never followed, also where it has the name of the folder itself.
    static func removeFolder(_ path: String, depth: Int = 10) throws(BackupError) {
        switch try look(at: path).kind {
        case .nothing: return
        case .file, .other: return try remove(path)
        case .folder: break
        }
        guard depth >= 0 else { throw .unusable(path: path, detail: "it lies too deep") }
        for name in try names(in: path) { try removeFolder(path + "/" + name, depth: depth - 1) }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .refused(path, errno) }
    }

    /// Waits until the disk has the names in a folder.
    static func syncFolder(_ path: String) throws(BackupError) {
        try withDescriptor(ofFolder: path) { DiskSync.file($0) }
    }

    /// Waits until the disk has everything that was written to the folder's file system.
    ///
    /// It takes one call where many small files would each wait for the disk.
    static func syncFileSystem(of folder: String) throws(BackupError) {
        try withDescriptor(ofFolder: folder) { DiskSync.fileSystem(of: $0) }
    }

    private static func withDescriptor(ofFolder path: String, _ work: (Int32) -> Int32) throws(BackupError) {
        let descriptor = openFolder(path)
        guard descriptor >= 0 else { throw .refused(path, errno) }
        defer { close(descriptor) }
        // Some file systems can't sync a folder (EINVAL).
        guard work(descriptor) == 0 || errno == EINVAL else { throw .refused(path, errno) }
    }

    private static func openFolder(_ path: String, _ flags: Int32 = 0) -> Int32 {
        ConvoPlatform.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)
    }
}
