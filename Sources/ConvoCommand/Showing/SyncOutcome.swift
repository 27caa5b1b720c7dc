import ConvoAPI
import ConvoApp
import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoSync
import ConvoTerminal

/// The result of `convo sync`, and how it is printed.
struct SyncOutcome {
    /// The formatter of the time when `sync` ends, from which a wait that the server asks for counts.
    var times: LocalTimeFormatter
    var pull = PullReport()
    /// `nil` where this process did not push.
    var push: PushReport?
    /// The failure of the store during the push; `nil` where there was none.
    var pushFailure: SyncFailure?
    /// The failure of the store while the search index was made anew; `nil` where there was none.
    var indexFailure: SyncFailure?
    /// What was fetched of the files that entries refer to; `nil` where nothing could be.
    var files: FileReport?
    /// The failure that ended the fetching of files; `nil` where there was none.
    var fileFailure: SyncFailure?
    /// Whether another process pushed for as long as this one waited for its turn.
    var isPushedElsewhere = false
    /// The state of each write that is not delivered.
    var waiting: [OperationState] = []
    var setAside: [SetAsideItem] = []
    /// How many conversations the store holds; counted only where the pull withheld deletions.
    var heldCount = 0

    init(times: LocalTimeFormatter) { self.times = times }

    /// Whether to push after this pull.
    ///
    /// A pull that ended early does not prevent the push, unless that could only end for the same reason: no network,
    /// no key, a broken store, a database of another account or server, a cancelled task.
    var canPush: Bool {
        switch pull.halt {
        case nil: true
        case .store, .otherServer, .otherAccount, .cancelled: false
        case .api(let error):
            switch error.kind {
            case .unreachable, .insecure, .unusableRequest, .cancelled, .noRoute, .status(401): false
            default: true
            }
        }
    }

    private var pushHalt: SyncFailure? { pushFailure ?? push?.halt }

    /// How many conversations the pull did not mark as deleted, because they were too many at once.
    private var withheld: Int { pull.withheldDeletions }
}

// MARK: - What is printed

extension SyncOutcome {
    var json: JSONText {
        .object([
            "pulled": .object(["conversations": .int(pull.conversations), "entries": .int(pull.entries)]),
            "pushed": .int(push?.delivered ?? 0),
            "remaining": .int(waiting.count),
            "files": .object([
                "stored": .int(files?.stored ?? 0), "unavailable": .int(files?.unavailable ?? 0),
                "delayed": .int(files?.delayed ?? 0),
            ]),
            "withheld_deletions": .int(withheld),
            "set_aside": .array(setAside.map(\.json)),
            "failures": .array(failures.map(\.report)),
        ])
    }

    var lines: [String] {
        var lines: [String] = []
        // A pull that failed before it stored anything is reported by its failure alone.
        if pull.halt == nil || pull.conversations + pull.entries > 0 {
            lines.append(
                "Pulled \(count(pull.conversations, "new conversation")) and \(count(pull.entries, "new entry", "new entries"))."
            )
        }
        if let push, pull.halt == nil || push.delivered > 0 {
            lines.append("Delivered \(count(push.delivered, "write")).")
        }
        if let files, files.stored > 0 { lines.append("Fetched \(count(files.stored, "file")).") }
        if files?.isQuotaReached == true {
            lines.append(
                "Files wait: all together would be larger than the quota. `file_quota` in the config file raises it.")
        }
        if isPushedElsewhere { lines.append("Another process is delivering what waits.") }
        if !setAside.isEmpty {
            lines.append(
                "Set aside \(count(setAside.count, "thing")) that can't be read: \(setAside.words.sanitised(.line)).")
        }
        guard !lines.isEmpty else { return [] }
        for state in OperationState.allCases {
            let number = waiting.count { $0 == state }
            if number > 0 { lines.append("\(count(number, "write")) \(state.words): see `convo outbox`.") }
        }
        return lines
    }

    /// Everything that went wrong; the first failure gives the exit code.
    ///
    /// Writes that are not delivered are a failure only where there is no other. Among them, those that wait for the
    /// person's decision come before those that the next push sends: to run `sync` again would not help.
    var failures: [CLIError] {
        var failures: [CLIError] = []
        if let halt = pull.halt { failures.append(halt.isNotFound ? noList(halt) : told(halt)) }
        for halt in [pushHalt, fileFailure, indexFailure].compactMap(\.self) {
            let failure = told(halt)
            if !failures.contains(failure) { failures.append(failure) }
        }
        if let unread { failures.append(unread) }
        if withheld > 0 { failures.append(manyDeletions) }
        if let unsent, failures.isEmpty { failures.append(unsent) }
        return failures
    }

    private var unread: CLIError? {
        guard let first = pull.failures.first else { return nil }
        let cause = told(first.cause)
        let more = pull.failures.count > 1 ? " and \(count(pull.failures.count - 1, "other"))" : ""
        return CLIError(
            .tryLater, code: cause.code, message: "\(first.conversation)\(more) could not be read: \(cause.message)",
            hint: cause.hint)
    }

    private var manyDeletions: CLIError {
        CLIError(
            .badData, code: "many_deletions",
            message:
                "\(withheld) or more of \(heldCount) conversations would be marked as deleted at once, for the server no longer has them: nothing was marked.",
            hint: "Is it the right server, and the right key? If so, run `convo sync --accept-deletions`.")
    }

    private var unsent: CLIError? {
        let stuck = waiting.count { $0 == .refused || $0 == .held }
        guard stuck == 0 else {
            return CLIError(
                .badData, code: "needs_decision", message: "\(count(stuck, "write")) stuck until you decide.",
                hint: "Run `convo outbox` to see why; then `convo outbox retry`, edit or cancel.")
        }
        let unsettled = waiting.count { $0 == .queued || $0 == .sending || $0 == .inDoubt }
        guard unsettled > 0 else { return nil }
        if let throttle = push?.throttle { return told(throttle) }
        return CLIError(
            .tryLater, code: "still_queued", message: "\(count(unsettled, "write")) not delivered yet.",
            hint: "Run `convo outbox` to see why; convod or the next `convo sync` goes on.")
    }

    /// A failure in words, with the time until which to wait where the server asks for that.
    private func told(_ failure: SyncFailure) -> CLIError {
        let words = CLIError(failure)
        guard case .api(let error) = failure, let wait = error.retryAfter, wait >= .seconds(1) else { return words }
        return CLIError(
            words.exitCode, code: words.code,
            message: "The server asks to wait until \(times.time(in: wait)): \(words.message)",
            hint: "convod goes on by itself; without it, run `convo sync` after that.")
    }

    /// The failure where the list itself is not found: every server of this API has one, so the URL must be wrong.
    private func noList(_ halt: SyncFailure) -> CLIError {
        CLIError(
            .unreachable, code: "not_the_api",
            message: "The server has no list of conversations: \(CLIError(halt).message)",
            hint: "Check CONVO_SERVER_URL: it may not point to a server of this API.")
    }

    private func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }
}

extension CLIError {
    /// The error as an element of `failures` in the JSON of `convo sync`.
    fileprivate var report: JSONText {
        .object(["code": .string(code), "message": .string(message), "hint": .string(hint)])
    }
}
