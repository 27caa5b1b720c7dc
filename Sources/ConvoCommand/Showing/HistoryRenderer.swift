import ConvoExport
import ConvoJSON
import ConvoMarkdown
import ConvoModel
import ConvoStore
import ConvoTerminal

/// Lays out a conversation for reading: Markdown is rendered, entries have numbers, and what is not said in words takes a line.
///
/// No line is wider than the terminal. What is shown in full, or as it stands, is `HistoryFormatter`'s.
struct HistoryRenderer {
    private let plain: HistoryFormatter
    private let style: OutputStyle
    private let rich: RichStyle
    private let markdown: MarkdownRenderer
    /// Whether the last entry took one line, behind which another such line follows without a blank one.
    private var isBehindFold = false

    private var ansi: ANSIStyle { style.ansi }
    private var lineWidth: Int { style.width ?? style.textWidth }

    /// - Parameters:
    ///   - plain: lays out what is not rendered.
    ///   - style: the layout.
    ///   - rich: what the terminal shows beside text.
    init(_ plain: HistoryFormatter, style: OutputStyle, rich: RichStyle) {
        (self.plain, self.style, self.rich) = (plain, style, rich)
        let indent = HistoryFormatter.indent.count
        markdown = MarkdownRenderer(
            MarkdownStyle(
                ansi: style.ansi, width: style.textWidth - indent, wideWidth: (style.width ?? style.textWidth) - indent,
                hasHyperlinks: rich.hasHyperlinks))
    }

    /// The conversation's name, and what is known of it.
    func heading(_ conversation: StoredConversation) -> [String] {
        zip(plain.headingTexts(conversation), [ansi.strong, ansi.faint]).map { text, paint in
            paint(text.truncated(to: lineWidth))
        }
    }

    /// Adds one entry.
    ///
    /// - Parameters:
    ///   - stored: the entry.
    ///   - number: its number in the conversation; `nil` where it has none.
    ///   - text: takes the lines.
    mutating func add(_ stored: StoredEntry, number: Int?, to text: inout LineText) {
        let isFold = !stored.entry.type.isMessage && !plain.isWhole
        if !isFold || !isBehindFold { text.add("") }
        isBehindFold = isFold
        let mark = number.map { "#\($0)" } ?? "–"
        let files = stored.entry.id.flatMap { plain.files[$0] } ?? []
        if isFold {
            text.add(fold(stored, mark))
        } else {
            text.add(head(of: stored, mark))
            addBody(of: stored.entry, isWithoutFiles: !files.isEmpty, to: &text)
        }
        for file in files { add(file, to: &text) }
    }

    /// Adds a pending write.
    mutating func add(_ item: OutboxItem, to text: inout LineText) {
        isBehindFold = false
        text.add("")
        text.add(
            line(
                item.kind == .delete ? "deletion" : "you", ansi.person,
                "\(item.state.words) · \(plain.references[item.id])"))
        for input in (try? Inputs(json: item.inputs))?.asEntries ?? [] {
            addBody(of: Entry(raw: input), isWithoutFiles: false, to: &text)
        }
        if let reason = item.reason { addFaint(reason.message, to: &text) }
    }

    // MARK: Lines

    private func head(of stored: StoredEntry, _ mark: String) -> String {
        let entry = stored.entry
        var marks: [String] = []
        if let time = entry.createdAt { marks.append(style.times.dateAndTime(time)) }
        if stored.droppedAt != nil { marks.append("no longer on the server") }
        if stored.isLocalOnly { marks.append("kept here only") }
        let (speaker, paint) = plain.speaker(of: entry, ansi)
        let used = mark.columns + 1
        let name = speaker.truncated(to: max(1, lineWidth - used))
        let about = marks.joined(separator: " · ").truncated(to: max(0, lineWidth - used - name.columns - 2))
        return ansi.faint(mark) + " " + paint(name) + (about.isEmpty ? "" : "  " + ansi.faint(about))
    }

    private func line(_ name: String, _ paint: (String) -> String, _ about: String) -> String {
        paint(name) + "  " + ansi.faint(about.sanitised(.line).truncated(to: max(0, lineWidth - name.columns - 2)))
    }

    /// An entry on one line: what it is, the beginning of what it says, and the id by which a function is answered.
    private func fold(_ stored: StoredEntry, _ mark: String) -> String {
        let (name, words, id) = FoldedEntry.parts(of: stored.entry)
        let suffix = id.map { "  call \($0)".sanitised(.line) } ?? ""
        var room = lineWidth - mark.columns - 1
        let shownName = name.sanitised(.line).truncated(to: max(1, room))
        room -= shownName.columns
        let shownSuffix = suffix.columns <= room ? suffix : suffix.truncated(to: max(0, room))
        room -= shownSuffix.columns + 1
        let start = room > 0 ? String(words.prefix(lineWidth)).sanitised(.line) : ""
        let shownWords = start.truncated(to: max(0, room))
        return ansi.faint(mark) + " " + ansi.tool(shownName)
            + ansi.faint((shownWords.isEmpty ? "" : " " + shownWords) + shownSuffix)
    }

    private func addBody(of entry: Entry, isWithoutFiles: Bool, to text: inout LineText) {
        guard entry.type.isMessage else { return plain.addBody(of: entry, isWithoutFiles: isWithoutFiles, to: &text) }
        let pieces = Content.pieces(entry.raw["content"] ?? .null).filter { !isWithoutFiles || !$0.isFile }
        for (place, piece) in pieces.enumerated() {
            switch piece {
            case .text(let words):
                if place > 0 { text.add("") }
                addRendered(words, to: &text)
            case .thinking(let words): addThought(words, to: &text)
            case .attachment(let words), .file(let words): addFaint("[\(words)]", to: &text)
            }
        }
    }

    private func addRendered(_ words: String, to text: inout LineText) {
        for line in markdown.lines(of: words) { text.add(line.isEmpty ? "" : HistoryFormatter.indent + line) }
    }

    private func addThought(_ words: String, to text: inout LineText) {
        guard !plain.isWhole else { return addFaint("(thinking) " + words, to: &text) }
        let start = String(words.drop { $0.isWhitespace }.prefix(lineWidth)).sanitised(.line)
        let line = ("(thinking) " + start).truncated(to: lineWidth - HistoryFormatter.indent.count)
        text.add(HistoryFormatter.indent + ansi.faint(line))
    }

    private func addFaint(_ words: String, to text: inout LineText) {
        let ends = ansi.faintEnds(indent: HistoryFormatter.indent)
        _ = text.add(words, wrappedTo: style.textWidth - HistoryFormatter.indent.count, between: ends)
    }

    // MARK: Files

    /// Adds the file's name, and the image itself where the terminal shows it.
    private func add(_ file: StoredFile, to text: inout LineText) {
        addFaint("[file \(file.line)]", to: &text)
        if let image = image(file) { text.add(HistoryFormatter.indent + image) }
    }

    /// The largest image that is shown, in bytes.
    private static let imageLimit = 8 << 20

    private func image(_ file: StoredFile) -> String? {
        guard let images = rich.images, file.state == .stored, let path = file.path, let size = file.size,
            size <= HistoryRenderer.imageLimit, let type = file.mediaType, images.shows(type),
            let bytes = try? WholeFile.bytes(of: path, limit: HistoryRenderer.imageLimit),
            MediaType(of: bytes).name == type
        else { return nil }
        let columns = max(1, lineWidth - HistoryFormatter.indent.count - 1)
        let room = columns * (rich.columnPixels ?? HistoryRenderer.usualColumnPixels)
        let isWider = PixelSize(png: bytes).map { $0.width > room } ?? false
        return images.sequences(base64: Base64.text(of: bytes), columns: columns, isWider: isWider)
    }

    /// The width of a column, in pixels, where the terminal does not tell it.
    private static let usualColumnPixels = 8
}

/// An entry that is not a message, in the parts of one line.
private enum FoldedEntry {
    /// What it is, what it says, and the id of the call that it belongs to.
    static func parts(of entry: Entry) -> (name: String, words: String, call: String?) {
        let raw = entry.raw
        func field(_ name: String) -> String { raw[name].map { $0.string ?? $0.text } ?? "" }
        switch entry.type {
        case .functionCall:
            let standing = raw.string(of: "confirmation_status").map { "[\($0)] " } ?? ""
            return ("call \(field("name"))", standing + field("arguments"), entry.toolCallID)
        case .functionResult: return ("result", field("result"), entry.toolCallID)
        case .toolExecution:
            let said = raw["info"].map { SearchText.of($0) } ?? ""
            return ("tool \(field("name"))", field("arguments") + (said.isEmpty ? "" : " → " + said), nil)
        case .agentHandoff: return ("handoff", "\(field("previous_agent_name")) → \(field("next_agent_name"))", nil)
        default: return (entry.type.rawValue, SearchText.of(raw), nil)
        }
    }
}
