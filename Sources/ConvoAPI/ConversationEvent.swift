public import ConvoJSON
public import ConvoModel

/// One event of a streamed answer.
public struct ConversationEvent: Hashable, Sendable {
    /// The content of an event, by its type.
    public enum Content: Hashable, Sendable {
        /// `conversation.response.started`: the server has accepted the request for this conversation.
        case responseStarted(conversationID: RemoteID)
        /// `message.output.delta`: a piece of the answer.
        case messageDelta(MessageDelta)
        /// `tool.execution.started`: the server begins to run a tool.
        case toolExecutionStarted(ToolExecutionPart)
        /// `tool.execution.delta`: a fragment of the tool's arguments.
        case toolExecutionDelta(ToolExecutionPart)
        /// `tool.execution.done`: the tool has ended.
        case toolExecutionDone(ToolExecutionPart)
        /// `function.call.delta`: a fragment of a call that the client is to answer.
        case functionCallDelta(FunctionCallDelta)
        /// `agent.handoff.started`: the agent that hands over.
        case handoffStarted(HandoffAgent)
        /// `agent.handoff.done`: the agent that takes over.
        case handoffDone(HandoffAgent)
        /// `conversation.response.done`: the answer is complete.
        ///
        /// `usage`: the tokens that it cost, if the server counted them.
        case responseDone(usage: JSONText?)
        /// `conversation.response.error`: the run has failed.
        ///
        /// A ``ConversationEventStream`` throws it as an error. The code is 0 if it is not a number.
        case responseError(message: String, code: Int)
        /// A type that this version does not know.
        ///
        /// Its fields are in ``ConversationEvent/raw``.
        case unknown
    }

    /// The event's `type`, as the server names it.
    public let type: String
    /// The event's fields, read according to its type.
    public let content: Content
    /// The server's object, unknown fields included.
    ///
    /// For an unknown event that is not an object, its data as a JSON string.
    public let raw: JSONText

    /// Reads an event from the server's object.
    ///
    /// - Parameter raw: the event's data.
    /// - Throws: ``ConvoModel/ModelError`` if this is not an object with a `type`, or if it lacks a field that its type needs.
    package init(raw: JSONText) throws(ModelError) {
        guard let type = raw["type"]?.string, !type.isEmpty else { throw .missing(field: "type", in: "event") }
        content = try ConversationEvent.content(of: type, raw)
        self.type = type
        self.raw = raw
    }

    /// Creates an event of an unknown type, with data of any kind.
    init(unknown type: String, raw: JSONText) {
        self.type = type
        self.raw = raw
        content = .unknown
    }

    /// The position of the output that the event is about (`output_index`); `nil` if the event has none.
    public var outputIndex: Int? { raw["output_index"]?.int }
    /// The id that the output will have in the history (`id`); `nil` if the event has none.
    public var entryID: EntryID? { raw["id"]?.string.map { EntryID($0) } }
    /// When the server created the event (`created_at`); `nil` if that is missing or not a date.
    public var createdAt: Timestamp? { raw["created_at"]?.string.flatMap { Timestamp($0) } }

    /// The text that the event adds to the answer; `nil` for any other event, thinking included.
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
    /// The two forms that a piece of content has.
    public enum Piece: Hashable, Sendable {
        /// Text, as a JSON string.
        case text(String)
        /// One chunk of the API's kinds, or of a newer one.
        case chunk(JSONText)
    }

    /// The index of the message's chunk that the piece belongs to (`content_index`); 0 if the event has none.
    public let contentIndex: Int
    /// The piece itself (`content`).
    public let piece: Piece

    init(raw: JSONText) throws(ModelError) {
        contentIndex = raw["content_index"]?.int ?? 0
        guard let content = raw["content"], content.kind == .string || content.kind == .object else {
            throw .missing(field: "content", in: "message.output.delta")
        }
        piece = content.string.map { .text($0) } ?? .chunk(content)
    }

    /// The text that a reader of the answer sees; `nil` for thinking and for every chunk that is not text.
    public var text: String? {
        switch piece {
        case .text(let text): text
        case .chunk(let chunk): chunk["type"]?.string == "text" ? chunk["text"]?.string : nil
        }
    }

    /// The model's thinking; `nil` if the piece is not part of that.
    public var thinking: String? {
        guard case .chunk(let chunk) = piece, chunk["type"]?.string == "thinking" else { return nil }
        return (chunk["thinking"]?.elements ?? []).compactMap { $0["text"]?.string }.joined()
    }
}

/// An event of a tool that the server runs.
public struct ToolExecutionPart: Hashable, Sendable {
    /// The tool's name; `nil` if the event has none.
    public let name: String?
    /// A fragment of the arguments; `nil` if the event has none.
    public let arguments: String?
    /// The tool's report; `nil` if the event has none.
    public let info: JSONText?

    init(raw: JSONText) {
        name = raw["name"]?.string
        arguments = raw["arguments"]?.string
        info = raw["info"]
    }
}

/// A fragment of a call that the client is to answer.
public struct FunctionCallDelta: Hashable, Sendable {
    /// The id by which the client's answer names the call (`tool_call_id`).
    public let toolCallID: String
    /// The function's name; empty if the event has none.
    public let name: String
    /// A fragment of the arguments, as JSON text; empty if the event has none.
    public let arguments: String
    /// `pending` if a person must allow the call first; `nil` if the server names no status.
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
    /// The agent's id (`previous_agent_id` or `next_agent_id`); `nil` if the event has none.
    public let id: String?
    /// The agent's name (`previous_agent_name` or `next_agent_name`); `nil` if the event has none.
    public let name: String?

    init(raw: JSONText, prefix: String) {
        id = raw["\(prefix)_agent_id"]?.string
        name = raw["\(prefix)_agent_name"]?.string
    }
}
