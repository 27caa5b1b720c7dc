public import ConvoModel

/// The query of a list request, read as far as its form goes.
public struct ListQuery: Hashable, Sendable {
    public var page: Int
    public var pageSize: Int
    /// What the filter must match: an object.
    public var metadata: JSONText?

    public static let defaultPageSize = 100

    public init(page: Int = 0, pageSize: Int = ListQuery.defaultPageSize, metadata: JSONText? = nil) {
        self.page = page
        self.pageSize = pageSize
        self.metadata = metadata
    }

    /// Reads the parameters' texts.
    ///
    /// - Throws: ``ServiceError`` (422) for a page that is no integer and for metadata that is no JSON object.
    public init(page: String?, pageSize: String?, metadata: String?) throws(ServiceError) {
        self.page = try ListQuery.integer(page, named: "page") ?? 0
        self.pageSize = try ListQuery.integer(pageSize, named: "page_size") ?? ListQuery.defaultPageSize
        self.metadata = try metadata.flatMap { text throws(ServiceError) in try ListQuery.object(text) }
    }

    private static func integer(_ text: String?, named name: String) throws(ServiceError) -> Int? {
        guard let text else { return nil }
        guard let value = Int(text) else {
            throw .validation([
                ValidationIssue(
                    "int_parsing", at: ["query", .name(name)],
                    "Input should be a valid integer, unable to parse string as an integer", input: .string(text))
            ])
        }
        return value
    }

    private static func object(_ text: String) throws(ServiceError) -> JSONText? {
        let value = try? JSONText(text)
        if let value, value.isNull { return nil }
        guard let value, value.kind == .object else {
            throw .validation([
                ValidationIssue(
                    "dict_type", at: ["query", "metadata"], "Input should be a valid dictionary",
                    input: value ?? .string(text))
            ])
        }
        return value
    }
}

/// The query of a request for a file's signed URL.
struct SignedURLQuery {
    static let hours = 1...168
    static let defaultHours = 24

    let hours: Int

    /// Reads `expiry`, in hours.
    ///
    /// - Throws: ``ServiceError`` (422) for no integer, and for one out of range.
    init(expiry text: String) throws(ServiceError) {
        guard let value = Int(text) else {
            throw .validation([
                ValidationIssue(
                    "int_parsing", at: ["query", "expiry"],
                    "Input should be a valid integer, unable to parse string as an integer", input: .string(text))
            ])
        }
        let bounds = SignedURLQuery.hours
        guard bounds.contains(value) else {
            let isLow = value < bounds.lowerBound
            let limit = isLow ? bounds.lowerBound : bounds.upperBound
            throw .validation([
                ValidationIssue(
                    isLow ? "greater_than_equal" : "less_than_equal", at: ["query", "expiry"],
                    "Input should be \(isLow ? "greater" : "less") than or equal to \(limit)", input: .string(text),
                    context: .object([(isLow ? "ge" : "le", .int(limit))]))
            ])
        }
        hours = value
    }
}
