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
