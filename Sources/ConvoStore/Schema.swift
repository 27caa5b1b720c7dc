import ConvoSQLite

/// The migrations of `migrations/`, compiled in, and the code that applies them to a file.
enum Schema {
    /// SQLite's `application_id` of our files, "Conv" in ASCII, which tells them from other programs'.
    static let applicationID = 0x436F_6E76

    static let migrations: [String] = [
        PackageResources.m0001_initial_sql, PackageResources.m0002_trust_sql,
        PackageResources.m0003_other_account_sql,
        PackageResources.m0004_reasons_sql,
        PackageResources.m0005_outdated_readings_sql,
        PackageResources.m0006_index_version_sql,
    ].map { String(decoding: $0, as: UTF8.self) }

    static var version: Int { migrations.count }

    /// Applies the migrations that a file lacks, each in a transaction of its own.
    ///
    /// - Parameters:
    ///   - database: a connection to the file.
    ///   - path: the file's path, for errors.
    /// - Throws: ``StoreError/newerSchema(path:version:supported:)`` or ``StoreError/notOurs(path:)``, and nothing is
    ///   changed then.
    static func prepare(_ database: Database, path: String) throws {
        if try database.inTransaction(.deferred, { try version(of: database, path: path) }) < version {
            try database.execute(sql: "PRAGMA page_size = \(pageSize)")  // does nothing to a file that has pages
            while try applyNext(to: database, path: path) {}
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

    /// The page size of a new file in bytes: in pages of 4,096, three messages of the usual length waste a seventh.
    static let pageSize = 8192

    /// Applies the next migration, unless another process was faster, which the version inside the transaction tells.
    ///
    /// - Returns: whether further migrations are missing.
    private static func applyNext(to database: Database, path: String) throws -> Bool {
        return try database.inTransaction(.immediate) {
            let current = try version(of: database, path: path)
            if current < version {
                try database.execute(sql: migrations[current])
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
