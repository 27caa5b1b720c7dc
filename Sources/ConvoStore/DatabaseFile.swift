#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Which file stands behind a name, as the file system tells files apart.
public struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    /// `nil` where there is none.
    public init?(of path: String) {
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

/// The one name of a database file, whatever it is called.
///
/// Locks, the log and what wakes a daemon lie beside it and go by its name. Two names of one file would be two sets of
/// them: two daemons, and a log that one of them does not know.
public enum DatabaseFile {
    /// As many as the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    /// The absolute path without symbolic links, of the folders and of the file itself. What is not there yet has
    /// the path that it will have. What can't be resolved stays as it is: to open it says why.
    public static func canonicalPath(of path: String) -> String { canonicalPath(of: path, links: 0) }

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
