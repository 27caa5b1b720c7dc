public import ConvoJSON

/// One entry of a conversation as the server wrote it.
public struct Entry: Hashable, Sendable {
    /// The entry's `id`; `nil` where it is missing, empty, not a string or contains U+0000.
    ///
    /// The API's schema calls it optional; every recorded answer has one.
    public let id: EntryID?
    /// The entry's `type`; ``EntryType/unknown`` where it is missing, empty, not a string or contains U+0000.
    public let type: EntryType
    /// The entry as the server sent it, unknown fields included: an object, unless the server broke its promise.
    public let raw: JSONText

    /// Keeps any JSON value as an entry, so that what the server adds to the shapes that we know is not lost.
    public init(raw: JSONText) {
        type = raw.name(of: "type").map { EntryType($0) } ?? .unknown
        id = raw.name(of: "id").map { EntryID($0) }
        self.raw = raw
    }

    /// The entry's `role`, `user` or `assistant` in a message; `nil` where it has none.
    public var role: String? { raw.string(of: "role") }
    /// The entry's `created_at`, read leniently; `nil` where it is missing or cannot be read as a time.
    public var createdAt: Timestamp? {
        if let text = raw.string(of: "created_at") { return Timestamp(lenient: text) }
        return raw["created_at"].flatMap { Timestamp(lenient: $0) }
    }
    /// The entry's `tool_call_id`, which links a function call to its result; `nil` where it has none.
    public var toolCallID: String? { raw.string(of: "tool_call_id") }
}

/// An entry's `type`, compared by its bytes.
///
/// The type is open, because the API adds types that this library does not know.
public struct EntryType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The text of the entry's `type`.
    public let rawValue: String
    /// Creates a type from its text; any text is accepted.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Creates a type from its text; any text is accepted.
    public init(_ rawValue: String) { self.rawValue = rawValue }
    /// The text of the type.
    public var description: String { rawValue }

    /// Whether both texts have the same bytes of UTF-8; `String`'s own `==` would take NFC and NFD for equal.
    public static func == (one: EntryType, other: EntryType) -> Bool { one.rawValue.hasSameBytes(as: other.rawValue) }
    /// Hashes the text, so that equal types have equal hashes.
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// Stands for the type of an entry that names none.
    public static let unknown = EntryType("unknown")
    /// A message that a client gave, whatever its `role`.
    public static let messageInput = EntryType("message.input")
    /// A message that a model wrote.
    public static let messageOutput = EntryType("message.output")
    /// A model's call of a function that the client has to carry out.
    public static let functionCall = EntryType("function.call")
    /// The result of a function call, which the client gives.
    public static let functionResult = EntryType("function.result")
    /// A run of one of the server's own tools.
    public static let toolExecution = EntryType("tool.execution")
    /// One agent's hand-over of the conversation to another.
    public static let agentHandoff = EntryType("agent.handoff")

    /// Whether the entry is a message, given or written.
    public var isMessage: Bool { self == .messageInput || self == .messageOutput }
    /// Whether a client gives entries of this type: messages and function results.
    public var isInput: Bool { self == .messageInput || self == .functionResult }
}
