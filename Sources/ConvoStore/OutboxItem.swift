public import ConvoModel
import ConvoSQLite

/// One write and where it stands.
public struct OutboxItem: Sendable, Hashable {
    /// Why it stands where it does.
    public struct Reason: Sendable, Hashable {
        public let code: String
        public let message: String
        public let hint: String?

        /// The code of a write that another copy of this database may have sent already.
        public static let copiedCode = "copied"

        public init(code: String, message: String, hint: String? = nil) {
            self.code = code
            self.message = message
            self.hint = hint
        }
    }

    /// What was on the server just before an append was sent: what comes after it may be ours.
    public struct Base: Sendable, Hashable {
        /// The last entry; `nil` where there was none.
        public let entryID: EntryID?
        public let count: Int
        /// The conversation's `updated_at` then: what was written by that moment of the server's clock is not ours.
        public let version: String?

        public init(entryID: EntryID?, count: Int, version: String? = nil) {
            self.entryID = entryID
            self.count = count
            self.version = version
        }
    }

    public let id: OperationID
    /// The order in which the writes were accepted.
    public let sequence: Int64
    public let kind: OperationKind
    public let conversation: LocalID
    public let remoteID: RemoteID?
    /// Restarts only: the conversation that is branched from.
    public let parentRemoteID: RemoteID?
    public let request: JSONText
    public let state: OperationState
    /// The last entry that the writer had seen when it was queued.
    public let seenEntryID: EntryID?
    public let base: Base?
    public let attempts: Int
    /// How often the server itself failed on it, since the person last asked for a retry.
    public let failures: Int
    public let nextAttempt: Timestamp?
    public let sentAt: Timestamp?
    /// When the answer was lost: on a clock that may be set, and on the one that nobody sets.
    public let doubtedAt: Timestamp?
    public let doubtedUptime: Uptime?
    public let reason: Reason?
    public let createdAt: String

    public var inputs: JSONText { request["inputs"] ?? .null }
}

extension OutboxItem {
    /// The columns that ``init(row:)`` reads, of an operation `o`, its conversation `c` and that one's parent `p`.
    static let selection = """
        SELECT o.*, c.id AS conversation_id, c.remote_id AS remote_id, p.remote_id AS parent_remote_id
        FROM operation o JOIN conversation c ON c.key = o.conversation LEFT JOIN conversation p ON p.key = c.parent
        """

    static func fetchAll(
        _ database: Database, sql: String, arguments: StatementArguments = StatementArguments()
    ) throws -> [OutboxItem] {
        try Row.fetchAll(database, sql: sql, arguments: arguments).map(OutboxItem.init)
    }

    static func fetchOne(_ database: Database, sql: String, arguments: StatementArguments) throws -> OutboxItem? {
        try Row.fetchOne(database, sql: sql, arguments: arguments).map(OutboxItem.init)
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
        base = (row["base_count"] as Int?).map { count in
            Base(
                entryID: (row["base_entry_id"] as String?).map { EntryID($0) }, count: count,
                version: row["base_version"])
        }
        attempts = row["attempts"]
        failures = row["failures"]
        nextAttempt = moment("next_attempt")
        sentAt = moment("sent")
        doubtedAt = moment("doubted")
        doubtedUptime = (row["doubted_boot"] as String?).map { Uptime(boot: $0, microseconds: row["doubted_uptime"]) }
        reason = (row["reason_code"] as String?).map { code in
            Reason(code: code, message: row["reason_message"] ?? "", hint: row["reason_hint"])
        }
        createdAt = row["created_at"]
    }
}

/// Where a write stands on its way to the server. DESIGN.md draws the transitions.
public enum OperationState: String, Sendable, CaseIterable {
    /// Durable here, not yet sent.
    case queued
    /// Committed before the first byte leaves; whoever finds it without a sender knows that the answer was lost.
    case sending
    /// Sent, and no answer came: only the server's state can tell. Never sent again from here.
    case inDoubt = "in_doubt"
    /// On the server.
    case delivered
    /// The server said no. Kept until the person decides.
    case refused
    /// Waits for the person, or for an operation that it depends on.
    case held
    /// Taken back by the person.
    case cancelled

    public var isOpen: Bool { self != .delivered && self != .cancelled }
}

/// What a write does.
public enum OperationKind: String, Sendable {
    case start, append, restart, delete
}

/// The receipt of a write that is durable here.
public struct QueuedWrite: Sendable, Hashable {
    /// The conversation that was written to; for a start and a restart, the new one.
    public let conversation: LocalID
    public let operation: OperationID
    public let state: OperationState
}

/// Where a conversation is deleted.
public enum DeletionScope: String, Sendable, CaseIterable {
    /// Here only: the server keeps it, and no pull brings it back.
    case local
    /// On the server; our copy stays, marked.
    case remote
    case both
}
