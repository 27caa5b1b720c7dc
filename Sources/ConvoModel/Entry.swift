/// One entry of a conversation as the server wrote it.
public struct Entry: Hashable, Sendable {
    /// The schema calls the id optional; every recorded answer has one. `nil` for what can be no id.
    public let id: EntryID?
    /// ``EntryType/unknown`` for what names none.
    public let type: EntryType
    /// What the server sent, unknown fields included: an object, but for an entry that is not as the API promises.
    public let raw: JSONText

    /// Any JSON value can be kept as an entry: what the server adds to the shapes that we know must not be lost.
    public init(raw: JSONText) {
        type = raw["type"]?.name.map { EntryType($0) } ?? .unknown
        id = raw["id"]?.name.map { EntryID($0) }
        self.raw = raw
    }

    public var role: String? { raw["role"]?.string }
    public var createdAt: Timestamp? { raw["created_at"].flatMap { Timestamp(lenient: $0) } }
    public var toolCallID: String? { raw["tool_call_id"]?.string }
}

/// What kind of entry; open, because the API grows kinds that we have not met. Compared by its bytes.
public struct EntryType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

    public static func == (one: EntryType, other: EntryType) -> Bool { one.rawValue.hasSameBytes(as: other.rawValue) }
    public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// Of an entry that does not say what it is.
    public static let unknown = EntryType("unknown")
    public static let messageInput = EntryType("message.input")
    public static let messageOutput = EntryType("message.output")
    public static let functionCall = EntryType("function.call")
    public static let functionResult = EntryType("function.result")
    public static let toolExecution = EntryType("tool.execution")
    public static let agentHandoff = EntryType("agent.handoff")

    public var isMessage: Bool { self == .messageInput || self == .messageOutput }
    /// Written by the client, not by a model.
    public var isInput: Bool { self == .messageInput || self == .functionResult }
}
