import ConvoModel
import ConvoStore
import ConvoTerminal

extension OperationState {
    /// As a person says it.
    var words: String { self == .inDoubt ? "in doubt" : rawValue }
}

extension OutboxItem {
    /// The outbox as a table.
    static func table(_ items: [OutboxItem], _ style: OutputStyle) -> [String] {
        guard !items.isEmpty else { return ["Nothing waits: every write is delivered."] }
        var table = Table([
            .fitting("ID"), .fitting("WRITE", rank: 2), .fitting("CONVERSATION", rank: 3), .fitting("STATE"),
            .fitting("QUEUED", rank: 4), .flexible("TEXT", rank: 1), .flexible("REASON"),
        ])
        for item in items {
            table.add([
                item.id.rawValue, item.kind.rawValue, item.conversation.rawValue, item.state.words,
                style.times.ago(item.createdAt), SearchText.of(item.inputs), item.reason?.message ?? "",
            ])
        }
        return table.lines(width: style.width, ansi: style.ansi)
    }

    /// All that is known of one write.
    func lines(_ style: OutputStyle) -> [String] {
        let facts: [(String, String?)] = [
            ("id", id.rawValue), ("write", kind.rawValue), ("conversation", conversation.rawValue),
            ("remote id", remoteID?.rawValue), ("state", state.words),
            ("queued", style.times.dateAndTime(createdAt)), ("attempts", String(attempts)),
            ("next attempt", nextAttempt.map { style.times.dateAndTime($0.text) }),
            ("sent", sentAt.map { style.times.dateAndTime($0.text) }),
            ("in doubt since", doubtedAt.map { style.times.dateAndTime($0.text) }),
            ("reason", reason?.message), ("hint", reason?.hint),
        ]
        return facts.compactMap { label, value in
            value.map { "\(style.ansi.faint(label.padded(to: 16)))\($0.sanitised(.line))" }
        } + ["", style.ansi.faint("request")] + request.text.sanitised(.block).wrapped(to: style.textWidth)
    }
}
