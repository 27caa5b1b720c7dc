import ConvoModel

/// What a call is said to have cost: the prompt is the whole history.
struct Usage: Hashable, Sendable {
    var prompt = 0
    var completion = 0
    /// The runs of each built-in tool, by its name.
    var connectors: [String: Int] = [:]

    /// About what a tokenizer makes of it: a token is four bytes, and never less than one.
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
