import ConvoModel

/// Answers with what it was told; words in the text make it do more (see ``Trigger``). Pure but for call ids.
struct EchoModel: Sendable {
    /// What the model will do.
    struct Script: Hashable, Sendable {
        var outputs: [ScriptedOutput]
        /// The status that it fails with, in place of the outputs.
        var failure: Int?
        var thinking: Duration = .zero
        /// The files that it makes.
        var files: [StoredFile] = []
    }

    static let wordLimit = 100_000
    static let callLimit = 100
    static let imageLimit = 10

    let conversation: JSONText
    let handoffEndsTurn: Bool
    let maker: FileMaker

    func answer(to inputs: [JSONText]) -> Script {
        let text = inputs.map(\.spokenText).joined(separator: "\n")
        let echo = "echo: " + text
        var script = Script(outputs: [])
        var pieces: [ScriptedOutput.Piece] = [.text(echo)]
        var answers = true
        for (trigger, number) in Trigger.found(in: text) {
            switch trigger {
            case .tool: script.outputs.append(EchoModel.codeExecution)
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
                script.outputs += (0..<max(1, count)).map { _ in call(isPending: false) }
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

    /// What follows the confirmation of calls: each allowed one runs, and the model says how it went.
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

    private func call(isPending: Bool) -> ScriptedOutput {
        let functions = conversation["tools"]?.elements.compactMap { $0["function"]?["name"]?.string } ?? []
        return .functionCall(
            name: functions.first ?? "get_weather", arguments: #"{"city": "Paris"}"#, callID: EchoModel.callID(),
            isPending: isPending)
    }

    private var handoff: ScriptedOutput {
        let id = conversation["agent_id"]?.string ?? "ag_0684fe0e0b98773e8000323fc71a3986"
        return .handoff(
            from: .init(id: id, name: "echo"),
            to: .init(id: "ag_0684fe0e3c937a8b80005d5f5bdf3a2a", name: "second-echo"))
    }

    /// Nine letters and digits, as the models give them.
    private static func callID() -> String {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return String((0..<9).compactMap { _ in alphabet.randomElement() })
    }
}
