/// The body of a start, append or restart, with every parameter of the API.
///
/// The typed properties read and write the body's members; whatever else a caller put into the body stays, so a
/// parameter that is newer than this library can be sent too. `stream` is not part of it: the operation decides.
public protocol WriteRequest: Hashable, Sendable {
    /// The JSON object that is sent.
    var json: JSONText { get set }
    /// Takes a body as it is.
    init(json: JSONText)
}

extension WriteRequest {
    public var inputs: Inputs? {
        get { json["inputs"].flatMap { try? Inputs(json: $0) } }
        set { json = json.setting("inputs", to: newValue?.json) }
    }
    /// `false` asks the server not to keep the exchange.
    public var store: Bool? {
        get { json["store"]?.bool }
        set { json = json.setting("store", to: newValue.map { .bool($0) }) }
    }
    /// `client` or `server`.
    public var handoffExecution: String? {
        get { json["handoff_execution"]?.string }
        set { json = json.setting("handoff_execution", to: newValue.map { .string($0) }) }
    }
    /// The API's `CompletionArgs`.
    public var completionArgs: JSONText? {
        get { json["completion_args"] }
        set { json = json.setting("completion_args", to: newValue) }
    }

    fileprivate func text(_ field: String) -> String? { json[field]?.string }
    fileprivate mutating func set(_ field: String, _ value: String?) {
        json = json.setting(field, to: value.map { .string($0) })
    }
}

/// `ConversationRequest`: makes a conversation from a model or an agent.
public struct StartRequest: WriteRequest {
    public var json: JSONText
    public init(json: JSONText) { self.json = json }
    public init(inputs: Inputs) { json = .object(["inputs": inputs.json]) }

    public var model: String? {
        get { text("model") }
        set { set("model", newValue) }
    }
    public var agentID: String? {
        get { text("agent_id") }
        set { set("agent_id", newValue) }
    }
    /// A string or an integer.
    public var agentVersion: JSONText? {
        get { json["agent_version"] }
        set { json = json.setting("agent_version", to: newValue) }
    }
    public var name: String? {
        get { text("name") }
        set { set("name", newValue) }
    }
    public var description: String? {
        get { text("description") }
        set { set("description", newValue) }
    }
    public var instructions: String? {
        get { text("instructions") }
        set { set("instructions", newValue) }
    }
    /// An array of the API's tools.
    public var tools: JSONText? {
        get { json["tools"] }
        set { json = json.setting("tools", to: newValue) }
    }
    /// An array of the API's guardrail configurations.
    public var guardrails: JSONText? {
        get { json["guardrails"] }
        set { json = json.setting("guardrails", to: newValue) }
    }
    /// An object.
    public var metadata: JSONText? {
        get { json["metadata"] }
        set { json = json.setting("metadata", to: newValue) }
    }
}

/// `ConversationAppendRequest`: adds entries and runs the completion. Takes no tools, model or metadata: the server
/// refuses them here.
public struct AppendRequest: WriteRequest {
    public var json: JSONText
    public init(json: JSONText) { self.json = json }
    public init(inputs: Inputs) { json = .object(["inputs": inputs.json]) }

    /// Answers to calls that wait for a confirmation: an array of `{"tool_call_id", "confirmation": "allow"|"deny"}`.
    public var toolConfirmations: JSONText? {
        get { json["tool_confirmations"] }
        set { json = json.setting("tool_confirmations", to: newValue) }
    }
}

/// `ConversationRestartRequest`: makes a new conversation from an older one's entries up to and with one of them.
public struct RestartRequest: WriteRequest {
    public var json: JSONText
    public init(json: JSONText) { self.json = json }
    /// The live API is reported to refuse a restart without inputs, so they are asked for here; `""` is accepted.
    public init(from entry: EntryID, inputs: Inputs) {
        json = .object(["inputs": inputs.json, "from_entry_id": .string(entry.rawValue)])
    }

    public var fromEntryID: EntryID? {
        get { text("from_entry_id").map { EntryID($0) } }
        set { set("from_entry_id", newValue?.rawValue) }
    }
    public var agentVersion: JSONText? {
        get { json["agent_version"] }
        set { json = json.setting("agent_version", to: newValue) }
    }
    public var guardrails: JSONText? {
        get { json["guardrails"] }
        set { json = json.setting("guardrails", to: newValue) }
    }
    public var metadata: JSONText? {
        get { json["metadata"] }
        set { json = json.setting("metadata", to: newValue) }
    }
}

/// What a person or a program adds to a conversation: a text, or the API's array of entries.
public enum Inputs: Hashable, Sendable {
    case text(String)
    /// The API's `ConversationInputs` array, each entry as it will be sent.
    case entries([JSONText])

    /// - Throws: ``ModelError`` if it is neither a string nor an array of objects with a `type`.
    public init(json: JSONText) throws(ModelError) {
        switch json.kind {
        case .string: self = .text(json.string ?? "")
        case .array:
            let entries = json.elements
            for entry in entries { _ = try entry.required("type", in: "entry") }
            self = .entries(entries)
        default: throw .unexpected(expected: "a string or an array of entries", in: "inputs")
        }
    }

    public var json: JSONText {
        switch self {
        case .text(let text): .string(text)
        case .entries(let entries): .array(entries)
        }
    }

    /// The entries that the server will make of it: a text becomes one user message.
    public var asEntries: [JSONText] {
        switch self {
        case .text(let text):
            [.object(["role": .string("user"), "content": .string(text), "type": .string("message.input")])]
        case .entries(let entries): entries
        }
    }
}
