import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Files and folders that are nobody else's to read.
enum PrivateFile {
    /// Makes a missing folder (0700, its missing parents too) and a missing file (0600), and takes the rights of
    /// others off a file that has them. SQLite gives its `-wal` and `-shm` files the rights of the file itself.
    ///
    /// A file that is there is not opened: closing it would take the locks off that another connection of this
    /// process holds on it (sqlite.org/howtocorrupt.html, 2.2).
    ///
    /// - Returns: `nil` where the file can be written; else, for a file that can only be read, why. Nothing is changed then.
    static func prepare(_ path: String) throws(StoreError) -> String? {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        try makeFolder(folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return nil
        }
        let code = errno
        var status = stat()
        // On a read-only medium, or in a folder that can't be written, to make it is refused before it is found.
        guard stat(path, &status) == 0 else { throw failure(path, code) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notWritable(path: path, detail: "it is not a file") }
        // SQLite makes files beside it, even to read what may be written meanwhile.
        if access(path, W_OK) != 0 || access(folder, W_OK | X_OK) != 0 {
            let reason = errno
            guard access(path, R_OK) == 0 else { throw failure(path, errno) }
            return String(cString: strerror(reason))
        }
        guard access(path, R_OK) == 0 else { throw failure(path, errno) }
        guard status.st_nlink <= 1 else { throw .hardLinked(path: path) }
        if status.st_mode & 0o077 != 0, chmod(path, 0o600) != 0 { throw failure(path, errno) }
        return nil
    }

    /// How a file is opened that can only be read.
    ///
    /// SQLite reads a file in WAL mode with the help of its log and of the log's index, and makes these where they are
    /// missing. Where it can't, the file may only be read as one that nobody changes; that misses nothing as long as there
    /// is no log, or an empty one. With a log, SQLite is left to read it, or to say that it can't.
    /// > "it is not possible to open read-only WAL databases [unless] the -shm and -wal files already exist […] or the
    /// > database is immutable" sqlite.org/wal.html
    static func readingAccess(_ path: String) -> Database.Access {
        var log = stat()
        return stat(path + "-wal", &log) == 0 && log.st_size > 0 ? .readOnly : .immutable
    }

    private static func makeFolder(_ path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw .notWritable(path: path, detail: "it is not a folder")
            }
            return
        }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path, errno) }
    }

    private static func failure(_ path: String, _ code: Int32) -> StoreError {
        if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
        return .notWritable(path: path, detail: String(cString: strerror(code)))
    }
}
