import ConvoPlatform

/// What the file system says about a file or folder, of one moment.
struct FileFacts: Hashable {
    enum Kind { case missing, file, folder, other }

    let path: String
    var kind = Kind.missing
    /// The permission bits.
    var mode: UInt32 = 0
    /// The user id of the owner.
    var owner: UInt32 = 0
    /// How many names the file has.
    var links = 0
    var size: Int64 = 0
    /// Why this process cannot write it, in the system's words; `nil` where it can.
    var writeFailure: String?
    /// When its content was last changed, in microseconds since 1970.
    var changedAt: Int64 = 0

    init(missing path: String) { self.path = path }

    /// Looks at a path, without opening it.
    ///
    /// - Parameters:
    ///   - path: the path.
    ///   - followsLinks: whether a symbolic link stands for its target.
    init(_ path: String, followsLinks: Bool = true) {
        self.path = path
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        mode = UInt32(status.st_mode & 0o7777)
        (owner, links, size) = (status.st_uid, Int(status.st_nlink), Int64(status.st_size))
        let time = status.modified
        changedAt = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        if access(path, kind == .folder ? W_OK | X_OK : W_OK) != 0 { writeFailure = String(cString: strerror(errno)) }
    }

    /// The permission bits as chmod(1) takes them, such as `0640`.
    var modeText: String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(1, 4 - digits.count)) + digits
    }

    /// The folder that a path lies in.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}

/// The files of a database, as they were before it was opened.
struct StorageFacts: Hashable {
    /// What Convo and SQLite put beside a database, by its suffix.
    private static let suffixes = [
        "-wal", "-shm", ".instance", ".engine", ".turn", ".daemon", ".waiting", ".wakeup", ".changes",
    ]

    let database: FileFacts
    let folder: FileFacts
    /// The files beside the database that are there.
    let companions: [FileFacts]
    /// The bytes that this user may still write to the disk; `nil` where the system does not tell.
    let freeBytes: UInt64?
    /// The user that this process runs as.
    let userID: UInt32

    init(database: FileFacts, folder: FileFacts, companions: [FileFacts] = [], freeBytes: UInt64?, userID: UInt32) {
        (self.database, self.folder, self.companions) = (database, folder, companions)
        (self.freeBytes, self.userID) = (freeBytes, userID)
    }

    /// Looks at the files of the database with this canonical path.
    init(of path: String, userID: UInt32) {
        let folder = FileFacts.folder(of: path)
        var status = statvfs()
        let isKnown = statvfs(folder, &status) == 0
        self.init(
            database: FileFacts(path), folder: FileFacts(folder),
            companions: StorageFacts.suffixes.map { FileFacts(path + $0, followsLinks: false) }
                .filter { $0.kind != .missing },
            freeBytes: isKnown ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : nil, userID: userID)
    }
}
