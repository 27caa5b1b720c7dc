import ConvoModel
package import ConvoSQLite

/// How much a store holds at one moment.
package struct StoreCensus: Sendable, Hashable {
    /// The version of the file's schema (`user_version`).
    package let schemaVersion: Int
    /// All conversations, those that were deleted here included.
    package let conversations: Int
    /// All entries, those that the server no longer lists included.
    package let entries: Int
    /// All writes, those that are delivered or cancelled included.
    package let operations: Int
    /// The writes that are neither delivered nor cancelled.
    package let openOperations: Int

    /// Makes a census of known counts.
    package init(schemaVersion: Int, conversations: Int, entries: Int, operations: Int, openOperations: Int) {
        self.schemaVersion = schemaVersion
        self.conversations = conversations
        self.entries = entries
        self.operations = operations
        self.openOperations = openOperations
    }

    init(_ database: Database) throws {
        self.init(
            schemaVersion: try database.count(sql: "PRAGMA user_version"),
            conversations: try database.count(sql: "SELECT COUNT(*) FROM conversation"),
            entries: try database.count(sql: "SELECT COUNT(*) FROM entry"),
            operations: try database.count(sql: "SELECT COUNT(*) FROM operation"),
            openOperations: try database.count(
                sql: "SELECT COUNT(*) FROM operation WHERE state NOT IN ('delivered', 'cancelled')"))
    }
}

extension Store {
    /// Counts what the store holds.
    ///
    /// Takes time in proportion to its size.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func census() throws(StoreError) -> StoreCensus { try read { try StoreCensus($0) } }

    /// Copies the whole database into a file, page by page, as it is at one moment.
    ///
    /// Nobody waits for it, neither readers nor writers. Until it ends, SQLite's log grows by what others write meanwhile.
    /// Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - file: an empty file.
    ///   - progress: is told how many pages are copied, and of how many.
    /// - Returns: what the copy holds, and the files that it names as stored: their paths in the folder beside it, sorted.
    /// - Throws: what the file throws; ``StoreError`` if the database cannot be read.
    package func copy(
        to file: any VirtualFile, progress: (_ done: Int, _ total: Int) -> Void
    ) throws -> (census: StoreCensus, files: [String]) {
        do {
            return try pool.read { database in
                let census = try StoreCensus(database)
                let files = try Store.storedFileNames(database)
                try database.copy(to: file, progress: progress)
                return (census, files)
            }
        } catch let error as DatabaseError {
            throw StoreError.wrap(error, path: path)
        }
    }

    private static func storedFileNames(_ database: Database) throws -> [String] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT DISTINCT sha256, media_type FROM file WHERE sha256 IS NOT NULL ORDER BY sha256")
        return rows.compactMap { row in
            let (digest, type): (String, String) = (row["sha256"], row["media_type"])
            return MediaType(named: type).map { FileFolder.name(of: digest, $0.ending) }
        }
    }
}
