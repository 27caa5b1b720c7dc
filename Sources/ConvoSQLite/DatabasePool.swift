import CSQLite
import ConvoIPC
import ConvoPlatform
import Dispatch
import Synchronization

/// The connections to one file: as many as there are callers at once, each opened when it is first needed.
///
/// All of them are connections to the file that the first one has opened. Once the path names another file, or none, no
/// further one is opened: it would mix two databases, or make a new one in the place of a file that was removed.
///
/// A program that makes one query opens one connection. Writers of this process wait for each other without a limit,
/// and for writers of other processes up to the busy timeout. Readers wait for no writer. All methods block the calling
/// thread for file I/O.
public final class DatabasePool: Sendable {
    /// The number of connections that are kept for later callers.
    private static let idleLimit = 5
    /// The pause between two attempts to open a connection.
    private static let openPauseMicroseconds: UInt32 = 20_000
    /// The pause between two looks whether the log has room.
    private static let roomPauseMicroseconds: UInt32 = 100_000
    /// How long a caller waits for a connection that another one gives back where none can be opened any more.
    private static let movedMilliseconds: Int64 = 1000
    /// SQLite's own code for a file that was moved since it was opened (`SQLITE_READONLY_DBMOVED`).
    private static let movedCode = SQLITE_READONLY | (4 << 8)

    private let open: @Sendable () throws -> Database
    /// The connections that nobody uses.
    ///
    /// Readers take from the end and writers from the front, so that each finds a connection whose cache holds what it
    /// needs.
    private let idle: Mutex<[Database]>
    private let turn = DispatchSemaphore(value: 1)
    private let checkpoints = CheckpointScheduler()
    /// The length of the write-ahead log after this pool's last commit.
    private let logBytes = Atomic(0)
    /// How long the write-ahead log may get before a bulk writer waits.
    private let allowedLogBytes = Atomic(CheckpointScheduler.congested)
    private let writerQueue: WriterQueue

    /// Opens a first connection, so that whatever is wrong with the file is known when this returns.
    ///
    /// - Parameters:
    ///   - path: the database file; the write-ahead log and `<path>.waiting` stand beside it.
    ///   - access: what may be done with the file.
    ///   - busyTimeoutSeconds: how long a statement waits for another process, and how long opening and setting up a
    ///     connection takes at most.
    ///   - prepare: sets up each connection after it was opened.
    /// - Throws: ``DatabaseError`` where the file cannot be opened, `SQLITE_BUSY` where that takes longer than the
    ///   timeout; whatever `prepare` throws.
    public init(
        path: String, access: Database.Access = .readWrite, busyTimeoutSeconds: Double,
        prepare: @escaping @Sendable (Database) throws -> Void
    ) throws {
        writerQueue = WriterQueue(beside: path)
        let timeout = Int64(busyTimeoutSeconds * 1000)
        let connect = { @Sendable (access: Database.Access) throws -> Database in
            let deadline = Database.now + timeout
            while true {
                do {
                    let database = try Database(
                        path: path, access: access, busyTimeoutMilliseconds: timeout, openingDeadline: deadline)
                    try prepare(database)
                    database.isOpen()
                    return database
                } catch let error as DatabaseError where error.code == SQLITE_BUSY && Database.now < deadline {
                    // While another process creates the file, or is last to close it, SQLite may say that it is busy
                    // without asking the busy handler ("Sometimes Queries Return SQLITE_BUSY In WAL Mode",
                    // sqlite.org/wal.html).
                    usleep(DatabasePool.openPauseMicroseconds)
                }
            }
        }
        idle = Mutex([try connect(access)])
        let file = FileIdentity(of: path)
        open = {
            func requireFile() throws {
                guard FileIdentity(of: path) == file else {
                    throw DatabaseError(
                        code: DatabasePool.movedCode, message: "the file was moved, removed or replaced")
                }
            }
            try requireFile()
            let database = try connect(access == .readWrite ? .readWriteExisting : access)
            try requireFile()
            return database
        }
    }

    /// Runs work in a read transaction: all that it reads is of one state of the database.
    ///
    /// - Parameter work: must not keep the connection.
    /// - Returns: the work's value.
    /// - Throws: ``DatabaseError``, `SQLITE_READONLY` for a statement that could write; whatever the work throws.
    public func read<Value>(_ work: (Database) throws -> Value) throws -> Value {
        try borrowing { try $0.reading(work) }
    }

    /// Runs work in a transaction that holds the write lock from its start, and is committed whole or rolled back.
    ///
    /// It is meant for writers with many transactions: it lets waiting processes go first, and begins a checkpoint
    /// where the log has grown. It waits for the other writers of this process without a limit, so a call from inside
    /// the work of another write of the same pool never returns.
    ///
    /// - Parameter work: must not keep the connection.
    /// - Returns: the work's value.
    /// - Throws: ``DatabaseError``, `SQLITE_BUSY` where another process keeps the write lock for longer than the
    ///   timeout; whatever the work throws.
    public func write<Value>(_ work: (Database) throws -> Value) throws -> Value {
        try writing(isBusy: true) { database in try database.inTransaction(.immediate) { try work(database) } }
    }

    /// Whether another process waits to write, upon which a long transaction should end.
    public var isAwaited: Bool { writerQueue.isOccupied }

    /// Whether the write-ahead log has room for another large transaction.
    ///
    /// Where it is long, it is brought into the file and begun anew, if nobody still needs it: a long read keeps it, as does
    /// a program that replicates the file. A bulk writer waits for room between its transactions. Blocks for file I/O,
    /// and waits for nobody.
    public func hasRoomInLog() -> Bool {
        guard logBytes.load(ordering: .relaxed) >= allowedLogBytes.load(ordering: .relaxed) else { return true }
        let hasRoom = try? borrowing { $0.restartLog(ifLongerThan: CheckpointScheduler.congested) }
        if hasRoom == true { noteLog(bytes: 0) }
        return hasRoom ?? true  // the next transaction tells what is wrong with the file
    }

    /// Lets the log grow by some megabytes more before ``hasRoomInLog()`` is false again, because somebody has waited for
    /// as long as it is worth: a read that never ends must not make a bulk writer wait at each of its transactions.
    public func growLog() {
        allowedLogBytes.store(
            logBytes.load(ordering: .relaxed) + CheckpointScheduler.growth, ordering: .relaxed)
    }

    /// Blocks until the write-ahead log has room (``hasRoomInLog()``), at most for some seconds; then the log may grow
    /// (``growLog()``).
    public func waitForRoomInLog(seconds: Int) {
        let deadline = Database.now + Int64(seconds) * 1000
        while !hasRoomInLog() {
            guard Database.now < deadline else { return growLog() }
            usleep(DatabasePool.roomPauseMicroseconds)
        }
    }

    private func noteLog(bytes: Int) {
        logBytes.store(bytes, ordering: .relaxed)
        if bytes < CheckpointScheduler.congested {
            allowedLogBytes.store(CheckpointScheduler.congested, ordering: .relaxed)
        }
    }

    /// Runs work that begins its own transactions and must be over soon.
    ///
    /// Unlike ``write(_:)``, and unless `isBusy`, it goes ahead of other processes that wait, and leaves the checkpoint to
    /// others unless the log has grown very long. It waits for the other writers of this process in the same way.
    ///
    /// - Parameters:
    ///   - isBusy: whether it is one of many, and treats others as ``write(_:)`` does.
    ///   - work: must not keep the connection, and must end each transaction that it begins.
    /// - Returns: the work's value.
    /// - Throws: ``DatabaseError``; whatever the work throws.
    public func writeWithoutTransaction<Value>(
        isBusy: Bool = false, _ work: (Database) throws -> Value
    ) throws -> Value {
        try writing(isBusy: isBusy, work)
    }

    /// Copies what a long write-ahead log still holds into the file, so that a short-lived process does not have to.
    ///
    /// To be called after a bulk write. Waits for the other writers of this process, and for the disk.
    public func finishCheckpoints() {
        try? writing(isBusy: false) { checkpoints.finish(for: $0) }  // the data is safe without the checkpoint
    }

    /// Gives back the memory that only a busy process needs: closes the connections that nobody uses, with their caches and
    /// the tables in which FTS5 gathers words, and keeps a new one in their place.
    ///
    /// Blocks for file I/O, and waits for nobody. Where no connection can be opened, nothing changes.
    public func releaseMemory() {
        // The new one first: the last connection to a file would copy the log into it.
        guard let new = try? open() else { return }
        idle.withLock { $0 = [new] }
    }

    /// Opens a connection that tells when the database was changed.
    ///
    /// - Throws: ``DatabaseError`` where no connection can be opened.
    public func makeCommitDetector() throws -> CommitDetector { CommitDetector(try open()) }

    private func writing<Value>(isBusy: Bool, _ work: (Database) throws -> Value) throws -> Value {
        turn.wait()
        defer { turn.signal() }
        let database = try connection { $0.isEmpty ? nil : $0.removeFirst() }
        defer { giveBack(database) { $0.insert(database, at: 0) } }
        if isBusy { writerQueue.yieldToWaiters() }
        let value = try work(database)
        checkpoints.noteCommit(by: database, isBusy: isBusy) { [self] in try borrowing($0) }
        noteLog(bytes: database.logBytes)
        return value
    }

    private func borrowing<Value>(_ work: (Database) throws -> Value) throws -> Value {
        let database = try connection { $0.popLast() }
        defer { giveBack(database) { $0.append(database) } }
        return try work(database)
    }

    /// An idle connection, or a new one.
    private func connection(_ take: (inout sending [Database]) -> sending Database?) throws -> Database {
        let deadline = Database.now + DatabasePool.movedMilliseconds
        while true {
            if let database = idle.withLock(take) { return database }
            do {
                return try open()
            } catch let error as DatabaseError
                where error.extendedCode == DatabasePool.movedCode && Database.now < deadline
            {
                usleep(DatabasePool.openPauseMicroseconds)
            }
        }
    }

    private func giveBack(_ database: Database, _ put: (inout [Database]) -> Void) {
        guard database.isAutocommitting else { return }  // its transaction could not be ended: closing it rolls back
        idle.withLock { if $0.count < DatabasePool.idleLimit { put(&$0) } }
    }
}
