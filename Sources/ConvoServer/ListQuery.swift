package import ConvoJSON
import ConvoModel

/// The query of a list request.
///
/// Its values have the right types; the service checks their ranges.
package struct ListQuery: Hashable, Sendable {
    /// `page`, counted from 0.
    package var page: Int
    /// `page_size`: the number of conversations on a page.
    package var pageSize: Int
    /// `metadata`: a JSON object that the metadata of the listed conversations must match; `nil`: no filter.
    package var metadata: JSONText?

    /// The `page_size` of a request that names none.
    package static let defaultPageSize = 100

    /// Makes a query of its values, by default the one for the first page.
    package init(page: Int = 0, pageSize: Int = ListQuery.defaultPageSize, metadata: JSONText? = nil) {
        self.page = page
        self.pageSize = pageSize
        self.metadata = metadata
    }

    /// Reads the parameters of a request; `nil` stands for a parameter that is missing.
    ///
    /// - Parameters:
    ///   - page: the value of `page`, without percent-encoding.
    ///   - pageSize: the value of `page_size`, without percent-encoding.
    ///   - metadata: the value of `metadata`, without percent-encoding: a JSON object, or `null` for no filter.
    /// - Throws: ``ServiceError`` (422) for a page or a size that is not an integer, and for metadata of another kind.
    package init(page: String?, pageSize: String?, metadata: String?) throws(ServiceError) {
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
    /// - Throws: ``ServiceError`` (422) for a text that is not an integer, and for an integer out of range.
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
