internal import ConvoModel

/// One output of a streamed answer. Its fields are those of its events: the first `created_at`, fragments put
/// together, and of every other field the last value that is not null.
struct OutputAccumulator: Sendable {
    private let type: EntryType
    /// Content and arguments stand here as null, to keep their place.
    private var fields = FieldList()
    private var content: ContentAccumulator?
    private var arguments: String?

    init(type: EntryType) { self.type = type }

    mutating func take(_ event: ConversationEvent) {
        for (name, value) in event.raw.members {
            switch name {
            case "type", "object", "output_index", "content_index": continue
            case "content":
                guard case .messageDelta(let delta) = event.content else { continue }
                content = content ?? ContentAccumulator()
                content?.add(delta.piece, at: delta.contentIndex)
                fields.set(name, .null)
            case "arguments" where value.kind == .string:
                arguments = arguments ?? ""
                arguments?.append(value.string ?? "")
                fields.set(name, .null)
            case "created_at" where fields.contains(name): continue
            default: fields.set(name, value)
            }
        }
    }

    var json: JSONText {
        let start: [(String, JSONText?)] = [("object", .string("entry")), ("type", .string(type.rawValue))]
        return .object(start + fields.fields.map { ($0.name, value(of: $0.name) ?? $0.value) })
    }

    private func value(of name: String) -> JSONText? {
        switch name {
        case "content": content?.json
        case "arguments": arguments.map { .string($0) }
        default: nil
        }
    }
}
