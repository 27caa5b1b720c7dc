import CSQLite
import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

extension StoreError {
    static func wrap(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .unexpected(path: path, detail: "\(error)") }
        let detail = error.message.isEmpty ? "SQLite code \(error.extendedCode)" : error.message
        switch error.code {
        case SQLITE_CORRUPT: return .corrupt(path: path, detail: detail)
        case SQLITE_NOTADB: return .corrupt(path: path, detail: "it is not an SQLite file")
        case SQLITE_FULL: return .diskFull(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH, SQLITE_IOERR:
            return hasSpace(beside: path) ? .notWritable(path: path, detail: detail) : .diskFull(path: path)
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy(path: path)
        default: return .unexpected(path: path, detail: detail)
        }
    }

    /// SQLite calls it an I/O error when there is no room for its shared-memory file.
    private static func hasSpace(beside path: String) -> Bool {
        var status = statvfs()
        let needed: UInt = 64 << 10
        return statvfs(path, &status) != 0 || UInt(status.f_bavail) * UInt(status.f_frsize) >= needed
    }
}
