import ConvoJSON
import ConvoModel

/// An output of the model with its id and its times.
struct FinishedOutput: Hashable, Sendable {
    let id: String
    let output: ScriptedOutput
    let author: MessageAuthor
    let createdAt: Timestamp
    var completedAt: Timestamp

    /// The output's entry: with `completed_at` as in a response, or with `null` there, as histories are reported to
    /// have.
    func entry(completed: Bool) -> JSONText {
        let head: [(String, JSONText?)] = [
            ("object", .string("entry")), ("type", .string(type)), ("created_at", .string(createdAt.text)),
            ("completed_at", completed ? .string(completedAt.text) : .null),
        ]
        return .object(head + members)
    }

    var type: String {
        switch output {
        case .message: "message.output"
        case .toolExecution: "tool.execution"
        case .functionCall: "function.call"
        case .handoff: "agent.handoff"
        }
    }

    private var members: [(String, JSONText?)] {
        let name: [(String, JSONText?)] = [("id", .string(id))]
        switch output {
        case .message(let pieces):
            return author.members + name + [("role", .string("assistant")), ("content", content(of: pieces))]
        case .toolExecution(let tool, let function, let arguments, let info):
            return author.members + name + [
                ("name", .string(tool)), ("arguments", .string(arguments)), ("function", .string(function)),
                ("info", info),
            ]
        case .functionCall(let function, let arguments, let callID, let isPending):
            return author.members + name + [
                ("tool_call_id", .string(callID)), ("name", .string(function)), ("arguments", .string(arguments)),
                ("confirmation_status", isPending ? .string("pending") : nil),
            ]
        case .handoff(let from, let to):
            return name + [
                ("previous_agent_id", .string(from.id)), ("previous_agent_name", .string(from.name)),
                ("next_agent_id", .string(to.id)), ("next_agent_name", .string(to.name)),
            ]
        }
    }

    /// A message's `content`: a string where all pieces are text, otherwise an array of chunks.
    private func content(of pieces: [ScriptedOutput.Piece]) -> JSONText {
        let words = pieces.compactMap { if case .text(let text) = $0 { text } else { nil } }
        guard words.count < pieces.count else { return .string(words.joined()) }
        return .array(pieces.map(\.chunk))
    }
}

extension ScriptedOutput.Piece {
    var chunk: JSONText {
        switch self {
        case .text(let text): .object(["type": .string("text"), "text": .string(text)])
        case .thinking(let text): ScriptedOutput.Piece.thought(text)
        case .chunk(let chunk): chunk
        }
    }

    static func thought(_ text: String) -> JSONText {
        .object([
            "type": .string("thinking"),
            "thinking": .array([.object(["type": .string("text"), "text": .string(text)])]), "closed": .bool(true),
        ])
    }
}

extension FinishedOutput {
    /// The events of a stream for this output, without `type` and `created_at`; `index` is their `output_index`.
    func events(at index: Int) -> [(type: String, members: [(String, JSONText?)])] {
        let place: [(String, JSONText?)] = [("output_index", .int(index)), ("id", .string(id))]
        switch output {
        case .message(let pieces):
            return pieces.enumerated().flatMap { contentIndex, piece in
                piece.deltas.map { content in
                    (
                        "message.output.delta",
                        place + [("content_index", .int(contentIndex))] + author.members + [
                            ("role", .string("assistant")), ("content", content),
                        ]
                    )
                }
            }
        case .toolExecution(let tool, let function, let arguments, let info):
            let name: [(String, JSONText?)] = [("name", .string(tool))]
            let kind: [(String, JSONText?)] = [("function", .string(function))]
            return [("tool.execution.started", place + author.members + name + [("arguments", .string(""))] + kind)]
                + arguments.fragments.map {
                    ("tool.execution.delta", place + name + [("arguments", .string($0))] + kind)
                } + [("tool.execution.done", place + name + kind + [("info", info)])]
        case .functionCall(let function, let arguments, let callID, let isPending):
            return arguments.fragments.map {
                (
                    "function.call.delta",
                    place + author.members + [
                        ("name", .string(function)), ("tool_call_id", .string(callID)), ("arguments", .string($0)),
                        ("confirmation_status", isPending ? .string("pending") : nil),
                    ]
                )
            }
        case .handoff(let from, let to):
            return [
                (
                    "agent.handoff.started",
                    place + [
                        ("previous_agent_id", .string(from.id)), ("previous_agent_name", .string(from.name)),
                    ]
                ),
                (
                    "agent.handoff.done",
                    place + [("next_agent_id", .string(to.id)), ("next_agent_name", .string(to.name))]
                ),
            ]
        }
    }
}

extension ScriptedOutput.Piece {
    /// The piece in the parts that a stream sends.
    fileprivate var deltas: [JSONText] {
        switch self {
        case .text(let text): text.fragments.map { .string($0) }
        case .thinking(let text): text.fragments.map { ScriptedOutput.Piece.thought($0) }
        case .chunk(let chunk): [chunk]
        }
    }
}

extension String {
    /// The words, each with the white space after it; one empty fragment for an empty text.
    fileprivate var fragments: [String] {
        var fragments: [String] = []
        var start = startIndex
        var index = startIndex
        while index < endIndex {
            let next = self.index(after: index)
            if self[index].isWhitespace, next == endIndex || !self[next].isWhitespace {
                fragments.append(String(self[start..<next]))
                start = next
            }
            index = next
        }
        if start < endIndex || fragments.isEmpty { fragments.append(String(self[start...])) }
        return fragments
    }
}

/// The `usage` of a response, estimated; the prompt is the whole history.
struct Usage: Hashable, Sendable {
    var prompt = 0
    var completion = 0
    /// The runs of each built-in tool, by its name.
    var connectors: [String: Int] = [:]

    /// An estimate of a text's tokens: one for every four bytes, rounded up.
    static func tokens(in text: String) -> Int { (text.utf8.count + 3) / 4 }

    static func prompt(of conversation: JSONText, _ entries: [JSONText]) -> Int {
        let instructions = tokens(in: conversation["instructions"]?.string ?? "")
        return entries.reduce(instructions) { sum, entry in
            let content = entry["content"] ?? entry["result"] ?? entry["arguments"]
            return sum + tokens(in: content?.string ?? content?.text ?? "")
        }
    }

    init(prompt: Int, outputs: [ScriptedOutput]) {
        self.prompt = prompt
        completion = outputs.reduce(0) { $0 + $1.tokens }
        for case .toolExecution(let name, _, _, _) in outputs { connectors[name, default: 0] += 1 }
    }

    var json: JSONText {
        let connectorTokens = connectors.values.reduce(0, +) * Usage.tokensPerConnector
        let hasConnectors = !connectors.isEmpty
        return .object([
            "prompt_tokens": .int(prompt), "completion_tokens": .int(completion),
            "total_tokens": .int(prompt + completion + connectorTokens),
            "connector_tokens": hasConnectors ? .int(connectorTokens) : nil,
            "connectors": hasConnectors
                ? .object(connectors.sorted { $0.key < $1.key }.map { ($0.key, .int($0.value)) }) : nil,
        ])
    }

    private static let tokensPerConnector = 5
}
