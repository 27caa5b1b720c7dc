import ConvoJSON
import ConvoModel

/// A model that repeats its input; words in the input make it do more (see ``Trigger``).
///
/// Its answer depends on the conversation and the inputs only, except for the ids of calls and files, which it draws.
struct EchoModel: Sendable {
    /// What the model will do.
    struct Script: Hashable, Sendable {
        var outputs: [ScriptedOutput]
        /// The HTTP status of the failure that takes the place of the outputs; `nil`: the model does not fail.
        var failure: Int?
        /// The wait before the first output, beside ``Switches/answerMilliseconds``.
        var thinking: Duration = .zero
        /// The files that the outputs refer to.
        var files: [StoredFile] = []
    }

    static let wordLimit = 100_000
    static let callLimit = 100
    static let imageLimit = 10

    let conversation: JSONText
    let handoffEndsTurn: Bool
    /// Makes the files, and draws all ids.
    var maker: FileMaker

    mutating func answer(to inputs: [JSONText]) -> Script {
        let text = inputs.map(\.spokenText).joined(separator: "\n")
        let echo = "echo: " + text
        var script = Script(outputs: [])
        var pieces: [ScriptedOutput.Piece] = [.text(echo)]
        var answers = true
        for (trigger, number) in Trigger.found(in: text) {
            switch trigger {
            case .tool: script.outputs.append(EchoModel.codeExecution)
            case .announce: script.outputs += [.message([.text("I shall look.")]), EchoModel.codeExecution]
            case .numbers: script.outputs.append(EchoModel.countExecution)
            case .search:
                script.outputs.append(EchoModel.searchExecution)
                pieces += [.chunk(EchoModel.reference), .text(" as the source says.")]
            case .connector:
                script.outputs.append(EchoModel.connectorExecution)
                pieces.append(.chunk(EchoModel.connectorReference))
            case .image:
                for _ in 0..<max(1, min(number ?? 1, EchoModel.imageLimit)) {
                    maker.makeImage(for: text, into: &script, &pieces)
                }
            case .imageFails:
                script.outputs.append(EchoModel.failedImage)
                pieces.append(.text(" The image could not be generated."))
            case .file: maker.makeTable(into: &script, &pieces)
            case .call, .calls:
                let count = min(number ?? (trigger == .call ? 1 : 2), EchoModel.callLimit)
                for _ in 0..<max(1, count) { script.outputs.append(call(isPending: false)) }
                answers = false
            case .confirm:
                script.outputs.append(call(isPending: true))
                answers = false
            case .handoff:
                script.outputs.append(handoff)
                if handoffEndsTurn { answers = false }
            case .think: pieces.insert(.thinking("They say \(text.utf8.count) bytes. I say them again."), at: 0)
            case .chunks: pieces += EchoModel.assortment
            case .error: script.failure = (400...599).contains(number ?? 0) ? number : 500
            case .slow: script.thinking = .milliseconds(min(max(0, number ?? 1000), Switch.numberLimit))
            case .long: pieces.append(.text(EchoModel.words(min(max(0, number ?? 1000), EchoModel.wordLimit))))
            case .silent: pieces = [.text("")]
            }
        }
        if answers { script.outputs.append(.message(pieces)) }
        return script
    }

    /// The answer to an append that only confirms calls: each allowed call runs, then a message names the decisions.
    func answer(toConfirmations confirmations: [(call: JSONText, isAllowed: Bool)]) -> Script {
        let runs = confirmations.filter(\.isAllowed).map { call, _ -> ScriptedOutput in
            let name = call["name"]?.string ?? ""
            return .toolExecution(
                name: name, function: name, arguments: call["arguments"]?.string ?? "{}",
                info: .object(["result": .string("done")]))
        }
        let words = confirmations.map { call, isAllowed in
            "\(call["name"]?.string ?? "") was \(isAllowed ? "allowed" : "denied")"
        }
        return Script(outputs: runs + [.message([.text("echo: " + words.joined(separator: ", "))])])
    }

    private mutating func call(isPending: Bool) -> ScriptedOutput {
        let functions = conversation["tools"]?.elements.compactMap { $0["function"]?["name"]?.string } ?? []
        return .functionCall(
            name: functions.first ?? "get_weather", arguments: #"{"city": "Paris"}"#, callID: maker.ids.call(),
            isPending: isPending)
    }

    private var handoff: ScriptedOutput {
        let id = conversation["agent_id"]?.string ?? "ag_0684fe0e0b98773e8000323fc71a3986"
        return .handoff(
            from: .init(id: id, name: "echo"),
            to: .init(id: "ag_0684fe0e3c937a8b80005d5f5bdf3a2a", name: "second-echo"))
    }
}

extension EchoModel {
    static let codeExecution = ScriptedOutput.toolExecution(
        name: "code_interpreter", function: "code_interpreter", arguments: #"{"code": "21 * 2"}"#,
        info: .object([
            "result": .array([.object(["type": .string("text"), "text": .string("42\n")])]),
            "code": .string("21 * 2"), "code_output": .string("42\n"),
        ]))

    static let countExecution = ScriptedOutput.toolExecution(
        name: "document_library", function: "library_search", arguments: #"{"query": "echo"}"#,
        info: .stored(#"{"score":1.0,"rows":12345678901234567890,"e":1E+2}"#))

    static let searchExecution = ScriptedOutput.toolExecution(
        name: "web_search", function: "web_search", arguments: #"{"query": "echo"}"#,
        info: .object(["result": .string(#"{"0": {"url": "https://example.org/echo", "title": "Echo"}}"#)]))

    /// The run of a tool whose connector is not among those that the API's description lists.
    static let connectorExecution = ScriptedOutput.toolExecution(
        name: "mistral_mcp", function: "search_docs", arguments: #"{"query": "echo"}"#,
        info: .object(["result": .string("Echo: a sound that comes back.")]))

    static let connectorReference = JSONText.object([
        "type": .string("tool_reference"), "tool": .string("mistral_mcp"), "title": .string("Echo"),
    ])

    static let failedImage = ScriptedOutput.toolExecution(
        name: FileMaker.imageTool, function: FileMaker.imageFunction, arguments: #"{"prompt": "an echo"}"#,
        info: .object(["result": .string("Image generation failed: timed out after 30 seconds")]))

    static let reference = JSONText.object([
        "type": .string("tool_reference"), "tool": .string("web_search"), "title": .string("Echo"),
        "url": .string("https://example.org/echo"), "favicon": .string("https://example.org/favicon.ico"),
        "description": .string("A sound that comes back."),
    ])

    /// One chunk of each kind that an answer may hold.
    static let assortment: [ScriptedOutput.Piece] = [
        .chunk(reference),
        .chunk(
            .object([
                "type": .string("tool_file"), "tool": .string("image_generation"),
                "file_id": .string("933c5b5a-1c47-4cdd-84f6-f32526bd161b"), "file_name": .string("image_generated_0"),
                "file_type": .string("png"),
            ])),
        .chunk(
            .object([
                "type": .string("image_url"), "image_url": .string("data:image/png;base64,iVBORw0KGgo="),
            ])),
        .chunk(
            .object([
                "type": .string("document_url"), "document_url": .string("https://example.org/echo.pdf"),
                "document_name": .string("echo.pdf"),
            ])),
        .text("That is all."),
    ]

    static func words(_ count: Int) -> String {
        let vocabulary = ["so", "it", "comes", "back", "again", "and", "once", "more"]
        return (0..<count).reduce(into: "") { text, index in text += " " + vocabulary[index % vocabulary.count] }
    }
}

extension JSONText {
    /// The text of an input entry: its content, the joined texts of its chunks, or its result.
    var spokenText: String {
        guard let content = self["content"] ?? self["result"] else { return "" }
        return content.string ?? content.elements.compactMap { $0["text"]?.string }.joined()
    }
}

/// One output of the echo model, before it has an id and times.
enum ScriptedOutput: Hashable, Sendable {
    /// A piece of a message: text, thinking, or a whole chunk of another kind.
    enum Piece: Hashable, Sendable {
        case text(String)
        case thinking(String)
        case chunk(JSONText)
    }

    case message([Piece])
    case toolExecution(name: String, function: String, arguments: String, info: JSONText)
    case functionCall(name: String, arguments: String, callID: String, isPending: Bool)
    case handoff(from: Agent, to: Agent)

    struct Agent: Hashable, Sendable {
        let id: String
        let name: String
    }

    var idPrefix: String {
        switch self {
        case .message: "msg_"
        case .toolExecution: "tool_exec_"
        case .functionCall: "fc_"
        case .handoff: "handoff_"
        }
    }

    /// An estimate of the output's tokens.
    var tokens: Int {
        switch self {
        case .message(let pieces):
            pieces.reduce(0) { sum, piece in
                switch piece {
                case .text(let text), .thinking(let text): sum + Usage.tokens(in: text)
                case .chunk(let chunk): sum + Usage.tokens(in: chunk.text)
                }
            }
        case .toolExecution(_, _, let arguments, _), .functionCall(_, let arguments, _, _):
            Usage.tokens(in: arguments)
        case .handoff: 1
        }
    }
}

/// The model and the agent that an output names as its author.
struct MessageAuthor: Hashable, Sendable {
    let model: String?
    let agentID: String?

    init(model: String?, agentID: String?) {
        (self.model, self.agentID) = (model, agentID)
    }

    /// The author of a conversation's answers.
    ///
    /// A conversation with an agent has no `model`, but its outputs name one.
    init(of conversation: JSONText) {
        let agentID = conversation["agent_id"]?.string
        self.init(model: conversation["model"]?.string ?? "mistral-medium-latest", agentID: agentID)
    }

    var members: [(String, JSONText?)] {
        [("agent_id", agentID.map { .string($0) }), ("model", model.map { .string($0) })]
    }
}
