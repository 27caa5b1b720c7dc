import ConvoModel

/// The header fields by which an answer from the local store says how fresh it is.
struct FreshnessHeaders: Hashable, Sendable {
    /// When a pull was last complete; `nil` if none was.
    var lastPull: Timestamp?
    /// When what is answered was read from the server, if it was for this very request; `nil` otherwise.
    var readAt: Timestamp?
    /// Whether the client wanted to know what the server says now, and the server could not be asked.
    var isOutdated = false
    /// How many writes wait to be sent, or to be settled: those of the conversation, or of all.
    var pending: Int

    /// Makes the facts of one answer.
    init(lastPull: Timestamp?, readAt: Timestamp? = nil, isOutdated: Bool = false, pending: Int) {
        (self.lastPull, self.readAt, self.isOutdated, self.pending) = (lastPull, readAt, isOutdated, pending)
    }

    /// The fields at a moment: ``fields``, and `Age` in whole seconds, which is missing where nothing was ever pulled.
    func fields(at now: Timestamp) -> [String: String] {
        var fields = fields
        fields["Age"] = age(at: now)
        return fields
    }

    /// The fields that are the same at any time: `Convo-Last-Pull`, a moment or `never`; and `Convo-Pending`.
    var fields: [String: String] {
        ["Convo-Last-Pull": lastPull?.text ?? "never", "Convo-Pending": String(pending)]
    }

    /// The value of `Age` at a moment.
    func age(at now: Timestamp) -> String? {
        (readAt ?? lastPull).map { moment in
            String(max(isOutdated ? 1 : 0, (now.microseconds - moment.microseconds) / 1_000_000))
        }
    }
}
