public import ConvoJSON

/// The body of a start, append or restart, with every parameter of the API.
///
/// The typed properties read and write the body's members; whatever else a caller put into the body stays, so a
/// parameter that is newer than this library can be sent too. A property reads as `nil` where its member is missing or
/// has another type; `nil` removes the member. `stream` is not part of the body: the operation decides.
public protocol WriteRequest: Hashable, Sendable {
    /// The JSON object that is sent.
    var json: JSONText { get set }
    /// Takes a body as it is, without checking it.
    init(json: JSONText)
}

extension WriteRequest {
    /// The body's `inputs`; `nil` where they are missing or malformed.
    public var inputs: Inputs? {
        get { json["inputs"].flatMap { try? Inputs(json: $0) } }
        set { json = json.setting("inputs", to: newValue?.json) }
    }
    /// The body's `store`: `false` asks the server not to store the exchange.
    public var store: Bool? {
        get { json["store"]?.bool }
        set { json = json.setting("store", to: newValue.map { .bool($0) }) }
    }
    /// The body's `handoff_execution`: `client` or `server`, whichever carries out the hand-over to another agent.
    public var handoffExecution: String? {
        get { json["handoff_execution"]?.string }
        set { json = json.setting("handoff_execution", to: newValue.map { .string($0) }) }
    }
    /// The body's `completion_args`, an object (the API's `CompletionArgs`).
    public var completionArgs: JSONText? {
        get { json["completion_args"] }
        set { json = json.setting("completion_args", to: newValue) }
    }

    fileprivate func text(_ field: String) -> String? { json[field]?.string }
    fileprivate mutating func set(_ field: String, _ value: String?) {
        json = json.setting(field, to: value.map { .string($0) })
    }
}

/// The body of a start (`ConversationRequest`), which creates a conversation with a model or an agent.
public struct StartRequest: WriteRequest {
    /// The JSON object that is sent.
    public var json: JSONText
    /// Takes a body as it is, without checking it.
    public init(json: JSONText) { self.json = json }
    /// Creates a body that holds `inputs` alone.
    public init(inputs: Inputs) { json = .object(["inputs": inputs.json]) }

    /// The body's `model`: the name of the model that answers, in a conversation without an agent.
    public var model: String? {
        get { text("model") }
        set { set("model", newValue) }
    }
    /// The body's `agent_id`: the id of the agent that answers, in a conversation without a model.
    public var agentID: String? {
        get { text("agent_id") }
        set { set("agent_id", newValue) }
    }
    /// The body's `agent_version`: a string or an integer.
    public var agentVersion: JSONText? {
        get { json["agent_version"] }
        set { json = json.setting("agent_version", to: newValue) }
    }
    /// The body's `name`, the conversation's title.
    public var name: String? {
        get { text("name") }
        set { set("name", newValue) }
    }
    /// The body's `description` of the conversation.
    public var description: String? {
        get { text("description") }
        set { set("description", newValue) }
    }
    /// The body's `instructions`, which the model follows throughout the conversation.
    public var instructions: String? {
        get { text("instructions") }
        set { set("instructions", newValue) }
    }
    /// The body's `tools`: an array of the API's tools.
    public var tools: JSONText? {
        get { json["tools"] }
        set { json = json.setting("tools", to: newValue) }
    }
    /// The body's `guardrails`: an array of the API's guardrail configurations.
    public var guardrails: JSONText? {
        get { json["guardrails"] }
        set { json = json.setting("guardrails", to: newValue) }
    }
    /// The body's `metadata`: an object of the caller's own.
    public var metadata: JSONText? {
        get { json["metadata"] }
        set { json = json.setting("metadata", to: newValue) }
    }
}

/// The body of an append (`ConversationAppendRequest`), which adds entries and runs the completion.
///
/// It has no tools, model or metadata: the server refuses them here.
public struct AppendRequest: WriteRequest {
    /// The JSON object that is sent.
    public var json: JSONText
    /// Takes a body as it is, without checking it.
    public init(json: JSONText) { self.json = json }
    /// Creates a body that holds `inputs` alone.
    public init(inputs: Inputs) { json = .object(["inputs": inputs.json]) }

    /// The body's `tool_confirmations`: answers to calls that wait for a confirmation.
    ///
    /// An array of `{"tool_call_id", "confirmation": "allow"|"deny"}`.
    public var toolConfirmations: JSONText? {
        get { json["tool_confirmations"] }
        set { json = json.setting("tool_confirmations", to: newValue) }
    }
}

/// The body of a restart (`ConversationRestartRequest`), which creates a conversation from the entries of another.
///
/// It copies the older conversation's entries up to and including one of them.
public struct RestartRequest: WriteRequest {
    /// The JSON object that is sent.
    public var json: JSONText
    /// Takes a body as it is, without checking it.
    public init(json: JSONText) { self.json = json }
    /// Creates a body that holds `from_entry_id` and `inputs` alone.
    ///
    /// The live API is reported to refuse a restart without inputs, so they are required here; `""` is accepted.
    ///
    /// - Parameters:
    ///   - entry: the last entry to copy.
    ///   - inputs: the entries that follow it.
    public init(from entry: EntryID, inputs: Inputs) {
        json = .object(["inputs": inputs.json, "from_entry_id": .string(entry.rawValue)])
    }

    /// The body's `from_entry_id`: the last entry of the older conversation that the new one copies.
    public var fromEntryID: EntryID? {
        get { text("from_entry_id").map { EntryID($0) } }
        set { set("from_entry_id", newValue?.rawValue) }
    }
    /// The body's `agent_version`: a string or an integer.
    public var agentVersion: JSONText? {
        get { json["agent_version"] }
        set { json = json.setting("agent_version", to: newValue) }
    }
    /// The body's `guardrails`: an array of the API's guardrail configurations.
    public var guardrails: JSONText? {
        get { json["guardrails"] }
        set { json = json.setting("guardrails", to: newValue) }
    }
    /// The body's `metadata`: an object of the caller's own.
    public var metadata: JSONText? {
        get { json["metadata"] }
        set { json = json.setting("metadata", to: newValue) }
    }
}

/// The content that a person or a program adds to a conversation: a text, or the API's array of entries.
public enum Inputs: Hashable, Sendable {
    /// A text, which becomes one message of the user's.
    case text(String)
    /// The API's array of entries (`ConversationInputs`), each as it will be sent.
    case entries([JSONText])

    /// Reads the `inputs` of a request.
    ///
    /// An entry without a `type` gets the one that its other fields imply, as the API reads it.
    ///
    /// - Throws: ``ModelError`` if they are neither a string nor an array of objects.
    public init(json: JSONText) throws(ModelError) {
        switch json.kind {
        case .string: self = .text(json.string ?? "")
        case .array:
            let entries = json.elements
            guard entries.allSatisfy({ $0.kind == .object }) else {
                throw .unexpected(expected: "an array of objects", in: "inputs")
            }
            var typed: [JSONText] = []
            for entry in entries {
                if entry["type"].map(\.isNull) ?? true {
                    typed.append(entry.setting("type", to: .string(entry.impliedEntryType.rawValue)))
                } else {
                    _ = try entry.required("type", in: "entry")
                    typed.append(entry)
                }
            }
            self = .entries(typed)
        default: throw .unexpected(expected: "a string or an array of entries", in: "inputs")
        }
    }

    /// The value of the request's `inputs`.
    public var json: JSONText {
        switch self {
        case .text(let text): .string(text)
        case .entries(let entries): .array(entries)
        }
    }

    /// The entries that the server will create: a text becomes one user message.
    package var asEntries: [JSONText] {
        switch self {
        case .text(let text):
            [.object(["role": .string("user"), "content": .string(text), "type": .string("message.input")])]
        case .entries(let entries): entries
        }
    }
}

extension JSONText {
    /// The type of an input entry that does not tell it.
    fileprivate var impliedEntryType: EntryType {
        if self["role"] != nil { return .messageInput }
        if self["result"] != nil { return .functionResult }
        if self["tool_call_id"] != nil { return .functionCall }
        if self["previous_agent_id"] != nil { return .agentHandoff }
        return self["arguments"] != nil ? .toolExecution : .messageOutput
    }
}
