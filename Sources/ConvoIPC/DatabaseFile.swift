import ConvoPlatform

/// The identity of a file, by which the file system tells it from every other: device and inode number.
package struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    /// The inode number.
    package let inode: UInt64

    /// Looks up the file that has this path now, following symbolic links.
    ///
    /// `nil` if there is no such file, or the file system refuses to say (stat(2) fails).
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        device = UInt64(truncatingIfNeeded: status.st_dev)
        inode = UInt64(truncatingIfNeeded: status.st_ino)
    }

    init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// Finds the one name of a database file, whichever of its names a caller uses.
///
/// The locks, SQLite's log and the wake-up file lie beside the database and are named after it. A file that is opened
/// under two names would have two sets of them: two daemons, and a log that one of them does not know.
package enum DatabaseFile {
    /// How many symbolic links are followed: as many as the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    /// The absolute path of a file, with the symbolic links of its folders and of the file itself resolved.
    ///
    /// A file or folder that does not exist yet gets the path that it will have. A path that cannot be resolved is
    /// returned unchanged: opening it reports the reason. Reads the file system.
    package static func canonicalPath(of path: String) -> String { canonicalPath(of: path, links: 0) }

    private static func canonicalPath(of path: String, links: Int) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        guard errno == ENOENT, links < linkLimit, !path.isEmpty else { return path }
        let (folder, name) = split(path)
        if let target = linkTarget(of: path) {
            return canonicalPath(of: target.hasPrefix("/") ? target : joined(folder, target), links: links + 1)
        }
        // The folder may be missing as well.
        let parent = canonicalPath(of: folder, links: links + 1)
        return switch name {
        case ".": parent
        case "..": split(parent).folder
        default: joined(parent, name)
        }
    }

    private static func split(_ path: String) -> (folder: String, name: String) {
        let trimmed = path.reversed().drop { $0 == "/" }.reversed().map(String.init).joined()
        guard let slash = trimmed.lastIndex(of: "/") else { return (".", trimmed) }
        let folder = trimmed[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(trimmed[trimmed.index(after: slash)...]))
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    private static func linkTarget(of path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
