/// What a person or a program adds to a conversation: a text, or the API's array of entries.
public enum Inputs: Hashable, Sendable {
    case text(String)
    /// The API's `ConversationInputs` array, each entry as it will be sent.
    case entries([JSONText])

    /// - Throws: ``ModelError`` if it is neither a string nor an array of objects with a `type`.
    public init(json: JSONText) throws(ModelError) {
        switch json.kind {
        case .string: self = .text(json.string ?? "")
        case .array:
            let entries = json.elements
            for entry in entries { _ = try entry.required("type", in: "entry") }
            self = .entries(entries)
        default: throw .unexpected(expected: "a string or an array of entries", in: "inputs")
        }
    }

    public var json: JSONText {
        switch self {
        case .text(let text): .string(text)
        case .entries(let entries): .array(entries)
        }
    }

    /// The entries that the server will make of it: a text becomes one user message.
    public var asEntries: [JSONText] {
        switch self {
        case .text(let text):
            [.object(["role": .string("user"), "content": .string(text), "type": .string("message.input")])]
        case .entries(let entries): entries
        }
    }
}
