internal import CSQLite

extension Database {
    /// How many pages are copied between two reports of progress.
    private static let stepPages: Int32 = 256
    /// How many changed pages of the copy SQLite holds in memory.
    private static let cachedPages = 64

    /// Copies every page of the database into a file, as the connection's transaction sees them.
    ///
    /// Call it in a read transaction. A copy outside of one begins again whenever another connection commits
    /// (sqlite3_backup_step), and would never end while a first sync writes; inside, it copies one state of the
    /// database. Nobody waits for it: other connections read, write and copy the log into the file meanwhile, but the log
    /// begins anew only when the copy has ended.
    ///
    /// Page numbers stay, so that a page that has not changed lies where it lay in an earlier copy. (`VACUUM INTO` packs all
    /// pages anew.) The first page differs from the database's own in its counters of changes.
    ///
    /// Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - file: an empty file.
    ///   - progress: is told how many pages are copied, and of how many.
    /// - Throws: what the file throws; ``DatabaseError`` where the database cannot be read.
    package func copy(to file: any VirtualFile, progress: (_ done: Int, _ total: Int) -> Void) throws {
        // The first statement of a deferred transaction takes the snapshot.
        _ = try Int.fetchOne(self, sql: "SELECT COUNT(*) FROM sqlite_schema")
        let system = try VirtualFileSystem(file)
        do {
            try withExtendedLifetime(system) { try copy(to: system, progress) }
        } catch {
            throw system.failure ?? error
        }
    }

    private func copy(to system: VirtualFileSystem, _ progress: (Int, Int) -> Void) throws {
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(VirtualFileSystem.fileName, &opened, flags, system.name)
        defer { sqlite3_close_v2(opened) }
        guard code == SQLITE_OK, let opened else { throw Database.error(opened, code) }
        let settings = """
            PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = \(Database.cachedPages)
            """
        let set = sqlite3_exec(opened, settings, nil, nil, nil)
        guard set == SQLITE_OK, let backup = sqlite3_backup_init(opened, "main", handle, "main") else {
            throw Database.error(opened, set == SQLITE_OK ? sqlite3_errcode(opened) : set)
        }
        var step = SQLITE_OK
        while step == SQLITE_OK {
            step = sqlite3_backup_step(backup, Database.stepPages)
            let total = sqlite3_backup_pagecount(backup)
            progress(Int(total - sqlite3_backup_remaining(backup)), Int(total))
        }
        let end = sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE, end == SQLITE_OK else { throw Database.error(opened, end == SQLITE_OK ? step : end) }
    }
}
