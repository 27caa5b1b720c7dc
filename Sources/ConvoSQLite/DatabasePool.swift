import CSQLite
import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A file's connections: as many as there are callers at once, each opened when it is first needed. A program that
/// asks one thing opens one.
///
/// Writes take turns, in this process by waiting, with other processes by SQLite's busy timeout. Reads wait for nobody.
public final class DatabasePool: Sendable {
    /// Connections that are kept for the next caller.
    private static let idleLimit = 5
    private static let openPauseMicroseconds: UInt32 = 20_000

    private let open: @Sendable () throws -> Database
    /// Reads take from the end and writes from the front, so that each finds what it had in its cache.
    private let idle: Mutex<[Database]>
    private let turn = DispatchSemaphore(value: 1)
    private let checkpoints = CheckpointScheduler()
    private let writerQueue: WriterQueue

    /// - Parameters:
    ///   - busyTimeoutSeconds: how long a transaction waits for another process; and to open a connection, in all.
    ///   - prepare: sets up each connection. It is called once in here, so that what is wrong with the file is known
    ///     when this returns.
    public init(
        path: String, access: Database.Access = .readWrite, busyTimeoutSeconds: Double,
        prepare: @escaping @Sendable (Database) throws -> Void
    ) throws {
        writerQueue = WriterQueue(beside: path)
        let timeout = Int64(busyTimeoutSeconds * 1000)
        open = {
            let deadline = Database.now + timeout
            while true {
                do {
                    let database = try Database(
                        path: path, access: access, busyTimeoutMilliseconds: timeout, openingDeadline: deadline)
                    try prepare(database)
                    database.isOpen()
                    return database
                } catch let error as DatabaseError where error.code == SQLITE_BUSY && Database.now < deadline {
                    // While another process makes the file, or is the last to leave it, SQLite may say that it is busy
                    // without asking the busy handler ("Sometimes Queries Return SQLITE_BUSY In WAL Mode",
                    // sqlite.org/wal.html).
                    usleep(DatabasePool.openPauseMicroseconds)
                }
            }
        }
        idle = Mutex([try open()])
    }

    /// Everything that the work reads is of one moment.
    public func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
        try borrowing { try $0.reading(work) }
    }

    /// A transaction: it happens whole or, where the work throws, not at all.
    public func write<Value>(_ work: (Database) throws -> Value) throws -> Value {
        try writing(isBusy: true) { database in try database.inTransaction(.immediate) { try work(database) } }
    }

    /// Whether another process waits to write: then a long transaction does well to end.
    public var isAwaited: Bool { writerQueue.isOccupied }

    /// For work that makes its own transactions, and must be over soon.
    public func writeWithoutTransaction<Value>(_ work: (Database) throws -> Value) throws -> Value {
        try writing(isBusy: false, work)
    }

    /// For one who has written much and has no more to come: what the log still holds is brought into the file.
    public func finishCheckpoints() {
        try? writing(isBusy: false) { checkpoints.finish(for: $0) }  // it never fails: it may be left undone
    }

    private func writing<Value>(isBusy: Bool, _ work: (Database) throws -> Value) throws -> Value {
        turn.wait()
        defer { turn.signal() }
        let database = try idle.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? open()
        defer { giveBack(database) { $0.insert(database, at: 0) } }
        if isBusy { writerQueue.yieldToWaiters() }
        let value = try work(database)
        checkpoints.noteCommit(by: database, isBusy: isBusy) { [self] in try borrowing($0) }
        return value
    }

    private func borrowing<Value>(_ work: (Database) throws -> Value) throws -> Value {
        let database = try idle.withLock { $0.popLast() } ?? open()
        defer { giveBack(database) { $0.append(database) } }
        return try work(database)
    }

    private func giveBack(_ database: Database, _ put: (inout [Database]) -> Void) {
        guard database.isAutocommitting else { return }  // it could not end its transaction: SQLite does, closing it
        idle.withLock { if $0.count < DatabasePool.idleLimit { put(&$0) } }
    }
}
