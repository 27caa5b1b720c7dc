import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension OperationState {
    /// The state's name for a person.
    var words: String { self == .inDoubt ? "in doubt" : rawValue }
}

extension OutboxItem {
    /// The outbox as a table.
    static func table(_ items: [OutboxItem], _ style: OutputStyle, _ names: Names) -> [String] {
        guard !items.isEmpty else { return ["Nothing waits: every write is delivered."] }
        let hasReason = items.contains { $0.reason != nil }
        var table = Table(
            [
                .fitting("REF"), .fitting("WRITE", rank: 2), .flexible("CONVERSATION", rank: 3), .fitting("STATE"),
                .fitting("QUEUED", rank: 4), .flexible("TEXT", rank: 1),
            ] + (hasReason ? [.flexible("REASON")] : []))
        for item in items {
            table.add([
                names.reference(item.id), item.kind.rawValue, names.words(item.conversation), item.state.words,
                style.times.ago(item.createdAt), item.text(upTo: style.width), item.reason?.message ?? "",
            ])
        }
        return table.lines(width: style.width, ansi: style.ansi)
    }

    /// What the write says, on one line; no more of a long text than a line shows.
    func text(upTo width: Int?) -> String {
        let text = SearchText.of(inputs)
        return String(text.prefix(width ?? OutboxItem.textLimit))
    }

    /// How many characters of a text are shown where the width of a line is not known.
    private static let textLimit = 200

    /// The stored facts, one a line, and the request's body.
    func lines(_ style: OutputStyle, _ names: Names) -> [String] {
        let facts: [(String, String?)] = [
            ("reference", names.reference(id)), ("id", id.rawValue), ("write", kind.rawValue),
            ("conversation", "\(names.words(conversation)) (\(conversation))"),
            ("remote id", remoteID?.rawValue), ("state", state.words),
            ("queued", style.times.dateAndTime(createdAt)), ("attempts", String(attempts)),
            ("next attempt", nextAttempt.map(style.times.dateAndTime)),
            ("sent", sentAt.map(style.times.dateAndTime)),
            ("in doubt since", doubtedAt.map(style.times.dateAndTime)),
            ("reason", reason?.message), ("hint", hint),
        ]
        let known = facts.compactMap { label, value in value.map { (label: label, words: $0) } }
        return FactList.lines(known, width: style.width, ansi: style.ansi) + ["", style.ansi.faint("request")]
            + request.text.sanitised(.block).wrapped(to: style.textWidth)
    }
}

extension OutboxItem {
    /// The object that `--json` prints; scripts rely on its form.
    var json: JSONText { .object(members) }

    /// The object with the body of the request as `request`.
    var jsonWithRequest: JSONText { .object(members + [("request", request)]) }

    /// The names of the object's members, in their order.
    static let members = [
        "id", "operation", "conversation_id", "remote_id", "state", "attempts", "next_attempt_at", "reason",
        "created_at",
    ]

    private var members: [(String, JSONText?)] {
        [
            ("id", .string(id.rawValue)),
            ("operation", .string(kind.rawValue)),
            ("conversation_id", .string(conversation.rawValue)),
            ("remote_id", .string(remoteID?.rawValue)),
            ("state", .string(state.rawValue)),
            ("attempts", .int(attempts)),
            ("next_attempt_at", .string(nextAttempt?.text)),
            (
                "reason",
                reason.map { reason in
                    .object([
                        "code": .string(reason.code), "message": .string(reason.message), "hint": .string(hint),
                    ])
                } ?? .null
            ),
            ("created_at", .string(createdAt.text)),
        ]
    }
}

extension SetAsideItem {
    /// The object that `--json` prints; scripts rely on its form.
    ///
    /// `position` counts from 0.
    var json: JSONText {
        .object([
            "conversation_id": .string(conversation?.rawValue),
            "remote_id": .string(remoteID?.rawValue),
            "conversation_name": .string(conversationName),
            "position": position.map { .int($0) } ?? .null,
            "id": .string(id),
            "name": .string(name),
            "reason": .string(reason),
            "seen_at": .string(seenAt.text),
        ])
    }
}

extension [SetAsideItem] {
    private static var namedLimit: Int { 5 }

    /// The first five items in words, and how many more there are.
    var words: String {
        let named = prefix(Self.namedLimit).map(\.words).joined(separator: "; ")
        return count > Self.namedLimit ? "\(named); and \(count - Self.namedLimit) more: see `convo status`" : named
    }
}
