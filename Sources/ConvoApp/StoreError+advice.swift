package import ConvoStore
import ConvoTerminal

extension StoreError {
    /// The advice to the person, in whole sentences; `nil` if ``description`` says it all.
    package var hint: String? { advice.hint }

    /// The exit code of a verb that ends with the error, and the advice to the person.
    var advice: (exitCode: ExitCode, hint: String?) {
        switch self {
        case .noSuchConversation:
            (.notFound, "Run `convo list` to see what is here, or `convo sync` to fetch what is new.")
        case .ambiguousConversation, .ambiguousOperation: (.usage, "Give more of the id.")
        case .noSuchEntry: (.notFound, "Run `convo history` to see its entries; `convo sync` fetches new ones.")
        case .noSuchFile: (.notFound, "Run `convo files` to see every file.")
        case .noSuchOperation: (.notFound, "Run `convo outbox --all` to see every operation.")
        case .deletedRemotely, .localOnly: (.badData, "Start a new conversation with `convo start`.")
        case .accountBefore:
            (
                .badData,
                "Start a new conversation with `convo start`; or `convo account adopt` with that account's key, and `convo sync`."
            )
        case .unansweredCalls:
            (
                .badData,
                """
                Answer with `convo append --function-result CALL_ID=RESULT` (`--confirm CALL_ID=allow|deny` where it waits \
                for that), or `convo restart` from an earlier entry.
                """
            )
        case .wrongState: (.badData, "Run `convo outbox show` to see where it stands.")
        case .pendingWrites:
            (
                .badData,
                "Deliver with `convo sync`, or take back with `convo outbox cancel` what `convo outbox` shows; then delete."
            )
        case .requestTooLarge: (.badData, "Send it in parts.")
        case .invalidRequest: (.badData, nil)
        case .invalidName:
            (.usage, "A name is one line of at most 512 bytes; `convo rename CONVERSATION --clear` takes it away.")
        case .invalidTag:
            (
                .usage,
                "A tag is one word of at most 64 bytes without commas, quotation marks and asterisks; `convo tags` shows all."
            )
        case .newerIndex: (.configuration, "Update Convo; its newer version keeps the index.")
        case .unreadableMoment(let piece, let reason): (.usage, Advice.of(reason, piece: piece))
        case .newerSchema: (.configuration, "Update Convo, or name another file with --database.")
        case .zstandardMissing:
            (.configuration, "Install it (Debian, Ubuntu: apt install libzstd1), and run the command again.")
        case .olderSchema: (.diskError, "Copy it into a folder that can be written, and name the copy with --database.")
        case .hardLinked:
            (
                .diskError,
                "`find FOLDER -samefile FILE` finds the other name. Remove it; a symbolic link, or a copy of the file, may stay."
            )
        case .replaced: (.diskError, "Try again: the file that is there now is opened then.")
        case .ownerChanged: (.tryLater, "Run the command again; `convo account` shows whose the database is.")
        case .notOurs: (.badData, "Name another file with --database.")
        case .corrupt:
            (
                .diskError,
                "`convo doctor --repair` saves what can be read; `convo backup restore` brings back a backup. Or move the file away and run `convo sync`: what is on the server comes back."
            )
        case .notWritable:
            (.diskError, "Check the permissions of the file and its folder, or name another with --database.")
        case .diskFull: (.diskError, "Free some space and try again; nothing that was acknowledged is lost.")
        case .busy: (.tryLater, "Try again; if it stays so, see which program has the file open.")
        case .unexpected: (.internal, "Run `convo doctor`.")
        }
    }
}

extension Advice {
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
}
