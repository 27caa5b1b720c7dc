import ConvoModel

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
