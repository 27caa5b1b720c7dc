internal import CSQLite

/// One compiled statement of a connection. Used by whoever uses the connection.
public final class Statement {
    private let pointer: OpaquePointer
    private var columns: Row.Columns?
    /// How often SQLite had compiled the statement anew, because the schema had changed, when `columns` were read.
    private var compilation: Int32 = 0

    /// - Parameter isReading: a statement that could write is refused.
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

    /// Whether somebody stands in the middle of its result.
    var isBusy: Bool { sqlite3_stmt_busy(pointer) != 0 }

    var isReadOnly: Bool { sqlite3_stmt_readonly(pointer) != 0 }

    /// Runs it to its end; rows that it gives are left aside.
    public func execute(arguments: StatementArguments = StatementArguments()) throws {
        defer { reset() }
        try begin(arguments)
        while try step() {}
    }

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
                // Without an address SQLite would bind NULL.
                guard let base = bytes.baseAddress else { return convo_bind_text(pointer, place, "", 0) }
                return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    convo_bind_text(pointer, place, $0, UInt64(bytes.count))
                }
            }
        case .blob(let bytes):
            return bytes.withUnsafeBytes { convo_bind_blob(pointer, place, $0.baseAddress, UInt64($0.count)) }
        }
    }

    /// - Returns: whether there is a row.
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

    /// Ends what is going on, and lets go of what was bound.
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

/// The values of a statement's parameters, in their order.
public struct StatementArguments: ExpressibleByArrayLiteral {
    private(set) var values: [DatabaseValue]

    public init() { values = [] }

    public init(arrayLiteral elements: (any DatabaseValueConvertible)?...) { self.init(elements) }

    public init(_ elements: [(any DatabaseValueConvertible)?]) {
        values = elements.map { $0?.databaseValue ?? .null }
    }

    public init<Element: DatabaseValueConvertible>(_ elements: [Element]) {
        values = elements.map(\.databaseValue)
    }

    /// As many question marks, for a list in parentheses.
    public var placeholders: String { values.map { _ in "?" }.joined(separator: ", ") }

    public static func + (left: StatementArguments, right: StatementArguments) -> StatementArguments {
        var joined = left
        joined.values += right.values
        return joined
    }

    public static func += (left: inout StatementArguments, right: StatementArguments) { left.values += right.values }
}
