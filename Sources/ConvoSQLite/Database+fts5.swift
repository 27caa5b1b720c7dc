public import CSQLite

extension Database {
    /// FTS5's own interface, for tokenizers and functions. It lives as long as the connection.
    ///
    /// - Throws: ``DatabaseError`` where SQLite was built without FTS5.
    public func fts5() throws -> UnsafeMutablePointer<fts5_api> {
        var api: UnsafeMutablePointer<fts5_api>?
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        guard sqlite3_prepare_v2(handle, "SELECT fts5(?1)", -1, &statement, nil) == SQLITE_OK,
            convo_bind_fts5_api(statement, &api) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW, let api
        else { throw DatabaseError(code: SQLITE_ERROR, message: "SQLite has no FTS5 here") }
        return api
    }
}
