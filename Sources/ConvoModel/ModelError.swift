/// A JSON value that is well formed but not what the API promises.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(field: String, in: String)
    case notATimestamp(field: String, value: String, in: String)
    case unexpected(expected: String, in: String)

    public var description: String {
        switch self {
        case .missing(let field, let place): "the \(place) has no \(field)"
        case .notATimestamp(let field, let value, let place): "\(field) of the \(place) is no RFC 3339 time: \(value)"
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

    func requiredTimestamp(_ field: String, in place: String) throws(ModelError) -> Timestamp {
        let text = try required(field, in: place)
        guard let timestamp = Timestamp(text) else { throw .notATimestamp(field: field, value: text, in: place) }
        return timestamp
    }

    /// The entries of an answer, and those of them that cannot be read.
    func readableEntries(_ field: String, in place: String) throws(ModelError) -> ([Entry], [OddItem]) {
        guard let list = self[field], list.kind == .array else { throw .missing(field: field, in: place) }
        var entries: [Entry] = []
        var oddItems: [OddItem] = []
        for (position, element) in list.elements.enumerated() {
            do throws(ModelError) {
                entries.append(try Entry(raw: element))
            } catch {
                oddItems.append(OddItem(position: position, raw: element, reason: "\(error)"))
            }
        }
        return (entries, oddItems)
    }

    func requiredEntries(_ field: String, in place: String) throws(ModelError) -> [Entry] {
        guard let list = self[field], list.kind == .array else { throw .missing(field: field, in: place) }
        var entries: [Entry] = []
        for element in list.elements { entries.append(try Entry(raw: element)) }
        return entries
    }
}
