import ConvoSQLite
import Synchronization

/// The durable truth: everything that was said, and every write that is on its way.
///
/// One SQLite file, shared by any number of processes. Each method is one transaction, but where it says otherwise: it
/// happens whole or, when it throws, not at all. What ``start(_:)``, ``append(_:to:ifTipIs:)``, ``restart(_:of:)`` and
/// ``delete(_:from:)`` have returned survives a power cut; mirrored rows may be lost to one, and are fetched again.
public final class Store: Sendable {
    /// How long a write waits for another process, which holds the file for milliseconds at a time.
    static let busyTimeoutSeconds = 20.0
    /// A request's body, in bytes.
    public static let requestLimit = 16 << 20

    /// The file's one name: absolute, and without symbolic links.
    public let path: String
    let pool: DatabasePool
    let environment: StoreDependencies
    let segmentMergePolicy = SegmentMergePolicy()
    let budget = TransactionBudget()
    /// Held while a send is written down beside the file.
    let confirming = Mutex(())
    /// The file that was opened.
    private let file: FileIdentity?
    /// Why nothing can be written; `nil` where it can.
    private let readOnlyReason: String?

    /// Opens the store, and makes it where there is none: the file 0600, a folder that is missing 0700.
    ///
    /// Symbolic links are followed. A file that can be read and not written is opened for reading: methods that write
    /// throw ``StoreError/notWritable(path:detail:)`` then, and nothing is made or changed beside the file.
    ///
    /// - Throws: ``StoreError``; ``StoreError/newerSchema(path:version:supported:)`` where a newer Convo owns the
    ///   file, which is left as it is; ``StoreError/hardLinked(path:)`` where it has a second name;
    ///   ``StoreError/busy(path:)`` where another process does not let go of it within the busy timeout.
    public convenience init(path: String, environment: StoreDependencies = .live) throws(StoreError) {
        try self.init(path: path, environment: environment, busyTimeoutSeconds: Store.busyTimeoutSeconds)
    }

    init(
        path given: String, environment: StoreDependencies, busyTimeoutSeconds: Double, isReadOnly: Bool = false
    ) throws(StoreError) {
        let path = DatabaseFile.canonicalPath(of: given)
        self.path = path
        self.environment = environment
        do {
            let reason = isReadOnly ? "it was opened for reading" : try PrivateFile.prepare(path)
            readOnlyReason = reason
            file = FileIdentity(of: path)
            let access = reason == nil ? Database.Access.readWrite : PrivateFile.readingAccess(path)
            pool = try DatabasePool(path: path, access: access, busyTimeoutSeconds: busyTimeoutSeconds) { database in
                try Store.prepare(database, path: path, isReadOnly: access != .readWrite)
            }
        } catch {
            throw .wrap(error, path: path)
        }
        // Between the two looks another one may have come in its place.
        if isReplaced { throw .replaced(path: path) }
    }

    /// Whether the file was moved or removed since it was opened. What is written now is in a file that nobody finds.
    public var isReplaced: Bool { FileIdentity(of: path) != file }

    private static func prepare(_ database: Database, path: String, isReadOnly: Bool) throws {
        try SearchTokenizer.register(in: database)
        try Relevance.register(in: database)
        try PackedJSON.register(in: database)
        if isReadOnly {
            try Schema.check(database, path: path)
        } else {
            try Schema.prepare(database, path: path)
        }
        // 4 MB: enough for the upper pages of every index; the rest is the operating system's to cache.
        try database.execute(
            sql: "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4096")
    }

    /// A transaction of mirrored facts: whole or not at all, and lost to a power cut at worst, never torn.
    func write<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        try requireWritable()
        do { return try pool.write(work) } catch { throw .wrap(error, path: path) }
    }

    /// Whether another process waits to write.
    var isAwaited: Bool { pool.isAwaited }

    private func requireWritable() throws(StoreError) {
        if let readOnlyReason { throw .notWritable(path: path, detail: readOnlyReason) }
    }

    /// A transaction that survives a power cut once this returns.
    func writeDurably<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        try requireWritable()
        do {
            return try pool.writeWithoutTransaction { database in
                if environment.syncsDurableCommits { try database.execute(sql: "PRAGMA synchronous = FULL") }
                defer { try? database.execute(sql: "PRAGMA synchronous = NORMAL") }  // FULL is only slower
                return try database.inTransaction(.immediate) { try work(database) }
            }
        } catch { throw .wrap(error, path: path) }
    }

    func write(isDurable: Bool, _ work: (Database) throws -> Void) throws(StoreError) {
        if isDurable { try writeDurably(work) } else { try write(work) }
    }

    /// For one who has written much and has no more to come, so that nobody who writes little has to tidy up after it.
    public func finishCheckpoints() { if readOnlyReason == nil { pool.finishCheckpoints() } }

    func read<Value>(_ work: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(work) } catch { throw .wrap(error, path: path) }
    }

    /// Asks SQLite whether the file is whole.
    ///
    /// - Throws: ``StoreError/corrupt(path:detail:)`` with the first finding.
    public func checkIntegrity() throws(StoreError) {
        let findings = try read { database in
            try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
                + String.fetchAll(
                    database,
                    sql: "SELECT \"table\" || ' names a row that is not there' FROM pragma_foreign_key_check LIMIT 1")
        }
        if let finding = findings.first(where: { $0 != "ok" }) { throw .corrupt(path: path, detail: finding) }
        guard readOnlyReason == nil else { return }  // FTS5's own check is a command that writes
        try write { database in
            for index in ["entry_index", "conversation_index"] {
                try database.execute(sql: "INSERT INTO \(index) (\(index)) VALUES ('integrity-check')")
            }
        }
    }
}
