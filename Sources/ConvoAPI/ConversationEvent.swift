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

/// A piece of a message.
public struct MessageDelta: Hashable, Sendable {
    public enum Piece: Hashable, Sendable {
        case text(String)
        /// One chunk of the API's kinds, or of a newer one.
        case chunk(JSONText)
    }

    /// Which of the message's chunks the piece belongs to.
    public let contentIndex: Int
    public let piece: Piece

    init(raw: JSONText) throws(ModelError) {
        contentIndex = raw["content_index"]?.int ?? 0
        guard let content = raw["content"], content.kind == .string || content.kind == .object else {
            throw .missing(field: "content", in: "message.output.delta")
        }
        piece = content.string.map { .text($0) } ?? .chunk(content)
    }

    /// What a reader of the answer sees of it; thinking is not part of that.
    public var text: String? {
        switch piece {
        case .text(let text): text
        case .chunk(let chunk): chunk["type"]?.string == "text" ? chunk["text"]?.string : nil
        }
    }

    /// The model's thinking, where the piece is a part of it.
    public var thinking: String? {
        guard case .chunk(let chunk) = piece, chunk["type"]?.string == "thinking" else { return nil }
        return (chunk["thinking"]?.elements ?? []).compactMap { $0["text"]?.string }.joined()
    }
}

/// A step of a tool that the server runs.
public struct ToolExecutionPart: Hashable, Sendable {
    public let name: String?
    /// A fragment of the arguments.
    public let arguments: String?
    /// What the tool found, when it is done.
    public let info: JSONText?

    init(raw: JSONText) {
        name = raw["name"]?.string
        arguments = raw["arguments"]?.string
        info = raw["info"]
    }
}

/// A fragment of a call that the client is to answer.
public struct FunctionCallDelta: Hashable, Sendable {
    public let toolCallID: String
    public let name: String
    /// A fragment of the arguments.
    public let arguments: String
    /// `pending` where a person is asked first.
    public let confirmationStatus: String?

    init(raw: JSONText) throws(ModelError) {
        toolCallID = try ConversationEvent.field("tool_call_id", raw, "function.call.delta")
        name = raw["name"]?.string ?? ""
        arguments = raw["arguments"].map { $0.string ?? $0.text } ?? ""
        confirmationStatus = raw["confirmation_status"]?.string
    }
}

/// One of the two agents of a handoff.
public struct HandoffAgent: Hashable, Sendable {
    public let id: String?
    public let name: String?

    init(raw: JSONText, prefix: String) {
        id = raw["\(prefix)_agent_id"]?.string
        name = raw["\(prefix)_agent_name"]?.string
    }
}
