internal import CSQLite

/// One compiled statement of a connection, to be used only while the caller has the connection.
public final class Statement {
    private let pointer: OpaquePointer
    /// The columns of the result, read once per compilation; `nil` before the first row.
    private var columns: Row.Columns?
    /// How often SQLite had compiled the statement again, because the schema had changed, when `columns` were read.
    private var compilation: Int32 = 0

    /// Compiles a statement.
    ///
    /// - Parameters:
    ///   - connection: SQLite's handle.
    ///   - sql: one statement, followed by nothing but spaces and line feeds.
    ///   - isReading: whether a statement that could write is refused.
    /// - Throws: ``DatabaseError``; `SQLITE_MISUSE` where there is no statement or more than one, `SQLITE_READONLY`
    ///   where a statement is refused.
    init(_ connection: OpaquePointer, _ sql: String, isReading: Bool) throws {
        var sql = sql
        var prepared: OpaquePointer?
        let (code, isWhole) = sql.withUTF8 { bytes -> (Int32, Bool) in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                var rest: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection, characters.baseAddress, Int32(characters.count), UInt32(SQLITE_PREPARE_PERSISTENT),
                    &prepared, &rest)
                guard let start = characters.baseAddress, let rest else { return (code, true) }
                let tail = characters[(rest - start)...]
                return (code, tail.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") })
            }
        }
        guard code == SQLITE_OK else { throw Database.error(connection, code) }
        guard let prepared else { throw DatabaseError(code: SQLITE_MISUSE, message: "there is no statement") }
        pointer = prepared
        guard isWhole else { throw DatabaseError(code: SQLITE_MISUSE, message: "more than one statement") }
        guard !isReading || isReadOnly else { throw DatabaseError(code: SQLITE_READONLY, message: "a read writes") }
    }

    deinit { sqlite3_finalize(pointer) }

    /// Whether it has begun to run and has neither reached its end nor been reset.
    var isBusy: Bool { sqlite3_stmt_busy(pointer) != 0 }

    var isReadOnly: Bool { sqlite3_stmt_readonly(pointer) != 0 }

    /// Runs the statement to its end; rows that it yields are discarded.
    ///
    /// Blocks for file I/O, and for up to the busy timeout where another connection holds a lock.
    ///
    /// - Parameter arguments: the values of the statement's parameters.
    /// - Throws: ``DatabaseError``, `SQLITE_MISUSE` where the number of arguments is wrong.
    public func execute(arguments: StatementArguments = StatementArguments()) throws {
        defer { reset() }
        try begin(arguments)
        while try step() {}
    }

    /// Binds the arguments, so that the statement can be stepped through.
    ///
    /// - Throws: ``DatabaseError``, `SQLITE_MISUSE` where the number of arguments is wrong.
    func begin(_ arguments: StatementArguments) throws {
        let wanted = sqlite3_bind_parameter_count(pointer)
        guard Int(wanted) == arguments.values.count else {
            throw DatabaseError(
                code: SQLITE_MISUSE, message: "\(arguments.values.count) values for \(wanted) parameters")
        }
        for (place, value) in arguments.values.enumerated() {
            let code = bind(value, at: Int32(place + 1))
            guard code == SQLITE_OK else { throw failure(code) }
        }
    }

    private func bind(_ value: DatabaseValue, at place: Int32) -> Int32 {
        switch value {
        case .null: return sqlite3_bind_null(pointer, place)
        case .integer(let number): return sqlite3_bind_int64(pointer, place, number)
        case .real(let number): return sqlite3_bind_double(pointer, place, number)
        case .text(var text):
            return text.withUTF8 { bytes in
                // SQLite would bind NULL for a null pointer.
                guard let base = bytes.baseAddress else { return convo_bind_text(pointer, place, "", 0) }
                return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    convo_bind_text(pointer, place, $0, UInt64(bytes.count))
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes { convo_bind_blob(pointer, place, $0.baseAddress, UInt64($0.count)) }
        }
    }

    /// Runs the statement to its next row or its end.
    ///
    /// - Returns: whether there is a row.
    /// - Throws: ``DatabaseError``, after the statement was reset.
    func step() throws -> Bool {
        switch sqlite3_step(pointer) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = failure(code)
            reset()
            throw error
        }
    }

    /// Ends the current run, and releases the bound values.
    func reset() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    func row() -> Row {
        let columns = currentColumns()
        return Row((0..<sqlite3_column_count(pointer)).map(value(at:)), columns)
    }

    func value(at column: Int32) -> DatabaseValue {
        switch sqlite3_column_type(pointer, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(pointer, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(pointer, column))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(pointer, column)
            let count = Int(sqlite3_column_bytes(pointer, column))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
        default:
            let start = sqlite3_column_text(pointer, column)
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        }
    }

    private func currentColumns() -> Row.Columns {
        let latest = sqlite3_stmt_status(pointer, SQLITE_STMTSTATUS_REPREPARE, 0)
        if let columns, latest == compilation { return columns }
        let names = (0..<sqlite3_column_count(pointer)).map { column in
            sqlite3_column_name(pointer, column).map { String(cString: $0) } ?? ""
        }
        let columns = Row.Columns(names)
        (self.columns, compilation) = (columns, latest)
        return columns
    }

    private func failure(_ code: Int32) -> DatabaseError { Database.error(sqlite3_db_handle(pointer), code) }
}

/// The values of a statement's parameters, in the parameters' order.
public struct StatementArguments: ExpressibleByArrayLiteral {
    private(set) var values: [DatabaseValue]

    /// Creates arguments for a statement without parameters.
    public init() { values = [] }

    /// Creates arguments from a literal; `nil` is bound as `NULL`.
    public init(arrayLiteral elements: (any DatabaseValueConvertible)?...) { self.init(elements) }

    /// Creates arguments from values of any types; `nil` is bound as `NULL`.
    public init(_ elements: [(any DatabaseValueConvertible)?]) {
        values = elements.map { $0?.databaseValue ?? .null }
    }

    /// Creates arguments from values of one type.
    public init<Element: DatabaseValueConvertible>(_ elements: [Element]) {
        values = elements.map(\.databaseValue)
    }

    /// One question mark for each value, separated by commas, for a list in parentheses.
    public var placeholders: String { values.map { _ in "?" }.joined(separator: ", ") }

    /// The values of the left side, then those of the right.
    public static func + (left: StatementArguments, right: StatementArguments) -> StatementArguments {
        var joined = left
        joined.values += right.values
        return joined
    }

    /// Appends the values of the right side.
    public static func += (left: inout StatementArguments, right: StatementArguments) { left.values += right.values }
}
