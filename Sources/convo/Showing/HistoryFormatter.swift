import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// Lays out a conversation's history for a person.
struct HistoryFormatter {
    /// How many lines of a tool's output are shown without ``isWhole``.
    static let toolLineLimit = 12

    let style: OutputStyle
    /// Whether the output of tools is shown in full.
    let isWhole: Bool
    /// The files that entries refer to, as far as they are known here.
    var files: [EntryID: [StoredFile]] = [:]

    /// One entry: a line with its author and its time, and its content below.
    func lines(of stored: StoredEntry) -> [String] {
        let files = stored.entry.id.flatMap { self.files[$0] } ?? []
        return [head(of: stored)] + body(of: stored.entry) + files.flatMap { faintly("[file \($0.line)]") }
    }

    /// The conversation's name, and what is known of it.
    func heading(_ conversation: StoredConversation) -> [String] {
        let about = ([conversation.answerer, conversation.id.rawValue] + conversation.notes)
            .filter { !$0.isEmpty }.joined(separator: " · ")
        return [style.ansi.strong(conversation.title.sanitised(.line)), style.ansi.faint(about.sanitised(.line))]
    }

    private func head(of stored: StoredEntry) -> String {
        let entry = stored.entry
        var marks: [String] = []
        if let time = entry.createdAt?.text { marks.append(style.times.dateAndTime(time)) }
        if let id = entry.id { marks.append(id.rawValue) }
        if stored.droppedAt != nil { marks.append("no longer on the server") }
        if stored.isLocalOnly { marks.append("kept here only") }
        return speaker(of: entry) + style.ansi.faint("  " + marks.joined(separator: " · ").sanitised(.line))
    }

    private func speaker(of entry: Entry) -> String {
        switch entry.type {
        case .messageInput where entry.role == "assistant": style.ansi.model("assistant (given)")
        case .messageInput: style.ansi.person("you")
        case .messageOutput: style.ansi.model((entry.raw["model"]?.string ?? "assistant").sanitised(.line))
        case .functionCall: style.ansi.tool("function call")
        case .functionResult: style.ansi.tool("function result")
        case .toolExecution: style.ansi.tool("tool")
        case .agentHandoff: style.ansi.tool("handoff")
        default: style.ansi.tool(entry.type.rawValue.sanitised(.line))
        }
    }

    private func body(of entry: Entry) -> [String] {
        let raw = entry.raw
        func text(_ field: String) -> String { raw[field].map { $0.string ?? $0.text } ?? "" }
        switch entry.type {
        case .messageInput, .messageOutput:
            let isKnown = entry.id.map { files[$0] != nil } ?? false
            return Content.pieces(raw["content"] ?? .null).filter { !isKnown || !$0.isFile }.flatMap(lines)
        case .functionCall:
            let standing = raw["confirmation_status"]?.string.map { " [\($0)]" } ?? ""
            return cut("\(text("name"))(\(text("arguments")))\(standing)") + faintly("call id \(text("tool_call_id"))")
        case .functionResult:
            return cut(text("result")) + faintly("call id \(text("tool_call_id"))")
        case .toolExecution:
            return cut("\(text("name"))(\(text("arguments")))") + cut(raw["info"].map { SearchText.of($0) } ?? "")
        case .agentHandoff:
            return cut("\(text("previous_agent_name")) → \(text("next_agent_name"))")
        default:
            return cut(SearchText.of(raw))
        }
    }

    private func lines(of piece: Content.Piece) -> [String] {
        switch piece {
        case .text(let text): indented(text)
        case .thinking(let text): faintly("(thinking) " + text)
        case .attachment(let text), .file(let text): faintly("[\(text)]")
        }
    }

    /// A pending write: a line with its state, its content, and why it waits.
    func lines(of item: OutboxItem) -> [String] {
        let head =
            style.ansi.person(item.kind == .delete ? "deletion" : "you")
            + style.ansi.faint("  \(item.state.words) · \(item.id)")
        let reason = item.reason.map { faintly($0.message) } ?? []
        let inputs = (try? Inputs(json: item.inputs))?.asEntries ?? []
        let bodies = inputs.map { Entry(raw: $0) }.flatMap(body)
        return ["", head] + bodies + reason
    }

    private func indented(_ text: String) -> [String] {
        text.sanitised(.block).wrapped(to: style.textWidth - 2).map { $0.isEmpty ? "" : "  " + $0 }
    }

    private func faintly(_ text: String) -> [String] { indented(text).map(style.ansi.faint) }

    /// The text, or its first lines and how many more there are, because the output of a tool can be very long.
    private func cut(_ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        let lines = indented(text)
        guard !isWhole, lines.count > HistoryFormatter.toolLineLimit + 1 else { return lines }
        let rest = lines.count - HistoryFormatter.toolLineLimit
        return lines.prefix(HistoryFormatter.toolLineLimit) + faintly("… \(rest) more lines: --full shows them")
    }
}

extension OutboxItem {
    /// The write as `history` and `messages` list it.
    var pendingJSON: JSONText {
        .object([
            "operation_id": .string(id.rawValue), "state": .string(state.rawValue), "inputs": inputs,
        ])
    }
}
