public import ConvoJSON

/// What an entry says, taken apart by its type; ``Entry/raw`` has every field beside it.
public enum EntryContent: Hashable, Sendable {
    /// A piece of a message; what the server left out is `nil`.
    public enum Chunk: Hashable, Sendable {
        /// What a person or a model wrote, in Markdown as a rule.
        case text(String)
        /// What a model thought before it answered.
        case thinking(String)
        /// An image: its URL, which may hold the image itself (`data:`).
        case image(url: String?)
        /// A document: its URL and its name.
        case document(url: String?, name: String?)
        /// A file of the API's own: its id and its name.
        case file(id: String?, name: String?)
        /// A source that the answer refers to: its title and its URL.
        case reference(title: String?, url: String?)
        /// A piece of a type that this library does not know.
        case other(JSONText)
    }

    /// A message of a person or a model; adjacent texts stay apart, as the API has them.
    case message([Chunk])
    /// A model's call of a function: its id, the function's name, and its arguments, a JSON text as a rule.
    case functionCall(id: String, name: String, arguments: String)
    /// The result of a function call with this id.
    case functionResult(callID: String, result: String)
    /// A run of one of the server's own tools: its name, its arguments, and what is told of its results.
    case toolExecution(name: String, arguments: String, info: JSONText?)
    /// One agent's hand-over to another: their names.
    case agentHandoff(from: String, to: String)
    /// An entry of a type that this library does not know.
    case other

    /// Takes an entry apart; what is missing or of another kind than the API says becomes an empty text.
    public init(_ entry: Entry) {
        let raw = entry.raw
        func text(_ field: String) -> String { raw[field].map { $0.string ?? $0.text } ?? "" }
        switch entry.type {
        case .messageInput, .messageOutput:
            let content = raw["content"] ?? .null
            self = .message(content.string.map { [.text($0)] } ?? content.elements.map(Chunk.init))
        case .functionCall:
            self = .functionCall(id: text("tool_call_id"), name: text("name"), arguments: text("arguments"))
        case .functionResult: self = .functionResult(callID: text("tool_call_id"), result: text("result"))
        case .toolExecution: self = .toolExecution(name: text("name"), arguments: text("arguments"), info: raw["info"])
        case .agentHandoff: self = .agentHandoff(from: text("previous_agent_name"), to: text("next_agent_name"))
        default: self = .other
        }
    }
}

extension EntryContent.Chunk {
    fileprivate init(_ chunk: JSONText) {
        func text(_ field: String) -> String? { chunk[field]?.string }
        switch text("type") {
        case "text": self = .text(text("text") ?? "")
        case "thinking":
            let thoughts = (chunk["thinking"]?.elements ?? []).compactMap { $0["text"]?.string }.joined()
            self = .thinking(text("thinking") ?? thoughts)
        case "image_url": self = .image(url: text("image_url") ?? chunk["image_url"]?["url"]?.string)
        case "document_url": self = .document(url: text("document_url"), name: text("document_name"))
        case "tool_file": self = .file(id: text("file_id"), name: text("file_name"))
        case "tool_reference": self = .reference(title: text("title"), url: text("url"))
        default: self = .other(chunk)
        }
    }
}

extension Entry {
    /// What the entry says, taken apart by its type; made anew at each call.
    public var content: EntryContent { EntryContent(self) }

    /// The text of a message, without thoughts, images and files; empty for every other entry.
    public var text: String {
        guard case .message(let chunks) = content else { return "" }
        return chunks.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
    }
}
