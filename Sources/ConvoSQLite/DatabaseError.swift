internal import CSQLite

/// An error that SQLite reported, or that this layer reports with one of SQLite's codes.
public struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code (sqlite.org/rescode.html).
    public let extendedCode: Int32
    /// SQLite's own words, which may name tables and columns but hold no bound values.
    public let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: a primary or extended result code of SQLite's.
    ///   - message: what went wrong, without values from the database.
    public init(code: Int32, message: String) {
        extendedCode = code
        self.message = message
    }

    /// The primary result code, such as `SQLITE_BUSY`.
    public var code: Int32 { extendedCode & 0xFF }

    /// The extended code and the message, for logs.
    public var description: String { "SQLite error \(extendedCode): \(message)" }
}

extension Database {
    /// The error for a result code, with the connection's message, and its extended code where that fits the code.
    static func error(_ handle: OpaquePointer?, _ code: Int32) -> DatabaseError {
        let extended = handle.map(sqlite3_extended_errcode) ?? code
        let message = handle.flatMap(sqlite3_errmsg).map { String(cString: $0) } ?? ""
        return DatabaseError(code: extended & 0xFF == code & 0xFF ? extended : code, message: message)
    }
}
