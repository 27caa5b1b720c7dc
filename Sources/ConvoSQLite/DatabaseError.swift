/// What SQLite answered instead of doing it.
public struct DatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The extended result code (sqlite.org/rescode.html).
    public let extendedCode: Int32
    /// In SQLite's words. It may name tables and columns, never values.
    public let message: String

    public init(code: Int32, message: String) {
        extendedCode = code
        self.message = message
    }

    /// The primary result code, as `SQLITE_BUSY`.
    public var code: Int32 { extendedCode & 0xFF }

    public var description: String { "SQLite error \(extendedCode): \(message)" }
}
