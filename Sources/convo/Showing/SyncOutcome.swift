import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal
import ConvoWiring

/// What `convo sync` answers.
struct SyncOutcome {
    var pull = PullReport()
    var push = PushReport()
    /// Where each write stands that is not delivered.
    var waiting: [OperationState] = []

    var json: JSONText {
        .object([
            "pulled": .object(["conversations": .int(pull.conversations), "entries": .int(pull.entries)]),
            "pushed": .int(push.delivered),
            "remaining": .int(waiting.count),
        ])
    }

    var lines: [String] {
        // What failed before it did anything has only its failure to tell.
        if pull.halt != nil, pull.conversations + pull.entries == 0 { return [] }
        var lines = [
            "Pulled \(count(pull.conversations, "new conversation")) and \(count(pull.entries, "new entry", "new entries")).",
            "Delivered \(count(push.delivered, "write")).",
        ]
        for state in OperationState.allCases {
            let number = waiting.count { $0 == state }
            if number > 0 { lines.append("\(count(number, "write")) \(state.words): see `convo outbox`.") }
        }
        return lines
    }

    /// The first thing that went wrong. What is stuck until the person decides comes before what goes on by itself:
    /// trying again does not help.
    var failure: Failure? {
        if let halt = pull.halt, halt.isNotFound { return notTheAPI(halt) }
        if let halt = pull.halt ?? push.halt { return Failure(halt) }
        if let first = pull.failures.first {
            let cause = Failure(first.cause)
            return Failure(
                .tryLater, code: cause.code,
                message: "\(count(pull.failures.count, "history", "histories")) could not be read: \(cause.message)",
                hint: cause.hint)
        }
        let stuck = waiting.count { $0 == .refused || $0 == .held }
        guard stuck == 0 else {
            return Failure(
                .badData, code: "needs_decision", message: "\(count(stuck, "write")) stuck until you decide.",
                hint: "Run `convo outbox` to see why; then `convo outbox retry`, edit or cancel.")
        }
        let unsettled = waiting.count { $0 == .queued || $0 == .sending || $0 == .inDoubt }
        guard unsettled > 0 else { return nil }
        return Failure(
            .tryLater, code: "still_queued", message: "\(count(unsettled, "write")) not delivered yet.",
            hint: "Run `convo outbox` to see why; convod or the next `convo sync` goes on.")
    }

    /// Every server of this API has a list.
    private func notTheAPI(_ halt: SyncFailure) -> Failure {
        Failure(
            .unreachable, code: "not_the_api",
            message: "The server has no list of conversations: \(Failure(halt).message)",
            hint: "Check CONVO_SERVER_URL: it may not point to a server of this API.")
    }

    private func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }
}
