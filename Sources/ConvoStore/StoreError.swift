import CSQLite
public import ConvoModel
import ConvoPlatform
import ConvoSQLite

/// The reason why the store could not do what it was asked.
public enum StoreError: Error, Sendable {
    /// No conversation here has this id, or an id that begins so; one that was deleted here counts as absent.
    case noSuchConversation(String)
    /// Several conversations have an id that begins so.
    ///
    /// The candidates are local or remote ids, ten at most.
    case ambiguousConversation(String, candidates: [String])
    /// A restart names an entry that the mirror does not hold of the conversation.
    case noSuchEntry(String, conversation: LocalID)
    /// No write in the outbox has this id, or an id that begins so.
    case noSuchOperation(String)
    /// No file that an entry refers to has this number.
    case noSuchFile(Int64)
    /// Several writes have an id that begins so.
    case ambiguousOperation(String, candidates: [String])
    /// The conversation was deleted on the server: what is stored of it can be read, and not continued.
    case deletedRemotely(LocalID)
    /// The conversation was made with `store: false`, or imported: the server does not know it, or nothing of it is sent.
    case localOnly(LocalID)
    /// The conversation was mirrored from the account that the database belonged to before, and the current account has
    /// not shown it.
    case accountBefore(LocalID)
    /// The conversation waits for the results of these function calls (`tool_call_id`): the server wants an
    /// answer to each of them before it takes a message.
    case unansweredCalls([String], conversation: LocalID)
    /// The write is not in a state that allows the action (`retried`, `cancelled`, `edited`).
    case wrongState(OperationID, state: OperationState, action: String)
    /// Deleting the conversation here would lose this many writes that are not delivered.
    case pendingWrites(Int, conversation: LocalID)
    /// The request's body is longer than ``Store/requestLimit``.
    case requestTooLarge(bytes: Int, limit: Int)
    /// The request cannot be sent, with the reason in words.
    case invalidRequest(String)
    /// A conversation cannot have this local name, with the reason in words.
    case invalidName(String)
    /// A conversation cannot have this tag, with the reason in words.
    case invalidTag(String, reason: String)
    /// A piece of a query (`before:tomorow`) asks for a moment, and its value cannot be read as one.
    case unreadableMoment(String, UnreadableMoment)

    /// The file was written by a newer version of Convo, whose schema this one does not know.
    case newerSchema(path: String, version: Int, supported: Int)
    /// The full-text index was made by the rules of a newer version of Convo, and this one leaves it to that version.
    case newerIndex(path: String)
    /// The file lacks a migration, and can only be read.
    case olderSchema(path: String, version: Int)
    /// The file was written by an older version of Convo, which compressed entries with Zstandard, and libzstd, which unpacks
    /// them once, cannot be loaded.
    case zstandardMissing(path: String)
    /// The file is an SQLite database of another program.
    case notOurs(path: String)
    /// The file has a second name (a hard link): SQLite's log is named after the name under which the file is opened.
    case hardLinked(path: String)
    /// Another file, or none, has the name of the file that was opened: it was moved, removed or replaced.
    case replaced(path: String)
    /// The database was given to another account while an answer for the account before was on its way: that answer is not stored.
    case ownerChanged(path: String)
    /// The file is damaged, or not an SQLite database; `detail` is SQLite's finding.
    case corrupt(path: String, detail: String)
    /// The file, or one beside it, cannot be opened, made or written: missing permission, a read-only medium, an I/O
    /// error.
    case notWritable(path: String, detail: String)
    /// The disk or the quota is full.
    case diskFull(path: String)
    /// Another process did not release the file within the busy timeout.
    case busy(path: String)
    /// SQLite failed in a way that has no case of its own.
    case unexpected(path: String, detail: String)
}

extension StoreError {
    /// A short word for programs, which stays the same from version to version: `no_such_conversation`, `disk_full`.
    public var code: String {
        switch self {
        case .noSuchConversation: "no_such_conversation"
        case .ambiguousConversation: "ambiguous_conversation"
        case .noSuchEntry: "no_such_entry"
        case .noSuchFile: "no_such_file"
        case .noSuchOperation: "no_such_operation"
        case .ambiguousOperation: "ambiguous_operation"
        case .deletedRemotely: "deleted_remotely"
        case .localOnly: "local_only"
        case .accountBefore: "account_before"
        case .unansweredCalls: "unanswered_calls"
        case .pendingWrites: "pending_writes"
        case .wrongState: "wrong_state"
        case .requestTooLarge: "request_too_large"
        case .invalidRequest: "invalid_request"
        case .invalidName: "invalid_name"
        case .invalidTag: "invalid_tag"
        case .unreadableMoment: "unreadable_moment"
        case .newerSchema: "newer_database"
        case .newerIndex: "newer_index"
        case .olderSchema: "older_database"
        case .zstandardMissing: "zstandard_missing"
        case .hardLinked: "hard_linked"
        case .replaced: "database_replaced"
        case .ownerChanged: "owner_changed"
        case .notOurs: "not_a_convo_database"
        case .corrupt: "corrupt_database"
        case .notWritable: "not_writable"
        case .diskFull: "disk_full"
        case .busy: "busy"
        case .unexpected: "database_failed"
        }
    }
}

extension StoreError: CustomStringConvertible {
    /// One sentence without a capital or a full stop, which shows ids, paths and pieces of a query, and never the
    /// text of messages.
    public var description: String {
        switch self {
        case .noSuchConversation(let name): "there is no conversation \"\(StoreError.short(name))\" here"
        case .ambiguousConversation(let name, let candidates):
            "\"\(StoreError.short(name))\" could be any of \(candidates.joined(separator: ", "))"
        case .noSuchEntry(let name, let conversation):
            "conversation \(conversation) has no entry \"\(StoreError.short(name))\""
        case .noSuchOperation(let name): "there is no operation \"\(StoreError.short(name))\" in the outbox"
        case .noSuchFile(let key): "there is no file \(key) here"
        case .ambiguousOperation(let name, let candidates):
            "\"\(StoreError.short(name))\" could be any of \(candidates.joined(separator: ", "))"
        case .deletedRemotely(let id): "conversation \(id) was deleted on the server"
        case .localOnly(let id): "conversation \(id) is kept here only: the server does not know it, or it was imported"
        case .accountBefore(let id): "conversation \(id) belongs to the account that this database had before"
        case .unansweredCalls(let calls, let id):
            "conversation \(id) waits for the result of \(calls.joined(separator: ", "))"
        case .wrongState(let id, let state, let action): "operation \(id) is \(state.rawValue): it cannot be \(action)"
        case .pendingWrites(let count, let id):
            "conversation \(id) has \(count == 1 ? "a write" : "\(count) writes") not delivered yet, lost if deleted here"
        case .requestTooLarge(let bytes, let limit): "the request has \(bytes) bytes, more than the \(limit) allowed"
        case .invalidRequest(let reason): "the request cannot be sent: \(reason)"
        case .invalidName(let reason): "the name cannot be kept: \(reason)"
        case .invalidTag(let name, let reason): "the tag \"\(StoreError.short(name))\" \(reason)"
        case .unreadableMoment(let piece, let reason):
            StoreError.sentence(piece: StoreError.short(piece), reason)
        case .newerSchema(let path, let version, let supported):
            "\(path) was written by a newer Convo (schema \(version); this one knows \(supported))"
        case .newerIndex(let path): "the search index of \(path) was made by a newer Convo"
        case .olderSchema(let path, let version):
            "\(path) was written by an older Convo (schema \(version)), and cannot be brought up to date, since it cannot be written"
        case .zstandardMissing(let path):
            "\(path) was written by an older Convo, and libzstd, which unpacks its entries once, cannot be loaded"
        case .hardLinked(let path): "\(path) has a second name, a hard link: it can only be used safely under one"
        case .replaced(let path): "\(path) is no longer the file that was opened: it was moved, removed or replaced"
        case .ownerChanged(let path): "\(path) was given to another account meanwhile"
        case .notOurs(let path): "\(path) is not a Convo database"
        case .corrupt(let path, let detail): "\(path) is damaged (\(detail))"
        case .notWritable(let path, let detail): "\(path) cannot be written (\(detail))"
        case .diskFull(let path): "the disk that holds \(path) is full"
        case .busy(let path): "another program holds \(path) for too long"
        case .unexpected(let path, let detail): "the database \(path) failed: \(detail)"
        }
    }

    /// How many characters of a name are shown: an id is far shorter, and a longer text is not worth repeating.
    private static let nameLimit = 80

    private static func sentence(piece: String, _ reason: UnreadableMoment) -> String {
        let value = piece.drop { $0 != ":" }.dropFirst()
        let place = "\"\(value)\" in \"\(piece)\""
        return switch reason {
        case .missing: "there is no date or time behind the colon of \"\(piece)\""
        case .unknown: "\(place) is not a date, a time or an amount of time"
        case .noSuchDate: "\(place) is a date that does not exist"
        case .noSuchTime: "\(place) is a time that does not exist"
        case .tooMuch(let limit): "\(place) is too far back: the number may be \(limit) at most"
        case .notADay: "\(place) is not a whole day, month or year"
        }
    }

    private static func short(_ name: String) -> String {
        name.count > nameLimit ? name.prefix(nameLimit) + "…" : name
    }
}

extension StoreError {
    /// Maps an error of SQLite to a case; a ``StoreError`` stays as it is.
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

    /// Whether the disk has room: SQLite reports an I/O error where there is none for its shared-memory file.
    private static func hasSpace(beside path: String) -> Bool {
        var status = statvfs()
        let needed: UInt = 64 << 10
        return statvfs(path, &status) != 0 || UInt(status.f_bavail) * UInt(status.f_frsize) >= needed
    }
}
