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
