/// One field of ``Switches``, by its name on the command line: what it is for, which values it takes, how to read and
/// set it.
public struct Switch: Sendable {
    /// The name in `--set NAME=VALUE` and in `/sandbox/switches`, such as `answer-ms`.
    public let name: String
    /// What the switch decides, in a phrase without a full stop, for `--help`.
    public let summary: String
    /// Which of the fifteen numbered open questions about the real server the switch answers; `nil`: none of them.
    public let unknown: Int?
    /// The values that the switch takes, for a person to read.
    public let values: String
    /// Reads the switch, in a form that ``set`` takes.
    public let value: @Sendable (Switches) -> String
    /// Sets the switch; returns `false`, with nothing changed, for a value that the switch does not take.
    public let set: @Sendable (inout Switches, String) -> Bool

    /// The largest value of a switch that takes a number; in milliseconds, a day.
    public static let numberLimit = 86_400_000

    /// The switch with a name; `nil` where there is none.
    public static func named(_ name: String) -> Switch? { all.first { $0.name == name } }

    /// All switches, in the order of `--help`.
    public static let all: [Switch] = unknowns + access + speeds + faults

    /// The switches for what is unknown about the real server's behaviour.
    public static let unknowns: [Switch] = [
        choice("restart-history", \.restartHistory, unknown: 1, "what a branch's history holds of the original"),
        choice("client-entry-ids", \.clientEntryIDs, unknown: 2, "what becomes of the ids that inputs bring along"),
        number("page-size-limit", \.pageSizeLimit, unknown: 3, "the largest page (0: none)"),
        choice("page-size-over-limit", \.pageSizeOverLimit, unknown: 3, "what a larger page_size gets"),
        number("not-found-code", \.notFoundCode, unknown: 4, "the code of 404"),
        text("not-found-message", \.notFoundMessage, unknown: 4, "the message of 404"),
        number("busy-code", \.busyCode, unknown: 4, "the code of 409"),
        text("function-result-prefix", \.functionResultPrefix, unknown: 5, "how a function.result's id begins"),
        choice("metadata-match", \.metadataMatch, unknown: 6, "what the list's filter lets through"),
        choice("cut-stream-output", \.cutStreamOutput, unknown: 7, "whether an answer is kept whose client left"),
        choice("history-completed-at", \.historyCompletedAt, unknown: 8, "completed_at in a history"),
        choice("append-unstored", \.appendUnstored, unknown: 9, "append with store false on a stored conversation"),
        choice("client-handoff", \.clientHandoff, unknown: 10, "what follows a handoff with handoff_execution client"),
        number("stream-error-code", \.streamErrorCode, unknown: 11, "the code of conversation.response.error"),
        text("stream-error-message", \.streamErrorMessage, unknown: 11, "the message of conversation.response.error"),
        number("retry-after-seconds", \.retryAfterSeconds, unknown: 12, "Retry-After of 429 (0: no header)"),
        choice(
            "history-while-busy", \.historyWhileBusy, unknown: 13,
            "the history while an append runs; tools: of a stream"),
        choice("delete-unknown", \.deleteUnknown, unknown: 14, "the answer to deleting what is not there"),
        choice("failed-append", \.failedAppend, unknown: 15, "what a failed append leaves in the history"),
        choice("new-listed", \.newListed, "when a new conversation is in the list"),
        choice("id-layout", \.idLayout, "the layout of new ids; mixed: one in four as before September 2025"),
        choice("creation-times", \.creationTimes, "the precision of created_at of a conversation"),
        choice("handoff-with-model", \.handoffWithModel, "handoff_execution in the start of a model's conversation"),
        text("models-in-use", \.modelsInUse, "with commas; another gets 400, code 3003 (nothing: all are in use)"),
        choice("image-input", \.imageInput, "whether the model takes images; else 400, code 3051"),
        choice(
            "input-without-results", \.inputWithoutResults,
            "what becomes of an input that is refused because function results are missing"),
        choice("unexpected-call-id", \.unexpectedCallID, "a function.result for a call that nobody made"),
        choice("append-without-inputs", \.emptyAppend, "the status of an append with neither inputs nor confirmations"),
        text("agents-gone", \.agentsGone, "with commas; what needs such an agent gets 404, its conversation stays"),
        text("broken-conversations", \.brokenConversations, "with commas; each append to such an id gets 503"),
        text("models-outside-plan", \.modelsOutsidePlan, "with commas; such a model gets 429 with a limit of zero"),
        choice("unauthorized", \.unauthorized, "the shape of 401: the gateway's detail, or the router's message"),
        choice("users-me", \.userAnswer, "the answer to GET /v1/users/me"),
        choice("whoami", \.whoAmIAnswer, "the answer to GET /v1/whoami"),
        choice("identity", \.identityParts, "what both tell: the rest is null"),
        choice("visibility", \.visibility, "whose conversations a key sees: its user's in its workspace, or in all"),
        choice("other-conversation", \.foreignConversation, "a conversation that the key does not see"),
        choice("other-list", \.foreignList, "the list of a key that sees none of the conversations there are"),
        choice("image-chunk", \.imageChunk, "whether an answer names an image's file, or only its URL is told"),
        choice("code-file", \.codeFile, "the content of code_interpreter's files"),
        number("signed-url-seconds", \.signedURLSeconds, "how long the URL of a new file is good for"),
    ]

    /// The switches that say which keys the emulator accepts.
    public static let access: [Switch] = [
        field(
            "keys", \.keys, "the API keys and whose they are, with commas (none: any key is taken)",
            values: "KEY[@USER[/WORKSPACE[/ORGANIZATION]]],…", text: \.description, parse: { KeyTable($0) })
    ]

    /// The switches for the server's speed, in milliseconds.
    public static let speeds: [Switch] = [
        number("answer-ms", \.answerMilliseconds, "how long the model thinks"),
        number("delta-ms", \.deltaMilliseconds, "how long it pauses between two events of a stream"),
        number(
            "disconnect-lock-ms", \.disconnectLockMilliseconds,
            "how long a conversation stays locked, and its commit waits, after a client left (the real server: up to 90000)"
        ),
    ]

    /// A switch for each ``Fault``, which takes a ``FaultRate``, and those for how the faults act.
    public static let faults: [Switch] =
        Fault.allCases.map { fault in
            field(
                fault.rawValue, \.[rateOf: fault], fault.summary,
                values: "0…1 | every-N | next-N, each with :OPERATIONS", text: \.description, parse: { FaultRate($0) })
        } + [
            choice("fault-scope", \.faultScope, "which requests the faults strike"),
            number("slow-ms", \.slowMilliseconds, "how slow slow is"),
            number("late-commit-ms", \.lateCommitMilliseconds, "how late late-commit is"),
            choice("cut", \.cut, "how a cut stream ends"),
            number("replica-lag-ms", \.replicaLagMilliseconds, "how old stale is"),
            number("long-run-ms", \.longRunMilliseconds, "how long long-run is"),
            choice("odd-shape", \.oddShape, "what is odd about odd-item"),
            field(
                "seed", \.seed, "the seed of the faults, which repeats them", values: "0…\(UInt64.max)",
                text: \.description, parse: { UInt64($0) }),
        ]

    private static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String, _ path: any (WritableKeyPath<Switches, Value> & Sendable), unknown: Int? = nil,
        _ summary: String
    ) -> Switch {
        field(
            name, path, unknown: unknown, summary, values: Value.allCases.map(\.rawValue).joined(separator: " | "),
            text: \.rawValue, parse: { Value(rawValue: $0) })
    }

    private static func number(
        _ name: String, _ path: any (WritableKeyPath<Switches, Int> & Sendable), unknown: Int? = nil,
        _ summary: String
    ) -> Switch {
        field(
            name, path, unknown: unknown, summary, values: "0…\(numberLimit)", text: \.description,
            parse: { text in Int(text).flatMap { (0...numberLimit).contains($0) ? $0 : nil } })
    }

    private static func text(
        _ name: String, _ path: any (WritableKeyPath<Switches, String> & Sendable), unknown: Int? = nil,
        _ summary: String
    ) -> Switch {
        field(name, path, unknown: unknown, summary, values: "TEXT", text: \.self, parse: { $0 })
    }

    private static func field<Value>(
        _ name: String, _ path: any (WritableKeyPath<Switches, Value> & Sendable), unknown: Int? = nil,
        _ summary: String, values: String, text: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (String) -> Value?
    ) -> Switch {
        Switch(
            name: name, summary: summary, unknown: unknown, values: values,
            value: { text($0[keyPath: path]) },
            set: { switches, text in
                guard let value = parse(text) else { return false }
                switches[keyPath: path] = value
                return true
            })
    }
}

/// The reason why a switch cannot be set as asked.
public enum SwitchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text has no `=`.
    case notAnAssignment(String)
    /// There is no switch with this name.
    case unknown(String)
    /// The switch does not take this value; `values` are those that it takes.
    case unusable(value: String, name: String, values: String)

    /// The reason in a phrase without a full stop, for `--set` and for the answer of `/sandbox/switches`.
    public var description: String {
        switch self {
        case .notAnAssignment(let text): "'\(text)' is not NAME=VALUE"
        case .unknown(let name): "there is no switch '\(name)'"
        case .unusable(let value, let name, let values): "\(name) takes \(values), not '\(value)'"
        }
    }
}

extension Switches {
    fileprivate subscript(rateOf fault: Fault) -> FaultRate {
        get { faults[fault] ?? .never }
        set { faults[fault] = newValue }
    }

    /// Sets one switch.
    ///
    /// - Parameters:
    ///   - name: its ``Switch/name``.
    ///   - value: one of its ``Switch/values``.
    /// - Throws: ``SwitchError``; nothing is changed then.
    public mutating func set(_ name: String, to value: String) throws(SwitchError) {
        guard let found = Switch.named(name) else { throw .unknown(name) }
        guard found.set(&self, value) else { throw .unusable(value: value, name: name, values: found.values) }
    }

    /// Sets one switch.
    ///
    /// - Parameter text: `NAME=VALUE`; the value may hold further `=`.
    /// - Throws: ``SwitchError``; nothing is changed then.
    public mutating func set(assignment text: String) throws(SwitchError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .notAnAssignment(text) }
        try set(String(parts[0]), to: String(parts[1]))
    }
}
