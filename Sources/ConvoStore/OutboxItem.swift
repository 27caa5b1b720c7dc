public import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// A write in the outbox, with its state as of one moment.
public struct OutboxItem: Sendable, Hashable, Identifiable {
    /// Why a write is in its state, for programs and for people.
    public struct Reason: Sendable, Hashable {
        /// A name of the reason for programs, such as `copied` or `http_503`.
        public let code: String
        /// An explanation for people; it may quote the server's message.
        public let message: String
        /// The code of a write that another copy of this database may have sent already.
        public static let copiedCode = "copied"
        /// The code of a start or restart whose answer was lost, and of which nobody can tell which conversation it made.
        package static let unrecognisableCode = "unrecognisable"
        /// The code of a write whose answer was lost and whose conversation the server does not find any more.
        package static let goneCode = "conversation_gone"
        /// The code of the reason that the server, or something in its place, does not show a lost write's conversation.
        package static let notShownCode = "not_shown"

        /// Makes a reason; the store keeps its parts as they are given.
        package init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The end of a conversation just before an append was sent: an entry behind it may be this write's.
    package struct Base: Sendable, Hashable {
        /// The conversation's last entry; `nil` if it had none.
        package let entryID: EntryID?
        /// The conversation's `updated_at`: an entry that was written by that moment of the server's clock is not this
        /// write's.
        ///
        /// `nil` if the conversation could not be read just before the write was sent.
        package let version: String?

        /// Makes a base of what the server, or else the mirror, shows just before the write is sent.
        package init(entryID: EntryID?, version: String? = nil) {
            self.entryID = entryID
            self.version = version
        }
    }

    /// The write's id, given when it was queued: it begins with `op_`.
    public let id: OperationID
    /// A number that grows in the order in which the writes of this database were accepted.
    public let sequence: Int64
    /// Which of the API's requests the write is.
    public let kind: OperationKind
    /// The conversation that is written to; for a start or restart, the one that it makes.
    public let conversation: LocalID
    /// That conversation's id on the server; `nil` until the server's id is known here.
    public let remoteID: RemoteID?
    /// The id on the server of the conversation's parent, from which a restart starts; `nil` if the conversation is no
    /// branch, or the server's id of the parent is not known here.
    public let parentRemoteID: RemoteID?
    /// The request's body as the writer gave it; an empty object for a deletion.
    ///
    /// In the `metadata` of a start or restart the engine sends `convo_operation_id` as well.
    public let request: JSONText
    /// Where the write stands on its way to the server.
    public let state: OperationState
    /// The last entry of the conversation that the writer had seen; `nil` if it had seen none.
    ///
    /// The store moves it on when our own turns are delivered, and when a person retries the write.
    public let seenEntryID: EntryID?
    /// The end of the conversation just before the write was last sent; of a start or restart, only its ``Base/version``, the
    /// newest change of any conversation that was known then.
    ///
    /// `nil` if the write was never sent, if nothing was known, or if it was retried in a copy of the database, whose
    /// original may have sent it.
    package let base: Base?
    /// How many times the write was sent.
    public let attempts: Int
    /// How many runs of the write the server has failed on (5xx), since a person last retried it from refused or held.
    public let failures: Int
    /// When the engine may work on the write again; `nil` if it need not wait.
    public let nextAttempt: Timestamp?
    /// When the write was last sent; `nil` if it never was.
    public let sentAt: Timestamp?
    /// When the answer was lost, by a clock that may be set; `nil` if it has not been lost since the write was last
    /// sent.
    public let doubtedAt: Timestamp?
    /// When the answer was lost, by the clock that nobody can set; `nil` where ``doubtedAt`` is.
    package let doubtedUptime: Uptime?
    /// Why the write is in its state; always there for one that is refused or held, `nil` if there is nothing to say.
    public let reason: Reason?
    /// When the write was accepted here.
    public let createdAt: Timestamp

    /// The request's `inputs`; `null` for a deletion, and for an append that only confirms calls.
    public var inputs: JSONText { request["inputs"] ?? .null }
}

extension OutboxItem {
    /// Selects the columns that `init(row:)` reads, of an operation `o`, its conversation `c` and the conversation's
    /// parent `p`.
    static let source =
        "FROM operation o JOIN conversation c ON c.key = o.conversation LEFT JOIN conversation p ON p.key = c.parent"

    static let selection =
        "SELECT o.*, c.id AS conversation_id, c.remote_id AS remote_id, p.remote_id AS parent_remote_id \(source)"

    static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [OutboxItem] {
        try Row.fetchAll(database, sql: sql, arguments: arguments).map(OutboxItem.init)
    }

    static func fetchOne(_ database: Database, sql: String, arguments: StatementArguments) throws -> OutboxItem? {
        try Row.fetchOne(database, sql: sql, arguments: arguments).map(OutboxItem.init)
    }

    static func fetchOne(_ database: Database, _ id: OperationID) throws -> OutboxItem? {
        try fetchOne(database, sql: selection + " WHERE o.id = ?", arguments: [id.rawValue])
    }

    private init(row: Row) {
        func moment(_ column: String) -> Timestamp? { (row[column] as Int64?).map { Timestamp(microseconds: $0) } }
        id = OperationID(row["id"])
        sequence = row["sequence"]
        kind = OperationKind(rawValue: row["kind"]) ?? .append  // the schema's CHECK allows no other
        conversation = LocalID(row["conversation_id"])
        remoteID = (row["remote_id"] as String?).map { RemoteID($0) }
        parentRemoteID = (row["parent_remote_id"] as String?).map { RemoteID($0) }
        request = .stored(row["request"])
        state = OperationState(rawValue: row["state"]) ?? .held
        seenEntryID = (row["seen_entry_id"] as String?).map { EntryID($0) }
        base = (row["base_count"] as Int?).map { _ in  // there where the base is known
            Base(entryID: (row["base_entry_id"] as String?).map { EntryID($0) }, version: row["base_version"])
        }
        attempts = row["attempts"]
        failures = row["failures"]
        nextAttempt = moment("next_attempt")
        sentAt = moment("sent")
        doubtedAt = moment("doubted")
        doubtedUptime = (row["doubted_boot"] as String?).map { Uptime(boot: $0, microseconds: row["doubted_uptime"]) }
        reason = (row["reason_code"] as String?).map { code in
            Reason(code: code, message: row["reason_message"] ?? "")
        }
        createdAt = Timestamp(stored: row["created_at"])
    }
}

/// Where a write stands on its way to the server.
///
/// DESIGN.md draws the transitions.
public enum OperationState: String, Sendable, CaseIterable {
    /// Durable here, and not on the server: it was not sent yet, or certainly did not arrive.
    case queued
    /// Committed before the first byte is sent.
    ///
    /// An engine that finds a write in this state when it starts knows that the write's sender died, and that the
    /// answer was lost.
    case sending
    /// Sent, and the answer was lost: only a read of the server can tell whether it arrived.
    ///
    /// It is never sent again from this state.
    case inDoubt = "in_doubt"
    /// On the server.
    case delivered
    /// The server refused it.
    ///
    /// It stays until the person decides.
    case refused
    /// It waits for a decision of the person, or for another operation that it depends on.
    case held
    /// Taken back by the person.
    case cancelled

    /// Whether the write is still in the outbox: neither delivered nor cancelled.
    public var isOpen: Bool { self != .delivered && self != .cancelled }
}

/// Which of the API's requests a write is.
///
/// - `start`: makes a conversation.
/// - `append`: adds entries to a conversation, or confirms its calls.
/// - `restart`: makes a branch, a new conversation from the first entries of another one.
/// - `delete`: deletes a conversation on the server.
public enum OperationKind: String, Sendable {
    case start, append, restart, delete

    /// Whether the request makes a conversation, which the server names in its answer.
    package var makesConversation: Bool { self == .start || self == .restart }
}

/// The receipt of a write that is durable here.
public struct QueuedWrite: Sendable, Hashable {
    /// The conversation that was written to; for a start and a restart, the new one.
    public let conversation: LocalID
    /// The write's id in the outbox.
    public let operation: OperationID
    /// ``OperationState/queued``, or ``OperationState/held`` if a write before it in the conversation is refused or
    /// held.
    public let state: OperationState
}

/// Where a conversation is deleted.
public enum DeletionScope: String, Sendable, CaseIterable {
    /// Here only: the server keeps it, and no pull brings it back.
    case local
    /// On the server only: our copy stays, and is marked as deleted on the server once the deletion is delivered.
    case remote
    /// Here at once, and on the server once the deletion is delivered.
    case both
}
