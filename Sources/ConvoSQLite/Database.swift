internal import CSQLite
import ConvoIPC
import ConvoPlatform

/// One connection to a database file.
///
/// `@unchecked Sendable`: ``DatabasePool``, which alone opens connections, takes one out of its locked list for each
/// caller and puts it back when the caller's synchronous work is over; so two threads never use one at once. SQLite
/// allows this of a connection without a mutex (sqlite.org/threadsafe.html, "Multi-thread").
public final class Database: @unchecked Sendable {
    /// The number of compiled statements that a connection keeps; the next one drops all of them.
    private static let statementLimit = 200

    /// The pause between two attempts to get a lock that another connection holds.
    private static let busyPauseMicroseconds: UInt32 = 1000

    /// The ways to begin a transaction (sqlite.org/lang_transaction.html).
    public enum TransactionKind: String {
        /// Takes no lock before the first statement that needs one.
        case deferred = "BEGIN DEFERRED"
        /// Takes the write lock at once, so what the transaction reads stays true until its end.
        case immediate = "BEGIN IMMEDIATE"
    }

    /// The ways to open a database file.
    public enum Access: Sendable {
        /// Reading and writing; SQLite creates the file where there is none.
        case readWrite
        /// Reading and writing; the file must exist.
        case readWriteExisting
        /// Reading only; the file must exist.
        case readOnly
        /// Reading without locks and without a log, as from a medium that nobody writes to.
        ///
        /// If another process changes the file meanwhile, SQLite may return wrong rows (sqlite.org/uri.html, "immutable").
        /// If there is a log, it must be empty.
        case immutable

        var allowsWriting: Bool { self == .readWrite || self == .readWriteExisting }
    }

    /// Configures SQLite for a program of our own; to be called once, before the process uses SQLite, and never by the library: an
    /// app decides that itself.
    ///
    /// SQLite keeps the old pages of a running statement in memory, up to 1 MB, in place of a temporary file from 64 kB on, which are
    /// four of our pages. It also stops counting its memory, because the counter takes a lock at each allocation.
    package static func configureProcess() {
        let code = convo_configure_sqlite(1 << 20)
        assert(code == SQLITE_OK, "SQLite was used before it was configured")
    }

    let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    private var isReading = false
    /// What records the rows that statements change; `nil` if nobody has asked for it.
    public internal(set) var recorder: RowRecorder?
    /// Pages in the write-ahead log after this connection's last commit.
    private var logPages = 0
    /// The length of the write-ahead log in bytes after this connection's last commit.
    var logBytes: Int { logPages * pageSize }
    /// The size of the file's pages in bytes.
    private lazy var pageSize = (try? Int.fetchOne(self, sql: "PRAGMA page_size")) ?? 4096

    /// Whether a statement waits for locks that others hold, up to the busy timeout.
    private var waitsForLocks = true
    private let writerQueue: WriterQueue
    private let access: Access
    private let busyTimeoutMilliseconds: Int64
    /// Until when the connection waits for locks while it is opened and set up, on the clock of ``now``; `nil` after
    /// that.
    private var openingDeadline: Int64?
    /// When the current wait for a lock gives up, on the clock of ``now``.
    private var waitDeadline: Int64 = 0
    /// The descriptor that shows other processes that this connection waits to write; `nil` while it does not wait.
    private var ticket: Int32?

    /// Opens a connection, which blocks for file I/O.
    ///
    /// - Parameters:
    ///   - path: the database file.
    ///   - access: what the connection may do with the file.
    ///   - busyTimeoutMilliseconds: how long a statement waits for a lock that another connection holds.
    ///   - openingDeadline: until when it waits at most, on the clock of ``now``, before ``isOpen()`` is called.
    /// - Throws: ``DatabaseError`` where SQLite cannot open the file.
    init(path: String, access: Access, busyTimeoutMilliseconds: Int64, openingDeadline: Int64) throws {
        var opened: OpaquePointer?
        let flags =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            case .readWriteExisting: SQLITE_OPEN_READWRITE
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
        // `deinit` closes the connection, so SQLite makes no call with these pointers once `self` is gone.
        // The pauses of SQLite's own handler grow to a tenth of a second.
        sqlite3_busy_handler(
            opened,
            { database, tries in
                guard let database else { return 0 }
                return Unmanaged<Database>.fromOpaque(database).takeUnretainedValue().wait(after: Int(tries)) ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
        // SQLite's automatic checkpoint is a WAL hook too, which this one replaces.
        sqlite3_wal_hook(
            opened,
            { database, _, _, pages in
                guard let database else { return SQLITE_OK }
                Unmanaged<Database>.fromOpaque(database).takeUnretainedValue().logPages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends the time of setting up, after which each statement may wait for the whole busy timeout.
    func isOpen() { openingDeadline = nil }

    /// Milliseconds on a monotonic clock, which nobody can set.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The URI that opens a file as immutable.
    ///
    /// Every byte is percent-encoded but those that certainly stand for themselves: `?`, `#` and `%` have a meaning in
    /// a URI.
    private static func immutableURI(of path: String) -> String {
        let plain = Set("/-._~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        let encoded = path.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "file:\(encoded.joined())?immutable=1"
    }

    /// Pauses while another connection holds a lock that SQLite needs.
    ///
    /// - Parameter tries: how often SQLite has called before in the same wait.
    /// - Returns: `false` where the time is over, upon which SQLite reports `SQLITE_BUSY`.
    private func wait(after tries: Int) -> Bool {
        guard waitsForLocks else { return false }
        let now = Database.now
        if tries == 0 { waitDeadline = min(now + busyTimeoutMilliseconds, openingDeadline ?? .max) }
        guard now < waitDeadline else { return false }
        if access.allowsWriting { ticket = ticket ?? writerQueue.enter() }
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
        sqlite3_update_hook(handle, nil, nil)
        sqlite3_close_v2(handle)
    }

    /// The number of rows that the last `INSERT`, `UPDATE` or `DELETE` changed.
    public var changesCount: Int { Int(sqlite3_changes64(handle)) }

    /// The number of rows changed since the connection was opened, those in virtual tables' shadow tables included.
    public var totalChangesCount: Int { Int(sqlite3_total_changes64(handle)) }
    /// The row id of the connection's last successful `INSERT`; 0 before the first.
    public var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }
    /// Whether the connection is outside of a transaction, so that each statement is one by itself.
    var isAutocommitting: Bool { sqlite3_get_autocommit(handle) != 0 }

    /// Runs one statement with arguments, or a script of any number of statements without arguments.
    ///
    /// Blocks for file I/O, and for up to the busy timeout where another connection holds a lock.
    ///
    /// - Parameters:
    ///   - sql: the statement or the script.
    ///   - arguments: the values of the statement's parameters; a script has none.
    /// - Throws: ``DatabaseError``; `SQLITE_READONLY` for a statement that could write, or any script, inside a read. A
    ///   script stops at the first statement that fails.
    public func execute(sql: String, arguments: StatementArguments = StatementArguments()) throws {
        guard arguments.values.isEmpty else {
            return try cachedStatement(sql: sql).execute(arguments: arguments)
        }
        guard !isReading else { throw DatabaseError(code: SQLITE_READONLY, message: "a read writes") }
        defer { stopWaiting() }
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Database.error(handle, code) }
    }

    /// Runs a script that changes only the connection's own temporary database; unlike ``execute(sql:arguments:)``, also
    /// inside a read.
    ///
    /// - Parameter sql: statements that name `temp` as the database of what they make.
    /// - Throws: ``DatabaseError``; the script stops at the first statement that fails.
    public func executeTemporary(sql: String) throws {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw Database.error(handle, code) }
    }

    /// The compiled statement, from the connection's cache where it is there and not in the middle of its rows.
    ///
    /// - Parameter sql: exactly one statement.
    /// - Returns: a statement that is ready to run.
    /// - Throws: ``DatabaseError`` where it cannot be compiled, or could write inside a read.
    public func cachedStatement(sql: String) throws -> Statement {
        if let statement = statements[sql], !statement.isBusy, !isReading || statement.isReadOnly { return statement }
        let statement = try Statement(handle, sql, isReading: isReading)
        if statements.count >= Database.statementLimit { statements.removeAll() }
        statements[sql] = statement
        return statement
    }

    /// Runs work in a transaction, which is committed whole or, where anything throws, rolled back.
    ///
    /// Transactions do not nest. Blocks for file I/O, and for up to the busy timeout where another connection holds a
    /// lock.
    ///
    /// - Parameters:
    ///   - kind: how the transaction begins.
    ///   - work: what runs between `BEGIN` and `COMMIT`.
    /// - Returns: the work's value.
    /// - Throws: ``DatabaseError``, `SQLITE_BUSY` after the busy timeout; whatever the work throws.
    public func inTransaction<Value>(_ kind: TransactionKind, _ work: () throws -> Value) throws -> Value {
        defer { stopWaiting() }
        try cachedStatement(sql: kind.rawValue).execute()
        stopWaiting()  // the transaction has begun
        do {
            let value = try work()
            try cachedStatement(sql: "COMMIT").execute()
            return value
        } catch {
            // SQLite itself rolls back after some errors. Where this fails, the pool drops the connection.
            if !isAutocommitting { try? cachedStatement(sql: "ROLLBACK").execute() }
            throw error
        }
    }

    /// Copies the pages of the write-ahead log into the file that no reader still needs in the log.
    ///
    /// It is a passive checkpoint: it waits for no lock, and no reader or writer waits for it. Where it fails, the log
    /// keeps what it holds. Blocks for file I/O.
    ///
    /// - Returns: how many bytes of the log are in the file now; 0 where it failed.
    @discardableResult
    func checkpoint() -> Int {
        var pages: Int32 = 0
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, &pages)
        return max(0, Int(pages)) * pageSize  // SQLite sets -1 on failure
    }

    /// Has the next writer begin the write-ahead log anew, if nobody needs what is in it; waits for nobody.
    ///
    /// - Parameter limit: a length in bytes; a log that is not longer by now is left alone.
    /// - Returns: whether the log is not longer than that, or begins anew.
    func restartLog(ifLongerThan limit: Int) -> Bool {
        var pages: Int32 = 0
        guard sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, nil) == SQLITE_OK else {
            return false
        }
        if Int(pages) * pageSize <= limit { return true }
        return withoutWaitingForLocks {
            sqlite3_wal_checkpoint_v2($0.handle, nil, SQLITE_CHECKPOINT_RESTART, nil, nil) == SQLITE_OK
        }
    }

    /// Runs work whose statements fail with `SQLITE_BUSY` at once where another connection holds a lock.
    func withoutWaitingForLocks<Value>(_ work: (Database) throws -> Value) rethrows -> Value {
        waitsForLocks = false
        defer { waitsForLocks = true }
        return try work(self)
    }

    /// Runs work in a read transaction, which sees one state of the database.
    ///
    /// - Throws: ``DatabaseError``, `SQLITE_READONLY` for a statement that could write; whatever the work throws.
    func reading<Value>(_ work: (Database) throws -> Value) throws -> Value {
        isReading = true
        defer { isReading = false }
        return try inTransaction(.deferred) { try work(self) }
    }
}
