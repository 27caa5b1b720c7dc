package import ConvoAPI
package import ConvoBackup
package import ConvoExport
package import ConvoStore
package import ConvoSync

// The advice to a person about an error, or about a write that waits: whole sentences, with the commands to run. The
// layers below give codes and facts.

extension StoreError {
    /// The advice to the person, in whole sentences; `nil` if ``description`` says it all.
    package var hint: String? {
        switch self {
        case .noSuchConversation: "Run `convo list` to see what is here, or `convo sync` to fetch what is new."
        case .ambiguousConversation, .ambiguousOperation: "Give more of the id."
        case .noSuchEntry: "Run `convo history` to see its entries; `convo sync` fetches new ones."
        case .noSuchFile: "Run `convo files` to see every file."
        case .noSuchOperation: "Run `convo outbox --all` to see every operation."
        case .deletedRemotely, .localOnly: "Start a new conversation with `convo start`."
        case .accountBefore:
            "Start a new conversation with `convo start`; or `convo account adopt` with that account's key, and `convo sync`."
        case .unansweredCalls:
            """
            Answer with `convo append --function-result CALL_ID=RESULT` (`--confirm CALL_ID=allow|deny` where it waits \
            for that), or `convo restart` from an earlier entry.
            """
        case .wrongState: "Run `convo outbox show` to see where it stands."
        case .pendingWrites:
            "Deliver with `convo sync`, or take back with `convo outbox cancel` what `convo outbox` shows; then delete."
        case .requestTooLarge: "Send it in parts."
        case .invalidRequest: nil
        case .invalidName: "A name is one line of at most 512 bytes; `convo rename CONVERSATION --clear` takes it away."
        case .invalidTag:
            "A tag is one word of at most 64 bytes without commas, quotation marks and asterisks; `convo tags` shows all."
        case .newerIndex: "Update Convo; its newer version keeps the index."
        case .unreadableMoment(let piece, let reason): Advice.of(reason, piece: piece)
        case .newerSchema: "Update Convo, or name another file with --database."
        case .zstandardMissing: "Install it (Debian, Ubuntu: apt install libzstd1), and run the command again."
        case .olderSchema: "Copy it into a folder that can be written, and name the copy with --database."
        case .hardLinked:
            "`find FOLDER -samefile FILE` finds the other name. Remove it; a symbolic link, or a copy of the file, may stay."
        case .replaced: "Try again: the file that is there now is opened then."
        case .notOurs: "Name another file with --database."
        case .corrupt:
            "`convo doctor --repair` saves what can be read; `convo backup restore` brings back a backup. Or move the file away and run `convo sync`: what is on the server comes back."
        case .notWritable: "Check the permissions of the file and its folder, or name another with --database."
        case .diskFull: "Free some space and try again; nothing that was acknowledged is lost."
        case .busy: "Try again; if it stays so, see which program has the file open."
        case .unexpected: "Run `convo doctor`."
        }
    }
}

extension BackupError {
    /// The advice to the person, in whole sentences.
    package var hint: String {
        switch self {
        case .missing: "Check the path: `convo backup FOLDER` makes a backup, and the folder where it is missing."
        case .notABackupFolder: "Name an empty folder, one that does not exist yet, or one with backups."
        case .newerLayout: "Update Convo, or name another folder."
        case .busy:
            "Try again later. If nothing else runs, the folder's file system may have no locks: use another one."
        case .inUse: "Stop convod (`convo service stop`), end what else has the database open, and try again."
        case .empty: "`convo backup FOLDER` makes one."
        case .noSuchBackup: "`convo backup list FOLDER` shows what is there."
        case .ambiguousBackup: "Give more of the name."
        case .severalDatabases: "Name the backup; `convo backup list FOLDER` shows which database each is of."
        case .unknownName:
            "If it is a manifest, give it the name that its second line has; otherwise move it out of the folder."
        case .damaged(let file, _, _):
            file.hasPrefix("chunks/")
                ? "Remove the file, and run `convo backup` again: it stores the piece anew if the database still has it. Restore from a backup that does not need it."
                : "Restore from another backup; if none needs this file, remove it. Then run `convo backup` again."
        case .otherContent: "Restore from another backup, and run `convo backup` again."
        case .targetExists: "Name a file that does not exist: --to NEW_FILE."
        case .diskFull:
            "Free some space and try again; the backups that are there are whole. `convo backup prune` removes old ones."
        case .unusable: "Check the permissions of the file and its folder, or name another folder."
        case .nothingToKeep: "Use --keep 1 or more."
        }
    }
}

extension APIError {
    /// The advice to the person, in one sentence; `nil` if there is nothing to do.
    package var hint: String? {
        switch keyProblem {
        case .inTheClear: "Use https:// in CONVO_SERVER_URL; plain http with a key is for this machine only."
        case .unusable: "Set MISTRAL_API_KEY, or api_key_file in the configuration, to a key from console.mistral.ai."
        case nil: Advice.of(code: code)
        }
    }
}

extension SyncFailure {
    /// The advice to the person; `nil` if there is nothing to do.
    package var hint: String? {
        switch self {
        case .api(let error): error.hint
        case .store(let error): error.hint
        case .otherServer, .otherAccount: Advice.otherOwner
        case .cancelled: nil
        }
    }
}

extension OutboxItem {
    /// The advice to the person about the write; `nil` if there is nothing to do.
    package var hint: String? {
        // Without a decision of a person's, the write is as it was before the other owner's key came.
        if state != .held, ["other_account", "other_server"].contains(reason?.code) { return Advice.otherOwner }
        return reason.flatMap { Advice.of(code: $0.code) }
    }
}

extension ArchiveError {
    /// The advice to the person, in whole sentences.
    package var hint: String {
        switch self {
        case .newerVersion: "Update Convo."
        case .notAnExport: "Give files that `convo export --format json` wrote, or a Convo database."
        case .notJSON, .notUTF8, .unexpected, .duplicate:
            "The file is damaged, and nothing of it was imported. Export it again, or take a copy of it from a backup."
        }
    }
}

/// The advice of exports and imports, beside that of their errors.
extension Advice {
    package static let outputFailed =
        "Check the permissions and the space of the folder, or name another with --output."
    package static let inputFailed = "Check the path and its permissions; - reads standard input."
    package static let importTooLarge =
        "A JSON file may have 256 MB. Import the database itself: convo import FILE.db"
    package static let oneDocument =
        "Name one conversation, or a folder with --output; jsonl and html make one file of several."
    package static let searchFirst = "`convo search` shows what a query finds, and offers others."
    package static let exportFirst = "`convo export --format json --output FOLDER` writes some."
    package static let otherDatabase =
        "Name another database than the one of these settings (`convo status` says which that is)."
    package static let openFirst =
        "Bring it up to date with `convo status --database FILE`, or import a copy; nothing was imported."
}

/// Hints, which tell a person what to do next, of errors that `convo` itself makes.
package enum Advice {
    static let otherOwner =
        "Use the settings from before; or another --profile, with a database of its own; or `convo account adopt`, if this database is to change hands."

    /// The advice on a piece of a query whose moment cannot be read.
    static func of(_ reason: UnreadableMoment, piece: String) -> String {
        if reason == .notADay {
            return
                "Write on:2026-03-11, on:2026-03, on:today, or on:7d for the day a week ago; after: and since: take times and hours."
        }
        let isOn = piece.drop { $0 == "-" }.prefix { $0 != ":" }.lowercased() == "on"
        let moments =
            isOn ? "" : " or 12h for so long ago, or a time (2026-03-11T10:00, with Z or +13:00 for another zone)"
        return """
            Write a day, a month or a year (2026-03-11, 2026-03, 2026), today, yesterday, 7d, 2w, 3m, 1y\(moments). \
            In quotation marks it is text: convo search '"on:x"'.
            """
    }

    /// The advice on an error of the API client, or on the reason of a write that waits; `nil` for a code that needs none.
    static func of(code: String) -> String? {
        switch code {
        // The network and the server.
        case "unreachable": "Check the network and CONVO_SERVER_URL; what is queued is sent when the server is back."
        case "insecure":
            "Check CONVO_SERVER_URL; a server of your own needs the file of its certificate authority in SSL_CERT_FILE."
        case "answer_lost": "Try again later; whether the server has acted is found out by reading from it."
        case "not_the_api":
            "Is there a sign-in page or a proxy in the way? Check the network and CONVO_SERVER_URL; what is queued goes by itself."
        case "no_route": "Check CONVO_SERVER_URL: the path before /v1 is wrong."
        case "not_in_plan": "Choose another model, or change the workspace's plan at console.mistral.ai."
        case "stream_error", "truncated_stream": "Run `convo sync` to see what the server kept of the answer."
        case "unusable_request": "Check CONVO_SERVER_URL, MISTRAL_API_KEY and what is being sent."

        // A write that the engine looks for.
        case "not_there_yet":
            "It may still surface; Convo looks again."
        case "unanswered":
            "Its run may still be under way; Convo looks again."

        // A write that waits for the person.
        case "overtaken":
            "Look with `convo history`; then `convo outbox retry` sends it all the same, `convo outbox cancel` drops it."
        case "unseen":
            "`convo conflict CONVERSATION append`, then `convo outbox retry`, sends it all the same; `convo outbox cancel` drops it."
        case "ambiguous":
            "Look with `convo history`; then `convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "changed":
            "Look with `convo history`; then `convo outbox cancel` drops this one, `convo outbox retry` sends it again."
        case "unreadable":
            "Look for it elsewhere; then `convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "conversation_deleted":
            "`convo outbox cancel` drops it; `convo start` begins a new conversation."
        case "unrecognisable":
            "Look with `convo list`; then `convo outbox retry` makes it again, `convo outbox cancel` drops it."
        case "conversation_gone":
            "`convo outbox cancel` drops it; `convo restart` needs a conversation that is there."
        case "unconfirmable":
            "`convo outbox retry` sends it again, `convo outbox cancel` drops it."
        case "agent_gone": "Restore the agent and run `convo outbox retry`, or start a new conversation."
        case "copied":
            "`convo outbox retry` looks for it on the server and sends it if it is not there; `convo outbox cancel` drops it."
        case "other_account": "`convo outbox retry` sends it to the account of now, `convo outbox cancel` drops it."
        case "dependency": "`convo outbox retry` or `convo outbox cancel` with that operation's id decides about both."

        default: status(in: code).flatMap(of(status:))
        }
    }

    /// The status in a code such as `http_503` or `gateway_502`.
    private static func status(in code: String) -> Int? {
        ["http_", "gateway_"].first { code.hasPrefix($0) }.flatMap { Int(code.dropFirst($0.count)) }
    }

    private static func of(status: Int) -> String? {
        switch status {
        case 401: "Check MISTRAL_API_KEY: the server does not know this key."
        case 403: "This key may not do that: check MISTRAL_API_KEY and the workspace's permissions and guardrails."
        case 404: "It may be deleted, not stored, or belong to another key; check CONVO_SERVER_URL too."
        case 409: "The conversation is busy with another request, for up to 90 seconds; try again after that."
        case 413: "What is being sent is too large for the server."
        case 429: "Too many requests or tokens; wait, or raise the workspace's limits."
        case 408, 425, 500...: "The server has a problem; try again later."
        default: "The server does not accept the request as it is; change it."
        }
    }
}
