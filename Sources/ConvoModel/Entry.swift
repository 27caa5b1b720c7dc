/// One entry of a conversation as the server wrote it.
public struct Entry: Hashable, Sendable {
    /// The schema calls the id optional; every recorded answer has one. `nil` for what can be no id.
    public let id: EntryID?
    public let type: EntryType
    /// The server's object, unknown fields included.
    public let raw: JSONText

    /// - Throws: ``ModelError`` if this is no object with a `type`.
    public init(raw: JSONText) throws(ModelError) {
        type = EntryType(try raw.required("type", in: "entry"))
        id = raw["id"]?.name.map { EntryID($0) }
        self.raw = raw
    }

    public var role: String? { raw["role"]?.string }
    public var createdAt: Timestamp? { raw["created_at"]?.string.flatMap { Timestamp($0) } }
    public var toolCallID: String? { raw["tool_call_id"]?.string }
}

/// What kind of entry; open, because the API grows kinds that we have not met.
public struct EntryType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }

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
