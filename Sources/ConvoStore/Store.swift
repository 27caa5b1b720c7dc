import CSQLite
import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The durable truth: everything that was said, and every write that is on its way.
///
/// One SQLite file, shared by any number of processes. Each method is one transaction, but where it says otherwise: it
/// happens whole or, when it throws, not at all. What ``start(_:)``, ``append(_:to:ifTipIs:)``, ``restart(_:of:)`` and
/// ``delete(_:from:)`` have returned survives a power cut; mirrored rows may be lost to one, and are fetched again.
public final class Store: Sendable {
    /// How long a write waits for another process, which holds the file for milliseconds at a time.
    static let busyTimeoutSeconds = 20.0
    static let openTries = 200
    static let openPauseMicroseconds: UInt32 = 20_000
    /// A request's body, in bytes.
    public static let requestLimit = 16 << 20

    public let path: String
    let pool: DatabasePool
    let environment: Environment
    let indexParts = IndexParts()
    let portion = Portion()

    /// Opens the store, and makes it where there is none: the file 0600, a folder that is missing 0700.
    ///
    /// - Throws: ``StoreError``; ``StoreError/newerSchema(path:version:supported:)`` where a newer Convo owns the
    ///   file, which is left as it is.
    public init(path: String, environment: Environment = .live) throws(StoreError) {
        self.path = path
        self.environment = environment
        do {
            try PrivateFile.prepare(path)
            pool = try Store.open(path)
        } catch {
            throw .wrap(error, path: path)
        }
    }

    /// While another process makes the file, or is the last to leave it, SQLite may say that it is busy without
    /// asking the busy handler ("Sometimes Queries Return SQLITE_BUSY In WAL Mode", sqlite.org/wal.html).
    private static func open(_ path: String) throws -> DatabasePool {
        for _ in 0..<openTries {
            do {
                return try DatabasePool(path: path, busyTimeoutSeconds: busyTimeoutSeconds) { database in
                    try prepare(database, path: path)
                }
            } catch let error as DatabaseError where error.code == SQLITE_BUSY {
                usleep(openPauseMicroseconds)
            }
        }
        throw StoreError.busy(path: path)
    }

    private static func prepare(_ database: Database, path: String) throws {
        try SearchTokenizer.register(in: database)
        try Relevance.register(in: database)
        try PackedJSON.register(in: database)
        try Schema.prepare(database, path: path)
        // 4 MB: enough for the upper pages of every index; the rest is the operating system's to cache.
        try database.execute(
            sql: "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096")
    }

    /// A transaction of mirrored facts: whole or not at all, and lost to a power cut at worst, never torn.
    func write<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.write(work) } catch { throw .wrap(error, path: path) }
    }

    /// Whether another process waits to write.
    var isAwaited: Bool { pool.isAwaited }

    /// A transaction that survives a power cut once this returns.
    func writeDurably<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        do {
            return try pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }  // FULL is only slower
                return try database.inTransaction(.immediate) { try work(database) }
            }
        } catch { throw .wrap(error, path: path) }
    }

    /// For one who has written much and has no more to come, so that nobody who writes little has to tidy up after it.
    public func finishCheckpoints() { pool.finishCheckpoints() }

    func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(work) } catch { throw .wrap(error, path: path) }
    }

    /// Asks SQLite whether the file is whole.
    ///
    /// - Throws: ``StoreError/corrupt(path:detail:)`` with the first finding.
    public func checkIntegrity() throws(StoreError) {
        let findings = try read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
                + String.fetchAll(database, sql: "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1")
        }
        if let finding = findings.first, finding != "ok" { throw .corrupt(path: path, detail: finding) }
        try write { database in
            for index in ["entry_index", "conversation_index"] {
                try database.execute(sql: "INSERT INTO \(index) (\(index)) VALUES ('integrity-check')")
            }
        }
    }
}
