/// The rows of a result, read from the database one at a time.
///
/// The statement can be used again once the last row was read or the cursor was destroyed.
public struct RowCursor: ~Copyable {
    private let statement: Statement

    init(_ statement: Statement, _ arguments: StatementArguments) throws {
        try statement.begin(arguments)
        self.statement = statement
    }

    deinit { statement.reset() }

    /// Reads the next row, which blocks for file I/O.
    ///
    /// - Returns: `nil` at the end. The caller must not ask again after it: SQLite would run the statement once more.
    /// - Throws: ``DatabaseError``, which ends the cursor as well.
    public func next() throws -> Row? { try statement.step() ? statement.row() : nil }

    /// Goes to the next row, which blocks for file I/O, and reads nothing of it: ``value(at:)`` does.
    ///
    /// - Returns: `false` at the end. The caller must not ask again after it.
    /// - Throws: ``DatabaseError``, which ends the cursor as well.
    public func advance() throws -> Bool { try statement.step() }

    /// A column of the row that ``advance()`` went to, counted from 0.
    public func value(at column: Int) -> DatabaseValue { statement.value(at: Int32(column)) }

    /// A column of the row that ``advance()`` went to, counted from 0; `NULL` is converted like any other value.
    public subscript<Value: DatabaseValueConvertible>(_ column: Int) -> Value {
        Value(databaseValue: value(at: column))
    }

    /// A column of the row that ``advance()`` went to, counted from 0; `nil` for `NULL`.
    public subscript<Value: DatabaseValueConvertible>(_ column: Int) -> Value? {
        let value = value(at: column)
        if case .null = value { return nil }
        return Value(databaseValue: value)
    }

    /// Reads the first column of the next row; `nil` at the end.
    func nextValue() throws -> DatabaseValue? { try statement.step() ? statement.value(at: 0) : nil }
}

extension Row {
    /// Runs a statement, and reads its rows one at a time.
    ///
    /// - Parameters:
    ///   - statement: not in use by another cursor.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: a cursor before the first row.
    /// - Throws: ``DatabaseError`` where the arguments do not fit.
    public static func fetchCursor(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> RowCursor {
        try RowCursor(statement, arguments)
    }

    /// Runs a statement, and reads all its rows into memory.
    ///
    /// - Parameters:
    ///   - statement: not in use by a cursor.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: the rows in the result's order.
    /// - Throws: ``DatabaseError``.
    public static func fetchAll(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        let cursor = try RowCursor(statement, arguments)
        var rows: [Row] = []
        while let row = try cursor.next() { rows.append(row) }
        return rows
    }

    /// Runs a statement, and reads its first row.
    ///
    /// - Parameters:
    ///   - statement: not in use by a cursor.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: `nil` where the result is empty; further rows are not read.
    /// - Throws: ``DatabaseError``.
    public static func fetchOne(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> Row? {
        try RowCursor(statement, arguments).next()
    }

    /// Runs a statement from the connection's cache, and reads its rows one at a time.
    ///
    /// - Parameters:
    ///   - database: the connection, which the caller may use for other statements meanwhile.
    ///   - sql: one statement.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: a cursor before the first row.
    /// - Throws: ``DatabaseError`` where the statement cannot be compiled or the arguments do not fit.
    public static func fetchCursor(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> RowCursor {
        try fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Runs a statement from the connection's cache, and reads all its rows into memory.
    ///
    /// - Parameters:
    ///   - database: the connection.
    ///   - sql: one statement.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: the rows in the result's order.
    /// - Throws: ``DatabaseError``.
    public static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        try fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Runs a statement from the connection's cache, and reads its first row.
    ///
    /// - Parameters:
    ///   - database: the connection.
    ///   - sql: one statement.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: `nil` where the result is empty; further rows are not read.
    /// - Throws: ``DatabaseError``.
    public static func fetchOne(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> Row? {
        try fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Database {
    /// Whether the first column of the first row is true; no row, `NULL` and 0 are false.
    public func isTrue(sql: String, arguments: StatementArguments = StatementArguments()) throws -> Bool {
        try Bool.fetchOne(self, sql: sql, arguments: arguments) ?? false
    }

    /// The first column of the first row, as a count; no row and `NULL` are 0.
    public func count(sql: String, arguments: StatementArguments = StatementArguments()) throws -> Int {
        try Int.fetchOne(self, sql: sql, arguments: arguments) ?? 0
    }
}

extension DatabaseValueConvertible {
    /// Runs a statement, and reads the first column of every row into memory.
    ///
    /// - Parameters:
    ///   - statement: not in use by a cursor.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: the values in the result's order, `NULL` converted like any other value.
    /// - Throws: ``DatabaseError``.
    public static func fetchAll(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> [Self] {
        let cursor = try RowCursor(statement, arguments)
        var values: [Self] = []
        while let value = try cursor.nextValue() { values.append(Self(databaseValue: value)) }
        return values
    }

    /// Runs a statement, and reads the first column of its first row.
    ///
    /// - Parameters:
    ///   - statement: not in use by a cursor.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: `nil` where the result is empty, or the value is `NULL`.
    /// - Throws: ``DatabaseError``.
    public static func fetchOne(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> Self? {
        guard let value = try RowCursor(statement, arguments).nextValue(), value != .null else { return nil }
        return Self(databaseValue: value)
    }

    /// Runs a statement from the connection's cache, and reads the first column of every row into memory.
    ///
    /// - Parameters:
    ///   - database: the connection.
    ///   - sql: one statement.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: the values in the result's order, `NULL` converted like any other value.
    /// - Throws: ``DatabaseError``.
    public static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Self] {
        try fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Runs a statement from the connection's cache, and reads the first column of its first row.
    ///
    /// - Parameters:
    ///   - database: the connection.
    ///   - sql: one statement.
    ///   - arguments: the values of the statement's parameters.
    /// - Returns: `nil` where the result is empty, or the value is `NULL`.
    /// - Throws: ``DatabaseError``.
    public static func fetchOne(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> Self? {
        try fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// One row of a result, copied out of its statement, which it outlives.
public struct Row {
    /// The names of a result's columns and their positions, shared by its rows.
    final class Columns {
        fileprivate let places: [String: Int]

        init(_ names: [String]) {
            places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    private let columns: Columns
    private let values: [DatabaseValue]

    init(_ values: [DatabaseValue], _ columns: Columns) {
        self.values = values
        self.columns = columns
    }

    /// The value of a column, `NULL` converted like any other value; of two columns with one name, the first.
    ///
    /// The process traps where the result has no such column.
    public subscript<Value: DatabaseValueConvertible>(_ name: String) -> Value {
        Value(databaseValue: value(of: name))
    }

    /// The value of a column; `nil` for `NULL`.
    ///
    /// The process traps where the result has no such column.
    public subscript<Value: DatabaseValueConvertible>(_ name: String) -> Value? {
        isNull(name) ? nil : Value(databaseValue: value(of: name))
    }

    /// Whether a column is `NULL`.
    ///
    /// The process traps where the result has no such column.
    public func isNull(_ name: String) -> Bool {
        if case .null = value(of: name) { true } else { false }
    }

    private func value(of name: String) -> DatabaseValue {
        // Names are literals beside the statement that they belong to: a wrong one is a mistake in our own source.
        guard let place = columns.places[name] else { preconditionFailure("no column is called \(name)") }
        return values[place]
    }
}
