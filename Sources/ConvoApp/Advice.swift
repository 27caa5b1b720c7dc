package import ConvoExport
package import ConvoStore
package import ConvoSync

/// Hints, which tell a person what to do next, of errors that `convo` itself makes.
package enum Advice {
    static let otherOwner =
        "Use the settings from before; or another --profile, with a database of its own; or `convo account adopt`, if this database is to change hands."
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
