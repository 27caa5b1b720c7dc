import ConvoPlatform
import ConvoSQLite
import Testing

/// A database file in a folder of its own, which is removed with this value.
final class TemporaryDatabase: Sendable {
    let path: String
    let pool: DatabasePool
    private let folder: String

    init() throws {
        var template = Array("/tmp/convo-sqlite-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        folder = try #require(made.map { String(cString: $0) })
        path = folder + "/test.db"
        pool = try DatabasePool(path: path, busyTimeoutSeconds: 20) { database in
            try database.execute(sql: "PRAGMA journal_mode = WAL")
        }
        try pool.write { try $0.execute(sql: "CREATE TABLE item (key INTEGER PRIMARY KEY, value)") }
    }

    deinit {
        for suffix in ["", "-wal", "-shm", ".waiting"] { unlink(path + suffix) }
        rmdir(folder)
    }
}
