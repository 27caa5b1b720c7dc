public import ConvoModel

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
