public import ConvoModel

/// One event of a streamed answer.
public struct ConversationEvent: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case responseStarted(conversationID: RemoteID)
        case messageDelta(MessageDelta)
        case toolExecutionStarted(ToolExecutionPart)
        case toolExecutionDelta(ToolExecutionPart)
        case toolExecutionDone(ToolExecutionPart)
        case functionCallDelta(FunctionCallDelta)
        case handoffStarted(HandoffAgent)
        case handoffDone(HandoffAgent)
        case responseDone(usage: JSONText?)
        case responseError(message: String, code: Int)
        /// A type that this version does not know. Its fields are in ``ConversationEvent/raw``.
        case unknown
    }

    /// As the server names it.
    public let type: String
    public let content: Content
    /// The server's object, unknown fields included.
    public let raw: JSONText

    /// - Throws: ``ModelError`` if this is no object with a `type`, or one of a known type without what makes it one.
    public init(raw: JSONText) throws(ModelError) {
        guard let type = raw["type"]?.string, !type.isEmpty else { throw .missing(field: "type", in: "event") }
        content = try ConversationEvent.content(of: type, raw)
        self.type = type
        self.raw = raw
    }

    /// An event of a type that we do not know, with data of any kind.
    init(unknown type: String, raw: JSONText) {
        self.type = type
        self.raw = raw
        content = .unknown
    }

    /// Which of the answer's outputs the event is about.
    public var outputIndex: Int? { raw["output_index"]?.int }
    /// The id that the output will have in the history.
    public var entryID: EntryID? { raw["id"]?.string.map { EntryID($0) } }
    /// When the server sent it.
    public var createdAt: Timestamp? { raw["created_at"]?.string.flatMap { Timestamp($0) } }

    /// The words that the event adds to the answer; `nil` for what is not text.
    public var text: String? {
        guard case .messageDelta(let delta) = content else { return nil }
        return delta.text
    }

    private static func content(of type: String, _ raw: JSONText) throws(ModelError) -> Content {
        switch type {
        case "conversation.response.started":
            .responseStarted(conversationID: RemoteID(try field("conversation_id", raw, type)))
        case "message.output.delta": .messageDelta(try MessageDelta(raw: raw))
        case "tool.execution.started": .toolExecutionStarted(ToolExecutionPart(raw: raw))
        case "tool.execution.delta": .toolExecutionDelta(ToolExecutionPart(raw: raw))
        case "tool.execution.done": .toolExecutionDone(ToolExecutionPart(raw: raw))
        case "function.call.delta": .functionCallDelta(try FunctionCallDelta(raw: raw))
        case "agent.handoff.started": .handoffStarted(HandoffAgent(raw: raw, prefix: "previous"))
        case "agent.handoff.done": .handoffDone(HandoffAgent(raw: raw, prefix: "next"))
        case "conversation.response.done": .responseDone(usage: raw["usage"])
        case "conversation.response.error":
            .responseError(message: raw["message"]?.string ?? "", code: code(raw["code"]))
        default: .unknown
        }
    }

    private static func code(_ json: JSONText?) -> Int { json?.int ?? json?.string.flatMap { Int($0) } ?? 0 }

    static func field(_ name: String, _ raw: JSONText, _ type: String) throws(ModelError) -> String {
        guard let value = raw[name]?.string, !value.isEmpty else { throw .missing(field: name, in: type) }
        return value
    }
}
