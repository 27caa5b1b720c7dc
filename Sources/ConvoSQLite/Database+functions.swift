public import CSQLite

extension Database {
    /// Boxes a closure, so that SQLite can hold it by a pointer.
    private final class Work {
        let perform: @Sendable (DatabaseValue) throws -> DatabaseValue
        init(_ perform: @escaping @Sendable (DatabaseValue) throws -> DatabaseValue) { self.perform = perform }
    }

    /// Registers a function of one argument for SQL on this connection.
    ///
    /// SQLite may reuse a result, so the same argument must always give the same result. The connection holds the
    /// closure until it is closed.
    ///
    /// - Parameters:
    ///   - name: the function's name in SQL.
    ///   - work: computes the result. The statement that calls the function fails with what it throws: with the code
    ///     of a ``DatabaseError``, and with `SQLITE_ERROR` for any other error.
    /// - Throws: ``DatabaseError`` where SQLite refuses the registration.
    public func addFunction(
        _ name: String, _ work: @escaping @Sendable (DatabaseValue) throws -> DatabaseValue
    ) throws {
        let code = sqlite3_create_function_v2(
            handle, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, Unmanaged.passRetained(Work(work)).toOpaque(),
            { context, _, values in
                guard let data = sqlite3_user_data(context) else { return }
                let work = Unmanaged<Work>.fromOpaque(data).takeUnretainedValue()
                do {
                    Database.answer(try work.perform(Database.value(values?[0])), context)
                } catch {
                    sqlite3_result_error(context, "\(error)", -1)
                    if let error = error as? DatabaseError { sqlite3_result_error_code(context, error.code) }
                }
            }, nil, nil,
            { data in if let data { Unmanaged<Work>.fromOpaque(data).release() } })
        guard code == SQLITE_OK else { throw Database.error(handle, code) }
    }

    private static func value(_ value: OpaquePointer?) -> DatabaseValue {
        switch sqlite3_value_type(value) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: return .real(sqlite3_value_double(value))
        case SQLITE_BLOB:
            let start = sqlite3_value_blob(value)
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))))
        default:
            let start = sqlite3_value_text(value)
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
            return .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private static func answer(_ value: DatabaseValue, _ context: OpaquePointer?) {
        switch value {
        case .null: sqlite3_result_null(context)
        case .integer(let number): sqlite3_result_int64(context, number)
        case .real(let number): sqlite3_result_double(context, number)
        case .text(var text):
            text.withUTF8 { bytes in
                guard let base = bytes.baseAddress else { return convo_result_text(context, "", 0) }
                base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    convo_result_text(context, $0, UInt64(bytes.count))
                }
            }
        case .blob(let bytes):
            bytes.withUnsafeBytes { convo_result_blob(context, $0.baseAddress, UInt64($0.count)) }
        }
    }
}

extension Database {
    /// The interface of FTS5, for registering tokenizers and auxiliary functions.
    ///
    /// It is valid as long as the connection.
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
