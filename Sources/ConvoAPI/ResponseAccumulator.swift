public import ConvoJSON
public import ConvoModel

/// Assembles the events of a streamed answer to the entries that the history will contain.
///
/// At every moment ``entries`` is what was received so far, so nothing that came before a broken stream is lost.
public struct ResponseAccumulator: Sendable {
    private struct Key: Hashable {
        let index: Int
        let type: EntryType
    }

    /// The conversation that answers; `nil` before `conversation.response.started`.
    public private(set) var conversationID: RemoteID?
    /// The tokens that the answer cost (`usage`); `nil` until it is done, or if the server does not count them.
    public private(set) var usage: JSONText?
    /// Whether `conversation.response.done` has come.
    public private(set) var isDone = false

    private var outputs: [(key: Key, fold: OutputAccumulator)] = []
    private var places: [Key: Int] = [:]

    /// Creates an accumulator that has received nothing.
    public init() {}

    /// Takes the next event.
    ///
    /// One of an unknown type changes nothing.
    ///
    /// - Parameter event: the events are given in the order in which the server sent them.
    public mutating func take(_ event: ConversationEvent) {
        switch event.content {
        case .responseStarted(let id): conversationID = id
        case .messageDelta: add(event, to: .messageOutput)
        case .toolExecutionStarted, .toolExecutionDelta, .toolExecutionDone: add(event, to: .toolExecution)
        case .functionCallDelta: add(event, to: .functionCall)
        case .handoffStarted, .handoffDone: add(event, to: .agentHandoff)
        case .responseDone(let usage):
            self.usage = usage
            isDone = true
        case .responseError, .unknown: break
        }
    }

    /// The answer's entries so far, in the order of their `output_index`.
    ///
    /// The last one may be incomplete.
    public var entries: [Entry] {
        let ordered = outputs.indices.sorted { (outputs[$0].key.index, $0) < (outputs[$1].key.index, $1) }
        return ordered.map { Entry(raw: outputs[$0].fold.json) }
    }

    /// The answer that the operation would have given without streaming; `nil` until the stream has ended.
    public var response: ConversationResponse? {
        guard isDone, let conversationID else { return nil }
        let raw = JSONText.object([
            "object": .string("conversation.response"), "conversation_id": .string(conversationID.rawValue),
            "outputs": .array(entries.map(\.raw)), "usage": usage,
        ])
        return try? ConversationResponse(raw: raw)
    }

    private mutating func add(_ event: ConversationEvent, to type: EntryType) {
        let key = Key(index: event.outputIndex ?? 0, type: type)
        let place = places[key] ?? outputs.count
        if place == outputs.count {
            outputs.append((key, OutputAccumulator(type: type)))
            places[key] = place
        }
        outputs[place].fold.take(event)
    }
}

/// One output of a streamed answer.
///
/// Its fields are those of its events: the first `created_at`, the fragments joined, and the last value of every other
/// field that is not null.
struct OutputAccumulator: Sendable {
    private let type: EntryType
    /// All fields in their order.
    ///
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

/// Assembles a message's content from its pieces: a string if all of them are strings, and otherwise an array of chunks
/// in the order of their `content_index`.
struct ContentAccumulator: Sendable {
    private var runs: [Int: ChunkAccumulator] = [:]
    private var isPlain = true

    mutating func add(_ piece: MessageDelta.Piece, at index: Int) {
        switch piece {
        case .text(let text): runs[index, default: ChunkAccumulator()].add(.text(text))
        case .chunk(let chunk):
            isPlain = false
            runs[index, default: ChunkAccumulator()].add(GrowingChunk(chunk))
        }
    }

    var json: JSONText {
        let ordered = runs.sorted { $0.key < $1.key }.map(\.value)
        return isPlain ? .string(ordered.map(\.text).joined()) : .array(ordered.flatMap(\.json))
    }
}

/// Joins consecutive chunks of the same kind, if that kind can grow.
struct ChunkAccumulator: Sendable {
    private var chunks: [GrowingChunk] = []

    var text: String { chunks.map(\.text).joined() }
    var json: [JSONText] { chunks.map(\.json) }

    mutating func add(_ chunk: GrowingChunk) {
        // This appends in place: a copy of the last chunk at each step would make long answers slow.
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

/// One chunk of a message.
///
/// Text and thinking grow; any other kind comes whole.
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
