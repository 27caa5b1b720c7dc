/// A JSON value that is well formed but not what the API promises.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(field: String, in: String)
    case unexpected(expected: String, in: String)

    public var description: String {
        switch self {
        case .missing(let field, let place): "the \(place) has no \(field)"
        case .unexpected(let expected, let place): "the \(place) is not \(expected)"
        }
    }
}

extension JSONText {
    func required(_ field: String, in place: String) throws(ModelError) -> String {
        guard let value = self[field]?.name else { throw .missing(field: field, in: place) }
        return value
    }

    /// A text that tells things apart: not empty, and without U+0000, at which whatever is written in C would cut it.
    var name: String? { string.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 } }
}
