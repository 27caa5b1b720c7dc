import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// Lays out a conversation's history for a person.
struct HistoryFormatter {
    /// How many lines of a tool's output are shown without ``isWhole``.
    static let toolLineLimit = 12
    static let indent = "  "

    /// The files that entries refer to, as far as they are known here.
    let files: [EntryID: [StoredFile]]
    /// What conversations and writes are called.
    let references: References

    private let ansi: ANSIStyle
    private let times: LocalTimeFormatter
    /// The width of content behind its indent, in columns.
    private let width: Int
    /// The most lines of what a tool said; `nil` for all.
    private let toolLines: Int?
    /// Whether the output of tools is shown in full.
    var isWhole: Bool { toolLines == nil }
    private let plainly: LineText.Ends
    private let faintly: LineText.Ends

    /// - Parameters:
    ///   - style: the layout.
    ///   - isWhole: whether the output of tools is shown in full.
    ///   - files: the files that entries refer to.
    ///   - references: what conversations and writes are called; whole ids where it does not tell.
    init(
        style: OutputStyle, isWhole: Bool, files: [EntryID: [StoredFile]] = [:], references: References = References()
    ) {
        (self.files, self.references) = (files, references)
        (ansi, times) = (style.ansi, style.times)
        width = style.textWidth - HistoryFormatter.indent.count
        toolLines = isWhole ? nil : HistoryFormatter.toolLineLimit
        plainly = LineText.Ends(start: HistoryFormatter.indent)
        faintly = style.ansi.faintEnds(indent: HistoryFormatter.indent)
    }

    /// The conversation's name, and what is known of it.
    func heading(_ conversation: StoredConversation) -> [String] {
        zip(headingTexts(conversation), [ansi.strong, ansi.faint]).map { text, paint in paint(text) }
    }

    /// The same without a style, sanitised.
    func headingTexts(_ conversation: StoredConversation) -> [String] {
        let about =
            ([conversation.answerer, references[conversation.id]] + conversation.tags.map { "[\($0)]" }
            + conversation.notes(references))
            .filter { !$0.isEmpty }.joined(separator: " · ")
        return [conversation.title.sanitised(.line), about.sanitised(.line)]
    }

    /// Adds one entry: a line with its author and its time, and its content below.
    func add(_ stored: StoredEntry, to text: inout LineText) {
        let files = stored.entry.id.flatMap { self.files[$0] }
        addHead(of: stored, to: &text)
        addBody(of: stored.entry, isWithoutFiles: files != nil, to: &text)
        for file in files ?? [] { add("[file \(file.line)]", faintly, to: &text) }
    }

    /// Adds a pending write: a line with its state, its content, and why it waits.
    func add(_ item: OutboxItem, to text: inout LineText) {
        text.add("")
        text.add(
            ansi.person(item.kind == .delete ? "deletion" : "you")
                + ansi.faint("  \(item.state.words) · \(references[item.id])"))
        for input in (try? Inputs(json: item.inputs))?.asEntries ?? [] {
            let entry = Entry(raw: input)
            addBody(of: entry, isWithoutFiles: entry.id.map { files[$0] != nil } ?? false, to: &text)
        }
        if let reason = item.reason { add(reason.message, faintly, to: &text) }
    }

    private func addHead(of stored: StoredEntry, to text: inout LineText) {
        let entry = stored.entry
        var marks: [String] = []
        if let time = entry.createdAt { marks.append(times.dateAndTime(time)) }
        if let id = entry.id { marks.append(id.rawValue.sanitised(.line)) }
        if stored.droppedAt != nil { marks.append("no longer on the server") }
        if stored.isLocalOnly { marks.append("kept here only") }
        text.add(speaker(of: entry), marks, separatedBy: " · ", between: faintly)
    }

    private func speaker(of entry: Entry) -> String {
        let (name, paint) = speaker(of: entry, ansi)
        return paint(name)
    }

    /// Who an entry is from, sanitised, and how that is painted.
    func speaker(of entry: Entry, _ ansi: ANSIStyle) -> (name: String, paint: (String) -> String) {
        switch entry.type {
        case .messageInput where entry.role == "assistant": ("assistant (given)", ansi.model)
        case .messageInput: ("you", ansi.person)
        case .messageOutput: ((entry.raw.string(of: "model") ?? "assistant").sanitised(.line), ansi.model)
        case .functionCall: ("function call", ansi.tool)
        case .functionResult: ("function result", ansi.tool)
        case .toolExecution: ("tool", ansi.tool)
        case .agentHandoff: ("handoff", ansi.tool)
        default: (entry.type.rawValue.sanitised(.line), ansi.tool)
        }
    }

    /// Adds what an entry says.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - isWithoutFiles: whether the pieces that name files are left out.
    ///   - text: takes the lines.
    func addBody(of entry: Entry, isWithoutFiles: Bool, to text: inout LineText) {
        let raw = entry.raw
        func field(_ name: String) -> String { raw[name].map { $0.string ?? $0.text } ?? "" }
        switch entry.type {
        case .messageInput, .messageOutput:
            for piece in Content.pieces(raw["content"] ?? .null) where !isWithoutFiles || !piece.isFile {
                add(piece, to: &text)
            }
        case .functionCall:
            let standing = raw.string(of: "confirmation_status").map { " [\($0)]" } ?? ""
            addCut("\(field("name"))(\(field("arguments")))\(standing)", to: &text)
            add("call id \(field("tool_call_id"))", faintly, to: &text)
        case .functionResult:
            addCut(field("result"), to: &text)
            add("call id \(field("tool_call_id"))", faintly, to: &text)
        case .toolExecution:
            addCut("\(field("name"))(\(field("arguments")))", to: &text)
            addCut(raw["info"].map { SearchText.of($0) } ?? "", to: &text)
        case .agentHandoff:
            addCut("\(field("previous_agent_name")) → \(field("next_agent_name"))", to: &text)
        default:
            addCut(SearchText.of(raw), to: &text)
        }
    }

    private func add(_ piece: Content.Piece, to text: inout LineText) {
        switch piece {
        case .text(let words): add(words, plainly, to: &text)
        case .thinking(let words): add("(thinking) " + words, faintly, to: &text)
        case .attachment(let words), .file(let words): add("[\(words)]", faintly, to: &text)
        }
    }

    private func add(_ words: String, _ ends: LineText.Ends, to text: inout LineText) {
        _ = text.add(words, wrappedTo: width, between: ends)
    }

    /// Adds the words, or their first lines and how many more there are, because the output of a tool can be very long.
    private func addCut(_ words: String, to text: inout LineText) {
        guard !words.isEmpty else { return }
        let rest = text.add(words, wrappedTo: width, between: plainly, limit: toolLines)
        if rest > 0 { add("… \(rest) more lines: --full shows them", faintly, to: &text) }
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
