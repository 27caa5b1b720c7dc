internal import ConvoModel

/// Chunks in a row: neighbours of the same kind that can grow become one.
struct ChunkAccumulator: Sendable {
    private var chunks: [GrowingChunk] = []

    var text: String { chunks.map(\.text).joined() }
    var json: [JSONText] { chunks.map(\.json) }

    mutating func add(_ chunk: GrowingChunk) {
        // In place: a copy of the last chunk at each step would make long answers slow.
        if chunks.last?.kind == chunk.kind, chunk.kind != .other {
            chunks[chunks.count - 1].grow(by: chunk)
        } else {
            chunks.append(chunk)
        }
    }

    mutating func add(_ run: ChunkAccumulator) {
        for chunk in run.chunks { add(chunk) }
    }
}

/// One chunk of a message. Text and thinking grow; any other kind comes whole.
struct GrowingChunk: Sendable {
    enum Kind { case text, thinking, other }

    let kind: Kind
    private(set) var text = ""
    private var thoughts = ChunkAccumulator()
    private var fields = FieldList()
    private var whole = JSONText.null

    static func text(_ text: String) -> GrowingChunk {
        var chunk = GrowingChunk(kind: .text)
        chunk.text = text
        return chunk
    }

    private init(kind: Kind) { self.kind = kind }

    init(_ json: JSONText, isThought: Bool = false) {
        switch json["type"]?.string {
        case "text" where json["text"]?.kind == .string:
            kind = .text
            text = json["text"]?.string ?? ""
        case "thinking" where json["thinking"]?.kind == .array && !isThought:
            kind = .thinking
            for element in json["thinking"]?.elements ?? [] { thoughts.add(GrowingChunk(element, isThought: true)) }
        default:
            kind = .other
            whole = json
            return
        }
        for (name, value) in json.members where !["type", "text", "thinking"].contains(name) {
            fields.set(name, value)
        }
    }

    mutating func grow(by more: GrowingChunk) {
        text += more.text
        thoughts.add(more.thoughts)
        for (name, value) in more.fields.fields { fields.set(name, value) }
    }

    var json: JSONText {
        let rest = fields.fields.map { ($0.name, Optional($0.value)) }
        return switch kind {
        case .text: .object([("type", .string("text")), ("text", .string(text))] + rest)
        case .thinking: .object([("type", .string("thinking")), ("thinking", .array(thoughts.json))] + rest)
        case .other: whole
        }
    }
}
