import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// The outcome of a write for whose delivery the command waited.
struct Delivery {
    /// The write after the delivery.
    let item: OutboxItem
    /// The conversation's history after the delivery.
    let history: StoredHistory
    /// The entries that the conversation had before.
    let known: Set<EntryID>

    /// The entries behind the last input that the conversation did not have before.
    var answer: [StoredEntry] {
        let lastInput = history.entries.lastIndex { $0.entry.type.isInput }
        return history.entries[(lastInput.map { $0 + 1 } ?? 0)...].filter { stored in
            stored.entry.id.map { !known.contains($0) } ?? true
        }
    }

    var json: JSONText {
        .object([
            "id": .string(item.conversation.rawValue),
            "remote_id": .string(item.remoteID?.rawValue),
            "operation_id": .string(item.id.rawValue),
            "state": .string(item.state.rawValue),
            "outputs": .array(item.state == .delivered ? answer.map(\.entry.raw) : []),
        ])
    }

    /// The answer for a person; empty where the write was not delivered.
    ///
    /// - Parameters:
    ///   - style: the layout.
    ///   - isShownAlready: whether the answer was printed while it came; then only function calls are left to print.
    /// - Returns: the lines to print.
    func lines(_ style: OutputStyle, isShownAlready: Bool) -> [String] {
        guard item.state == .delivered else { return [] }
        let chat = HistoryFormatter(style: style, isWhole: false)
        var text = LineText()
        for entry in answer where !isShownAlready || entry.entry.type == .functionCall { chat.add(entry, to: &text) }
        return text.lines
    }

    /// The error with which the command ends; `nil` where the write was delivered.
    var failure: CLIError? { item.deliveryFailure }
}

extension OutboxItem {
    /// Why the write is not delivered, after somebody has waited for that; `nil` where it is.
    var deliveryFailure: CLIError? {
        let message = reason.map { CLIError.sentence($0.message) }
        switch state {
        case .delivered: return nil
        case .cancelled:
            return CLIError(.badData, code: "cancelled", message: "It was cancelled before it was sent.")
        case .refused:
            return CLIError(
                .badData, code: reason?.code ?? state.rawValue,
                message: "The server refused it: \(message ?? "it gave no reason.")",
                hint: hint ?? "Run `convo outbox show \(id)`.")
        case .inDoubt where reason?.code == "cancelled":
            return CLIError(
                .tryLater, code: "interrupted", message: "Stopped listening; the message was sent.",
                hint: "The server goes on with its answer: convod or the next `convo sync` brings the whole of it.")
        case .inDoubt:
            return CLIError(
                .tryLater, code: "in_doubt", message: message ?? "It was sent, and its answer did not arrive.",
                hint: "Nothing is sent twice: convod or the next `convo sync` finds out, and brings the answer.")
        case .sending:
            return CLIError(
                .tryLater, code: "interrupted", message: "Stopped listening; another process is sending the message.",
                hint: "It goes on: `convo history \(conversation)` shows the answer once it is here.")
        case .queued where reason == nil || reason?.code == "cancelled":
            return CLIError(
                .tryLater, code: "still_queued", message: "It is not sent yet.",
                hint: "It stays queued as \(id); convod or the next `convo sync` goes on.")
        case .queued:
            return CLIError(
                .tryLater, code: reason?.code ?? "still_queued", message: message ?? "It is not sent yet.",
                hint: "It stays queued as \(id); convod or the next `convo sync` goes on.")
        case .held:
            return CLIError(
                .badData, code: reason?.code ?? "held", message: "It is held: \(message ?? "it waits for you.")",
                hint: hint ?? "Run `convo outbox`: it goes on once you have decided.")
        }
    }
}
