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
    static func prepare(_ path: String) throws(StoreError) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        guard errno == EEXIST else { throw failure(path) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notWritable(path: path, detail: "it is not a file") }
        guard access(path, R_OK | W_OK) == 0 else { throw failure(path) }
        if status.st_mode & 0o077 != 0, chmod(path, 0o600) != 0 { throw failure(path) }
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
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
    }

    private static func failure(_ path: String) -> StoreError {
        let code = errno
        if code == ENOSPC || code == EDQUOT { return .diskFull(path: path) }
        return .notWritable(path: path, detail: String(cString: strerror(code)))
    }
}
