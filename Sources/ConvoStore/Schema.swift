import ConvoSQLite

/// One step from a version of the schema to the next.
struct Migration: Sendable {
    typealias Preparation = @Sendable (_ database: Database, _ path: String) throws -> Bool

    /// What changes the schema, in one transaction.
    let sql: String
    /// What SQL alone cannot do. It is called in a transaction until it returns that no more remains; the SQL follows in the
    /// transaction of the last call.
    let preparation: Preparation?

    init(_ sql: [UInt8], preparation: Preparation? = nil) {
        self.sql = String(decoding: sql, as: UTF8.self)
        self.preparation = preparation
    }
}

/// The migrations of `migrations/`, compiled in, and the code that applies them to a file.
enum Schema {
    /// SQLite's `application_id` of our files, "Conv" in ASCII, which tells them from other programs'.
    static let applicationID = 0x436F_6E76

    static let migrations: [Migration] = [
        Migration(PackageResources.m0001_initial_sql), Migration(PackageResources.m0002_trust_sql),
        Migration(PackageResources.m0003_other_account_sql), Migration(PackageResources.m0004_reasons_sql),
        Migration(PackageResources.m0005_outdated_readings_sql), Migration(PackageResources.m0006_index_version_sql),
        Migration(PackageResources.m0007_plain_text_sql, preparation: PlainTextMigration.step),
        Migration(PackageResources.m0008_files_sql),
        Migration(PackageResources.m0009_files_of_entries_sql, preparation: FilesMigration.step),
        Migration(PackageResources.m0010_imports_sql),
        Migration(PackageResources.m0011_indexes_of_writes_sql),
        Migration(PackageResources.m0012_entry_key_distances_sql), Migration(PackageResources.m0013_changes_sql),
        Migration(PackageResources.m0014_labels_sql), Migration(PackageResources.m0015_requests_sql),
    ]

    static var version: Int { migrations.count }

    /// Applies the migrations that a file lacks, each in a transaction of its own, behind the transactions that prepare it.
    ///
    /// Several processes may do so at once: they take turns, transaction by transaction. Each may be killed at any moment.
    ///
    /// - Parameters:
    ///   - database: a connection to the file.
    ///   - path: the file's path, for errors.
    ///   - told: called after each transaction that prepares a migration.
    /// - Throws: ``StoreError/newerSchema(path:version:supported:)`` or ``StoreError/notOurs(path:)``, and nothing is
    ///   changed then.
    static func prepare(_ database: Database, path: String, _ told: () -> Void = {}) throws {
        if try database.inTransaction(.deferred, { try version(of: database, path: path) }) < version {
            try database.execute(sql: "PRAGMA page_size = \(pageSize)")  // does nothing to a file that has pages
            try SearchTokenizer.register(in: database, as: PlainTextMigration.oldTokenizer)
            while try applyNext(to: database, path: path, told) {}
        }
        try database.execute(sql: "PRAGMA journal_mode = WAL")  // the file keeps it; to ask is as much work
    }

    /// Checks the schema of a file that can only be read.
    ///
    /// - Parameters:
    ///   - database: a connection to the file.
    ///   - path: the file's path, for errors.
    /// - Throws: as ``prepare(_:path:)``; ``StoreError/olderSchema(path:version:)`` if the file lacks a migration.
    static func check(_ database: Database, path: String) throws {
        let present = try database.inTransaction(.deferred) { try version(of: database, path: path) }
        if present < version { throw StoreError.olderSchema(path: path, version: present) }
    }

    /// The page size of a new file in bytes: in pages of 8,192, messages of the usual length leave a seventh of each page
    /// unused, in these an eighth.
    static let pageSize = 16384

    /// Applies the next migration, unless another process was faster, which the version inside the transaction tells.
    ///
    /// - Returns: whether further migrations are missing.
    private static func applyNext(to database: Database, path: String, _ told: () -> Void) throws -> Bool {
        try database.inTransaction(.immediate) {
            let current = try version(of: database, path: path)
            if current < version {
                let migration = migrations[current]
                if let preparation = migration.preparation, try preparation(database, path) {
                    told()
                    return true
                }
                try database.execute(sql: migration.sql)
                try database.execute(sql: "PRAGMA application_id = \(applicationID)")
                try database.execute(sql: "PRAGMA user_version = \(current + 1)")
            }
            return current + 1 < version
        }
    }

    /// The file's schema version; 0 for an empty file.
    ///
    /// Call it in a transaction: another process may be making the file, and without one the three queries would see
    /// three different moments.
    private static func version(of database: Database, path: String) throws -> Int {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let owner = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        if owner == applicationID {
            guard version <= self.version else {
                throw StoreError.newerSchema(path: path, version: version, supported: self.version)
            }
            return version
        }
        let isEmpty = try Int.fetchOne(database, sql: "SELECT COUNT(*) FROM sqlite_schema") == 0
        guard owner == 0, version == 0, isEmpty else { throw StoreError.notOurs(path: path) }
        return 0
    }
}
