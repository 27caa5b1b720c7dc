import ConvoIPC
import ConvoPlatform
import ConvoSQLite
import Synchronization

/// The mirror of what the server holds, and the outbox of writes that are on their way to it.
///
/// One SQLite file, shared by any number of processes. Each method is one transaction, unless it says otherwise: it
/// happens whole or, when it throws, not at all. A write for which ``start(_:)``, ``append(_:to:)``, ``restart(_:of:)``
/// or ``delete(_:_:)`` has returned survives a power cut; mirrored rows may be lost to one, and are fetched again.
///
/// Every method blocks its thread while it reads or writes the file. Reads wait for nobody. Writes take turns: they
/// wait for the other writers of this process, and up to 20 seconds for another process. Methods whose durability is
/// mentioned also wait until the disk has the data.
///
/// Any method may throw ``StoreError/corrupt(path:detail:)``, ``StoreError/notWritable(path:detail:)``,
/// ``StoreError/diskFull(path:)``, ``StoreError/busy(path:)`` or ``StoreError/unexpected(path:detail:)``. One of these
/// is meant where a method's documentation says that the file cannot be read or written.
public final class Store: Sendable {
    /// How long a write waits for another process, which holds the file for milliseconds at a time.
    static let busyTimeoutSeconds = 20.0
    /// The largest request body that the outbox accepts, in bytes.
    public static let requestLimit = 16 << 20

    /// Configures the process for a program of our own; to be called once, before a store is opened. The library never calls it.
    package static func configureProcess() { Database.configureProcess() }

    /// The canonical path of the file: absolute, and without symbolic links.
    public let path: String
    /// The folder that the file lies in; files without a name are made there, on the same disk.
    package var folder: String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
    let pool: DatabasePool
    let environment: StoreDependencies
    let segmentMergePolicy = SegmentMergePolicy()
    /// As ``segmentMergePolicy``, of the indexes that a rebuild makes.
    let rebuildMergePolicy = SegmentMergePolicy()
    /// What the transaction that is under way knows of the index; `nil` if it has not asked.
    let indexState = Mutex<IndexState?>(nil)
    let budget = TransactionBudget()
    let entryKeys = EntryKeyAllocator()
    private let changeNotifier: ChangeNotifier
    /// Held while the instance file is written.
    let confirming = Mutex(())
    /// The identity of the file that was opened.
    private let file: FileIdentity?
    /// Why the file cannot be written; `nil` if it can.
    private let readOnlyReason: String?

    /// Opens a store, applies the migrations that it lacks, and makes it if there is none: the file 0600, missing
    /// folders 0700.
    ///
    /// Symbolic links are followed. A file that can only be read is opened for reading: methods that write throw
    /// ``StoreError/notWritable(path:detail:)`` then, and nothing is made or changed beside the file.
    ///
    /// - Parameter path: the file's path, absolute or relative to the working directory.
    /// - Throws: ``StoreError/newerSchema(path:version:supported:)`` if a newer Convo owns the file,
    ///   ``StoreError/olderSchema(path:version:)`` if the file lacks a migration and can only be read, and
    ///   ``StoreError/notOurs(path:)`` if another program made it: the file is left as it is.
    ///   ``StoreError/hardLinked(path:)`` if the file has a second name; ``StoreError/replaced(path:)`` if it was
    ///   replaced while it was opened; ``StoreError/busy(path:)`` if another process does not release it within 20
    ///   seconds; or another ``StoreError`` of the file.
    public convenience init(path: String) throws(StoreError) { try self.init(path: path, environment: .live) }

    /// Opens a store as ``init(path:)``, with other clocks, random numbers and another location: a simulation's, or a test's.
    package convenience init(path: String, environment: StoreDependencies) throws(StoreError) {
        try self.init(path: path, environment: environment, busyTimeoutSeconds: Store.busyTimeoutSeconds)
    }

    /// Opens a store for reading only: every method that writes throws ``StoreError/notWritable(path:detail:)``.
    ///
    /// Nothing in the file is changed, and no migration applied.
    ///
    /// - Parameter path: the file's path, absolute or relative to the working directory.
    /// - Throws: ``StoreError/olderSchema(path:version:)`` if the file lacks a migration, and otherwise as
    ///   ``init(path:)``.
    public convenience init(reading path: String) throws(StoreError) {
        try self.init(path: path, environment: .live, busyTimeoutSeconds: Store.busyTimeoutSeconds, isReadOnly: true)
    }

    init(
        path given: String, environment: StoreDependencies, busyTimeoutSeconds: Double, isReadOnly: Bool = false
    ) throws(StoreError) {
        let path = DatabaseFile.canonicalPath(of: given)
        self.path = path
        self.environment = environment
        changeNotifier = ChangeNotifier(beside: path)
        do {
            let reason = isReadOnly ? "it was opened for reading" : try PrivateFile.prepare(path)
            readOnlyReason = reason
            file = FileIdentity(of: path)
            let access = reason == nil ? Database.Access.readWrite : PrivateFile.readingAccess(path)
            pool = try DatabasePool(path: path, access: access, busyTimeoutSeconds: busyTimeoutSeconds) { database in
                try Store.prepare(database, path: path, isReadOnly: access != .readWrite, environment)
            }
        } catch {
            throw .wrap(error, path: path)
        }
        // Another file may have taken its place since its identity was read.
        if isReplaced { throw .replaced(path: path) }
    }

    /// Whether the file was moved, removed or replaced since it was opened: what is written now goes to a file that no
    /// other process finds under this name.
    public var isReplaced: Bool { FileIdentity(of: path) != file }

    private static func prepare(
        _ database: Database, path: String, isReadOnly: Bool, _ environment: StoreDependencies
    ) throws {
        try SearchTokenizer.register(in: database)
        try Relevance.register(in: database)
        if isReadOnly {
            try Schema.check(database, path: path)
        } else {
            try Schema.prepare(database, path: path, environment.isUpgrading)
        }
        if !isReadOnly { database.recordRows(of: ChangedRows.tables) }
        try database.execute(
            sql: """
                PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -\(environment.cacheKilobytes)
                """)
        if DiskSync.needsFullSync {
            try database.execute(sql: "PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON")
        }
    }

    /// Runs a transaction whose effect a power cut may undo as a whole, never in part.
    func write<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        try requireWritable()
        do {
            return try pool.writeWithoutTransaction(isBusy: true) { try changing($0, work) }
        } catch { throw .wrap(error, path: path) }
    }

    /// Does work in a transaction, notes what it has changed, and tells that it was committed.
    ///
    /// Nothing comes between the commit and the notification: the checkpoint that may be due takes time, and a process that
    /// is killed meanwhile notifies nobody.
    private func changing<Value>(_ database: Database, _ work: (Database) throws -> Value) throws -> Value {
        indexState.withLock { $0 = nil }
        _ = database.recorder?.take()  // of a transaction that was taken back
        let value = try database.inTransaction(.immediate) {
            let value = try work(database)
            try noteChangedRows(database)
            return value
        }
        changeNotifier.notify()
        return value
    }

    /// Whether another process waits to write.
    var isAwaited: Bool { pool.isAwaited }

    /// Whether SQLite's log has room for more bulk writing; where it is long, it is begun anew if nobody still needs it.
    ///
    /// A bulk writer waits for room between its transactions, at most ``longestWaitForRoom`` seconds, and goes on with
    /// a longer log then. Blocks for file I/O, and waits for nobody.
    package func hasRoomInLog() -> Bool { pool.hasRoomInLog() }

    /// Lets SQLite's log grow by some megabytes before ``hasRoomInLog()`` is false again: a read that never ends must not
    /// keep a bulk writer for ever, nor make it wait at each transaction.
    package func growLog() { pool.growLog() }

    /// For how many seconds a bulk writer waits for room in SQLite's log before it goes on all the same.
    package static let longestWaitForRoom = 30

    /// Blocks until SQLite's log has room; lets it grow if that takes too long.
    ///
    /// - Parameter seconds: how long to wait at most.
    package func waitForRoomInLog(seconds: Int = Store.longestWaitForRoom) {
        pool.waitForRoomInLog(seconds: seconds)
    }

    private func requireWritable() throws(StoreError) {
        if let readOnlyReason { throw .notWritable(path: path, detail: readOnlyReason) }
    }

    /// Runs a transaction whose effect survives a power cut once this returns.
    func writeDurably<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        try write(isBusy: false, durablyIf: { _ in true }, work)
    }

    /// Runs a transaction; its effect survives a power cut once this returns if the condition holds just before it begins.
    func write<Value>(
        isBusy: Bool = true, durablyIf condition: (Database) throws -> Bool, _ work: (Database) throws -> Value
    ) throws(StoreError) -> Value {
        try requireWritable()
        do {
            return try pool.writeWithoutTransaction(isBusy: isBusy) { database in
                let isDurable = try condition(database) && environment.syncsDurableCommits
                if isDurable { try database.execute(sql: "PRAGMA synchronous = FULL") }
                // If SQLite refuses this, later transactions wait for the disk as well, and are only slower.
                defer { if isDurable { try? database.execute(sql: "PRAGMA synchronous = NORMAL") } }
                return try changing(database, work)
            }
        } catch { throw .wrap(error, path: path) }
    }

    /// Brings a long write-ahead log into the file; call it after a bulk write.
    ///
    /// Otherwise a short-lived process may have to, as the last one to close the file. It blocks while it writes, never
    /// fails, and does nothing to a file that can only be read.
    package func finishCheckpoints() { if readOnlyReason == nil { pool.finishCheckpoints() } }

    /// Gives back memory that a busy process needs and an idle one does not; call it after a bulk write, where the process
    /// lives on.
    ///
    /// Blocks for file I/O, never fails, and waits for nobody. The next reads and writes take a little longer.
    package func releaseMemory() {
        pool.releaseMemory()
        HeapMemory.trim()
    }

    func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(work) } catch { throw .wrap(error, path: path) }
    }

    /// Checks the whole file with SQLite's integrity check, its references, and, if it can be written, the full-text
    /// index.
    ///
    /// Reads the whole file, which takes time in proportion to its size. The check of the index holds the write lock.
    ///
    /// - Throws: ``StoreError/corrupt(path:detail:)`` with the first finding.
    public func checkIntegrity() throws(StoreError) {
        try checkRows()
        try checkIndex()
    }

    /// The part of ``checkIntegrity()`` that concerns everything but what the full-text index says.
    package func checkRows() throws(StoreError) {
        let findings = try read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check(9)")
                + String.fetchAll(
                    database,
                    sql: "SELECT \"table\" || ' names a row that is not there' FROM pragma_foreign_key_check LIMIT 1")
        }
        // An index that was replaced is removed piece by piece; from version 3.44 on, SQLite finds that it is not whole.
        let replaced = IndexTable.allCases.map(\.replaced)
        let finding = findings.first { finding in finding != "ok" && !replaced.contains { finding.contains($0) } }
        if let finding { throw .corrupt(path: path, detail: finding) }
    }

    /// The part of ``checkIntegrity()`` that concerns the full-text index.
    private func checkIndex() throws(StoreError) {
        guard readOnlyReason == nil else { return }  // FTS5's own check is a command that writes
        try write { database in
            for index in IndexTable.allCases.flatMap({ [$0.rawValue, $0.rebuilt] })
            where try IndexTable.exists(database, index) {
                try database.execute(sql: "INSERT INTO \(index) (\(index)) VALUES ('integrity-check')")
            }
        }
    }
}
