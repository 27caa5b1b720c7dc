internal import CSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// One connection to a database file.
///
/// `@unchecked Sendable`: ``DatabasePool``, which alone makes connections, takes one out of its locked list for each
/// caller and puts it back when the caller's synchronous work is over; so two threads are never inside one. SQLite allows
/// this of a connection without a mutex (sqlite.org/threadsafe.html, "Multi-thread").
public final class Database: @unchecked Sendable {
    /// Compiled statements that are kept for the next time.
    private static let statementLimit = 200

    private static let busyPauseMicroseconds: UInt32 = 1000

    public enum TransactionKind: String {
        case deferred = "BEGIN DEFERRED"
        /// Takes the write lock at once: what is read inside stays true until the end.
        case immediate = "BEGIN IMMEDIATE"
    }

    /// What may be done with the file.
    public enum Access: Sendable {
        case readWrite
        case readOnly
        /// Read without locks and without a log, as on a medium that nobody writes to: what another process changes
        /// meanwhile is read wrongly (sqlite.org/uri.html, "immutable"). There must be no log that holds anything.
        case immutable
    }

    let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    private var isReading = false
    /// Pages in the write-ahead log after this connection's last commit.
    private(set) var logPages = 0

    private let writerQueue: WriterQueue
    private let access: Access
    private let busyTimeoutMilliseconds: Int64
    /// Until it is set up: all that is done for that, together, waits no longer.
    private var openingDeadline: Int64?
    private var waitDeadline: Int64 = 0
    /// Of this connection, as long as it waits.
    private var ticket: Int32?

    /// - Parameter openingDeadline: on the clock of ``now``; counts until ``isOpen()`` is called.
    init(path: String, access: Access, busyTimeoutMilliseconds: Int64, openingDeadline: Int64) throws {
        var opened: OpaquePointer?
        let flags =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            }
        let name = access == .immutable ? Database.immutableURI(of: path) : path
        let code = sqlite3_open_v2(name, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard let opened else { throw DatabaseError(code: SQLITE_NOMEM, message: "out of memory") }
        handle = opened
        writerQueue = WriterQueue(beside: path)
        self.access = access
        self.busyTimeoutMilliseconds = busyTimeoutMilliseconds
        self.openingDeadline = openingDeadline
        guard code == SQLITE_OK else { throw Database.error(opened, code) }
        sqlite3_extended_result_codes(opened, 1)
        // The connection ends in `deinit`: the pointers outlive their use.
        // SQLite's own handler soon sleeps a tenth of a second at a time.
        sqlite3_busy_handler(
            opened,
            { database, tries in
                guard let database else { return 0 }
                return Unmanaged<Database>.fromOpaque(database).takeUnretainedValue().wait(after: Int(tries)) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        // Takes the place of SQLite's own checkpoints.
        sqlite3_wal_hook(
            opened,
            { database, _, _, pages in
                guard let database else { return SQLITE_OK }
                Unmanaged<Database>.fromOpaque(database).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// To be called when it is set up.
    func isOpen() { openingDeadline = nil }

    /// Milliseconds on a clock that nobody sets.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// `?`, `#` and `%` mean something in a URI; of the rest, too, only what certainly means itself is left as it is.
    private static func immutableURI(of path: String) -> String {
        let plain = Set("/-._~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        let encoded = path.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "file:\(encoded.joined())?immutable=1"
    }

    /// While another process writes.
    private func wait(after tries: Int) -> Bool {
        let now = Database.now
        if tries == 0 { waitDeadline = min(now + busyTimeoutMilliseconds, openingDeadline ?? .max) }
        guard now < waitDeadline else { return false }
        if access == .readWrite { ticket = ticket ?? writerQueue.enter() }
        usleep(Database.busyPauseMicroseconds)
        return true
    }

    private func stopWaiting() {
        if let ticket { close(ticket) }
        ticket = nil
    }

    deinit {
        stopWaiting()
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Rows that the last statement changed.
    public var changesCount: Int { Int(sqlite3_changes64(handle)) }

    /// Rows that were changed since the connection was opened, those of virtual tables' own tables among them.
    public var totalChangesCount: Int { Int(sqlite3_total_changes64(handle)) }
    public var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }
    /// Whether every statement is a transaction by itself.
    var isAutocommitting: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Runs one statement with arguments, or without any a script of several.
    public func execute(sql: String, arguments: StatementArguments = StatementArguments()) throws {
        guard arguments.values.isEmpty else {
            return try cachedStatement(sql: sql).execute(arguments: arguments)
        }
        guard !isReading else { throw DatabaseError(code: SQLITE_READONLY, message: "a read writes") }
        defer { stopWaiting() }
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Database.error(handle, code) }
    }

    /// The statement, compiled the first time only. One that is in the middle of its result is not disturbed: there
    /// is another one then.
    public func cachedStatement(sql: String) throws -> Statement {
        if let statement = statements[sql], !statement.isBusy, !isReading || statement.isReadOnly { return statement }
        let statement = try Statement(handle, sql, isReading: isReading)
        if statements.count >= Database.statementLimit { statements.removeAll() }
        statements[sql] = statement
        return statement
    }

    /// Happens whole or, where anything throws, not at all.
    public func inTransaction<Value>(_ kind: TransactionKind, _ work: () throws -> Value) throws -> Value {
        defer { stopWaiting() }
        try cachedStatement(sql: kind.rawValue).execute()
        stopWaiting()  // it is ours
        do {
            let value = try work()
            try cachedStatement(sql: "COMMIT").execute()
            return value
        } catch {
            // SQLite itself rolls back after some errors. Where this fails, the connection is given up.
            if !isAutocommitting { try? cachedStatement(sql: "ROLLBACK").execute() }
            throw error
        }
    }

    /// Brings of the write-ahead log into the file what no reader still needs there. Nobody waits for it, and it waits
    /// for nobody; where it fails, the log keeps what it holds.
    ///
    /// - Returns: how many pages of the log are in the file now.
    @discardableResult
    func checkpoint() -> Int {
        var pages: Int32 = 0
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &pages)
        return max(0, Int(pages))  // -1 where it failed
    }

    /// A view of one moment; a statement that could write is an error in it.
    func reading<Value>(_ work: (Database) throws -> Value) throws -> Value {
        isReading = true
        defer { isReading = false }
        return try inTransaction(.deferred) { try work(self) }
    }

    static func error(_ handle: OpaquePointer?, _ code: Int32) -> DatabaseError {
        let extended = handle.map(sqlite3_extended_errcode) ?? code
        let message = handle.flatMap(sqlite3_errmsg).map { String(cString: $0) } ?? ""
        return DatabaseError(code: extended & 0xFF == code & 0xFF ? extended : code, message: message)
    }
}

/// What SQLite answered instead of doing it.
public struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code (sqlite.org/rescode.html).
    public let extendedCode: Int32
    /// In SQLite's words. It may name tables and columns, never values.
    public let message: String

    public init(code: Int32, message: String) {
        extendedCode = code
        self.message = message
    }

    /// The primary result code, as `SQLITE_BUSY`.
    public var code: Int32 { extendedCode & 0xFF }

    public var description: String { "SQLite error \(extendedCode): \(message)" }
}
