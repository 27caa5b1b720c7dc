import CSQLite
public import ConvoModel
import ConvoSQLite

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why the store could not do what it was asked.
public enum StoreError: Error, Sendable {
    case noSuchConversation(String)
    case ambiguousConversation(String, candidates: [String])
    case noSuchEntry(String, conversation: LocalID)
    case noSuchOperation(String)
    case ambiguousOperation(String, candidates: [String])
    /// Deleted on the server: what we hold can be read, not continued.
    case deletedRemotely(LocalID)
    /// Made with `store: false`: the server does not know it.
    case localOnly(LocalID)
    /// Held from the account that the database belonged to before: the account of now has not shown it.
    case accountBefore(LocalID)
    /// A message would poison the conversation: the server wants an answer to each of these calls first.
    case unansweredCalls([String], conversation: LocalID)
    /// The operation is not in a state that allows this.
    case wrongState(OperationID, state: OperationState, action: String)
    /// What is deleted here would take these along.
    case pendingWrites(Int, conversation: LocalID)
    case requestTooLarge(bytes: Int, limit: Int)
    case invalidRequest(String)

    case newerSchema(path: String, version: Int, supported: Int)
    /// It would have to be brought up to date, and can't be written.
    case olderSchema(path: String, version: Int)
    case notOurs(path: String)
    /// The file has a second name, and SQLite's log would go by either.
    case hardLinked(path: String)
    /// The file that was opened is no longer the one of that name: it was moved, removed or replaced.
    case replaced(path: String)
    case corrupt(path: String, detail: String)
    case notWritable(path: String, detail: String)
    case diskFull(path: String)
    case busy(path: String)
    case unexpected(path: String, detail: String)
}

extension StoreError: CustomStringConvertible {
    /// One sentence; paths and names, never contents.
    public var description: String {
        switch self {
        case .noSuchConversation(let name): "there is no conversation \"\(StoreError.short(name))\" here"
        case .ambiguousConversation(let name, let candidates):
            "\"\(StoreError.short(name))\" could be any of \(candidates.joined(separator: ", "))"
        case .noSuchEntry(let name, let conversation):
            "conversation \(conversation) has no entry \"\(StoreError.short(name))\""
        case .noSuchOperation(let name): "there is no operation \"\(StoreError.short(name))\" in the outbox"
        case .ambiguousOperation(let name, let candidates):
            "\"\(StoreError.short(name))\" could be any of \(candidates.joined(separator: ", "))"
        case .deletedRemotely(let id): "conversation \(id) was deleted on the server"
        case .localOnly(let id): "conversation \(id) was never stored on the server"
        case .accountBefore(let id): "conversation \(id) belongs to the account that this database had before"
        case .unansweredCalls(let calls, let id):
            "conversation \(id) waits for the result of \(calls.joined(separator: ", "))"
        case .wrongState(let id, let state, let action): "operation \(id) is \(state.rawValue): it cannot be \(action)"
        case .pendingWrites(let count, let id):
            "conversation \(id) has \(count == 1 ? "a write" : "\(count) writes") not delivered yet, lost if deleted here"
        case .requestTooLarge(let bytes, let limit): "the request has \(bytes) bytes, more than the \(limit) allowed"
        case .invalidRequest(let reason): "the request cannot be sent: \(reason)"
        case .newerSchema(let path, let version, let supported):
            "\(path) was written by a newer Convo (schema \(version); this one knows \(supported))"
        case .olderSchema(let path, let version):
            "\(path) was written by an older Convo (schema \(version)), and cannot be brought up to date, since it cannot be written"
        case .hardLinked(let path): "\(path) has a second name, a hard link: it can only be used safely under one"
        case .replaced(let path): "\(path) is no longer the file that was opened: it was moved, removed or replaced"
        case .notOurs(let path): "\(path) is not a Convo database"
        case .corrupt(let path, let detail): "\(path) is damaged (\(detail))"
        case .notWritable(let path, let detail): "\(path) cannot be written (\(detail))"
        case .diskFull(let path): "the disk that holds \(path) is full"
        case .busy(let path): "another program holds \(path) for too long"
        case .unexpected(let path, let detail): "the database \(path) failed: \(detail)"
        }
    }

    /// What the person does next.
    public var hint: String? {
        switch self {
        case .noSuchConversation: "Run `convo list` to see what is here, or `convo sync` to fetch what is new."
        case .ambiguousConversation, .ambiguousOperation: "Give more of the id."
        case .noSuchEntry: "Run `convo history` to see its entries; `convo sync` fetches new ones."
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
        case .newerSchema: "Update Convo, or name another file with --database."
        case .olderSchema: "Copy it into a folder that can be written, and name the copy with --database."
        case .hardLinked:
            "`find FOLDER -samefile FILE` finds the other name. Remove it; a symbolic link, or a copy of the file, may stay."
        case .replaced: "Try again: the file that is there now is opened then."
        case .notOurs: "Name another file with --database."
        case .corrupt:
            "Move the file away and run `convo sync`: what is on the server comes back. Undelivered writes are in the old file."
        case .notWritable: "Check the permissions of the file and its folder, or name another with --database."
        case .diskFull: "Free some space and try again; nothing that was acknowledged is lost."
        case .busy: "Try again; if it stays so, see which program has the file open."
        case .unexpected: "Run `convo doctor`."
        }
    }

    /// An id is far shorter than this; what is longer was not meant to be read.
    private static let nameLimit = 80

    private static func short(_ name: String) -> String {
        name.count > nameLimit ? name.prefix(nameLimit) + "…" : name
    }
}

extension StoreError {
    static func wrap(_ error: any Error, path: String) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else { return .unexpected(path: path, detail: "\(error)") }
        let detail = error.message.isEmpty ? "SQLite code \(error.extendedCode)" : error.message
        switch error.code {
        case SQLITE_CORRUPT: return .corrupt(path: path, detail: detail)
        case SQLITE_NOTADB: return .corrupt(path: path, detail: "it is not an SQLite file")
        case SQLITE_FULL: return .diskFull(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH, SQLITE_IOERR:
            return hasSpace(beside: path) ? .notWritable(path: path, detail: detail) : .diskFull(path: path)
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy(path: path)
        default: return .unexpected(path: path, detail: detail)
        }
    }

    /// SQLite calls it an I/O error when there is no room for its shared-memory file.
    private static func hasSpace(beside path: String) -> Bool {
        var status = statvfs()
        let needed: UInt = 64 << 10
        return statvfs(path, &status) != 0 || UInt(status.f_bavail) * UInt(status.f_frsize) >= needed
    }
}
