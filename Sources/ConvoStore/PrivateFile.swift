import ConvoPlatform
import ConvoSQLite

/// Database files and their folders, which only their owner may read.
enum PrivateFile {
    /// Makes a missing folder (0700, its missing parents too) and a missing file (0600), and removes the permissions of
    /// others from an existing file.
    ///
    /// SQLite gives its `-wal` and `-shm` files the permissions of the file itself.
    ///
    /// A file that exists is not opened: closing it would release the locks that another connection of this process
    /// holds on it (sqlite.org/howtocorrupt.html, 2.2).
    ///
    /// - Parameter path: the canonical path of the database file.
    /// - Returns: `nil` if the file can be written; the reason if it can only be read, and nothing is changed then.
    /// - Throws: ``StoreError/notWritable(path:detail:)``, ``StoreError/diskFull(path:)``, or
    ///   ``StoreError/hardLinked(path:)`` if the file has a second name.
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
        // On a read-only medium, or in a folder that cannot be written, open(2) fails even if the file exists.
        guard stat(path, &status) == 0 else { throw .unusable(path: path, code: code) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notWritable(path: path, detail: "it is not a file") }
        // SQLite makes files in the folder, even for a reader of a file that others may write.
        if access(path, W_OK) != 0 || access(folder, W_OK | X_OK) != 0 {
            let reason = errno
            guard access(path, R_OK) == 0 else { throw .unusable(path: path, code: errno) }
            return String(cString: strerror(reason))
        }
        guard access(path, R_OK) == 0 else { throw .unusable(path: path, code: errno) }
        guard status.st_nlink <= 1 else { throw .hardLinked(path: path) }
        if status.st_mode & 0o077 != 0, chmod(path, 0o600) != 0 { throw .unusable(path: path, code: errno) }
        return nil
    }

    /// How to open a file that can only be read.
    ///
    /// SQLite needs the log and the log's index to read a file in WAL mode, and makes them if they are missing. Where
    /// it cannot, the file can only be read as immutable; that misses nothing as long as there is no log, or an empty
    /// one. If there is a log, SQLite is asked to read it, and may fail.
    /// > "it is not possible to open read-only WAL databases [unless] the -shm and -wal files already exist […] or the
    /// > database is immutable" sqlite.org/wal.html
    static func readingAccess(_ path: String) -> Database.Access {
        // While another process has the file open, its log's index is there, and the process may write.
        if access(path + "-shm", R_OK | W_OK) == 0 { return .readOnly }
        var log = stat()
        return stat(path + "-wal", &log) == 0 && log.st_size > 0 ? .readOnly : .immutable
    }

    /// Makes a folder (0700) with its missing parents, if there is none.
    static func makeFolder(_ path: String) throws(StoreError) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw .notWritable(path: path, detail: "it is not a folder")
            }
            return
        }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .unusable(path: path, code: errno) }
    }
}
