/// The rows of a result, one at a time. Its statement is free again at the end, and where the cursor is let go.
public struct RowCursor: ~Copyable {
    private let statement: Statement

    init(_ statement: Statement, _ arguments: StatementArguments) throws {
        try statement.begin(arguments)
        self.statement = statement
    }

    deinit { statement.reset() }

    /// The next row; `nil` at the end, after which it is not asked again.
    public func next() throws -> Row? { try statement.step() ? statement.row() : nil }

    func nextValue() throws -> DatabaseValue? { try statement.step() ? statement.value(at: 0) : nil }
}

extension Row {
    public static func fetchCursor(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> RowCursor {
        try RowCursor(statement, arguments)
    }

    public static func fetchAll(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        let cursor = try RowCursor(statement, arguments)
        var rows: [Row] = []
        while let row = try cursor.next() { rows.append(row) }
        return rows
    }

    public static func fetchOne(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> Row? {
        try RowCursor(statement, arguments).next()
    }

    public static func fetchCursor(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> RowCursor {
        try fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
    }

    public static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Row] {
        try fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    public static func fetchOne(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> Row? {
        try fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

extension Database {
    /// Whether the first column of the first row is true. No row, `NULL` and 0 are false.
    public func isTrue(sql: String, arguments: StatementArguments = StatementArguments()) throws -> Bool {
        try Bool.fetchOne(self, sql: sql, arguments: arguments) ?? false
    }

    /// The first column of the first row, as a count. No row and `NULL` are 0.
    public func count(sql: String, arguments: StatementArguments = StatementArguments()) throws -> Int {
        try Int.fetchOne(self, sql: sql, arguments: arguments) ?? 0
    }
}

extension DatabaseValueConvertible {
    /// The first column of every row.
    public static func fetchAll(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> [Self] {
        let cursor = try RowCursor(statement, arguments)
        var values: [Self] = []
        while let value = try cursor.nextValue() { values.append(Self(databaseValue: value)) }
        return values
    }

    /// The first row's first column; `nil` where there is no row, or NULL in it.
    public static func fetchOne(
        _ statement: Statement, arguments: StatementArguments = StatementArguments()
    ) throws -> Self? {
        guard let value = try RowCursor(statement, arguments).nextValue(), value != .null else { return nil }
        return Self(databaseValue: value)
    }

    public static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [Self] {
        try fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }

    public static func fetchOne(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> Self? {
        try fetchOne(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// One row of a result, with values of its own: it outlives its statement.
public struct Row {
    /// The names of a result's columns and their places, shared by its rows.
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

    /// The value of a column that the statement names; of two with one name the first.
    public subscript<Value: DatabaseValueConvertible>(_ name: String) -> Value {
        Value(databaseValue: value(of: name))
    }

    public subscript<Value: DatabaseValueConvertible>(_ name: String) -> Value? {
        isNull(name) ? nil : Value(databaseValue: value(of: name))
    }

    public func isNull(_ name: String) -> Bool {
        if case .null = value(of: name) { true } else { false }
    }

    private func value(of name: String) -> DatabaseValue {
        // Names are literals beside the statement that they belong to: to miss one is a mistake in our own source.
        guard let place = columns.places[name] else { preconditionFailure("no column is called \(name)") }
        return values[place]
    }
}
