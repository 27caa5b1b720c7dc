public import ConvoModel
import ConvoSQLite

/// A place in the order in which a database was changed.
public struct ChangePosition: Sendable, Hashable, Comparable {
    let number: Int64

    /// Whether `left` is the earlier place of the same database.
    public static func < (left: ChangePosition, right: ChangePosition) -> Bool { left.number < right.number }
}

/// What was changed of one conversation.
public struct ConversationChange: Sendable, Hashable, Identifiable {
    /// A write that was queued or whose state was changed.
    public struct Operation: Sendable, Hashable, Identifiable {
        /// The write.
        public let id: OperationID
        /// The state that it has now; it may have had others in between.
        public let state: OperationState
    }

    /// The conversation. It may have been added, or only one of its facts may have been changed, such as its name.
    public let id: LocalID
    /// Whether it is no longer here: it was deleted here, or it was found to be the same as another one.
    public internal(set) var isRemoved: Bool
    /// The entries that were added or changed, in the order of their first changes.
    public internal(set) var entries: [EntryID] = []
    /// The writes that were queued or changed, in the order of their first changes.
    public internal(set) var operations: [Operation] = []
}

/// What was changed in a database between two places.
public struct StoreChanges: Sendable, Hashable {
    /// The conversations that were changed, each once, in the order of their first changes.
    public internal(set) var conversations: [ConversationChange] = []
    /// Whether the mirror as a whole has news: a pull has ended, something was set aside, the database has another owner.
    public internal(set) var isStatusChanged = false
    /// Whether more was changed than is known any more: whatever is shown of the database has to be read again.
    ///
    /// It may be when more than 131,072 changes were made since the place that was asked for, and never is before, unless the
    /// place is one of another database.
    public internal(set) var isEverythingChanged = false
    /// The place behind these changes.
    public internal(set) var end: ChangePosition

    /// Whether nothing was changed.
    public var isEmpty: Bool { conversations.isEmpty && !isStatusChanged && !isEverythingChanged }
}

/// What programs that show a database read after each notification, see ``Store/changeListener()``.
///
/// Every transaction of every process is in it, in the order in which they were committed. SQLite has one writer at a time,
/// so what a read finds behind a place is complete up to the last row that it finds.
extension Store {
    /// The place behind the last change.
    ///
    /// Take it before you read what you show, and ask for the ``changes(after:limit:)`` behind it then.
    ///
    /// - Returns: the place.
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func changePosition() throws(StoreError) -> ChangePosition {
        try read { database in
            ChangePosition(number: try Int64.fetchOne(database, sql: "SELECT MAX(number) FROM change") ?? 0)
        }
    }

    /// What was changed behind a place, by this process and by others.
    ///
    /// Blocks for file I/O, and waits for nobody.
    ///
    /// - Parameters:
    ///   - position: the place.
    ///   - limit: how many changes to read at most, and one at least; several of the same thing are one in the result, and a
    ///     transaction with more of them is told in several results.
    /// - Returns: the changes, and the place behind them; there may be more behind it.
    /// - Throws: ``StoreError/replaced(path:)`` if another file has the database's name now; another ``StoreError`` if
    ///   the file cannot be read.
    public func changes(after position: ChangePosition, limit: Int = 4096) throws(StoreError) -> StoreChanges {
        if isReplaced { throw .replaced(path: path) }
        return try read { database in
            let first = try Int64.fetchOne(database, sql: "SELECT MIN(number) FROM change") ?? 1
            let last = try Int64.fetchOne(database, sql: "SELECT MAX(number) FROM change") ?? 0
            guard first - 1 <= position.number, position.number <= last else {
                return StoreChanges(isEverythingChanged: true, end: ChangePosition(number: last))
            }
            var reading = ChangeReading(from: position)
            let rows = try Row.fetchCursor(
                database, sql: ChangeReading.selection, arguments: [position.number, max(1, limit)])
            while try rows.advance() { reading.take(rows) }
            return reading.changes
        }
    }
}

/// The rows whose changes the store notes itself, as `m0013_changes.sql` says; triggers note all others.
enum ChangedRows {
    static let tables: [RowRecorder.Table] = [
        .init("conversation", includesUpdates: false), .init("entry", includesUpdates: true),
    ]

    fileprivate static let statements = [
        """
        INSERT INTO change (conversation) SELECT c.key FROM json_each(?) j CROSS JOIN conversation c ON c.key = j.value
        """,
        """
        INSERT INTO change (conversation, kind, item)
        SELECT e.conversation, 1, e.key FROM json_each(?) j CROSS JOIN entry e ON e.key = j.value
        """,
    ]
}

extension Store {
    /// Notes the rows that the transaction under way has added or changed.
    func noteChangedRows(_ database: Database) throws {
        guard let recorder = database.recorder else { return }
        for (rows, statement) in zip(recorder.take(), ChangedRows.statements) where !rows.isEmpty {
            let keys = "[\(rows.map { String($0) }.joined(separator: ","))]"
            try database.cachedStatement(sql: statement).execute(arguments: [keys])
        }
    }
}

/// Gathers the rows of the table `change`.
private struct ChangeReading {
    /// A key that names nothing any more was changed again since, by a later row.
    static let selection = """
        SELECT g.number, IFNULL(g.removed, c.id), CASE WHEN g.removed IS NULL THEN c.hidden ELSE r.key IS NULL END,
            e.id, o.id, o.state, g.conversation = 0
        FROM change g LEFT JOIN conversation c ON c.key = g.conversation AND g.removed IS NULL
            LEFT JOIN entry e ON g.kind = 1 AND e.key = g.item AND e.conversation = g.conversation
            LEFT JOIN operation o ON g.kind = 2 AND o.sequence = g.item AND o.conversation = g.conversation
            LEFT JOIN conversation r ON r.id = g.removed AND r.hidden = 0
        WHERE g.number > ? ORDER BY g.number LIMIT ?
        """

    private(set) var changes: StoreChanges
    private var places: [LocalID: Int] = [:]
    private var entries: [LocalID: Set<EntryID>] = [:]
    private var operations: Set<OperationID> = []

    init(from position: ChangePosition) { changes = StoreChanges(end: position) }

    mutating func take(_ row: borrowing RowCursor) {
        changes.end = ChangePosition(number: row[0])
        if row[6] as Bool { changes.isStatusChanged = true }
        guard let name: String = row[1] else { return }
        let id = LocalID(name)
        let place = places[id] ?? changes.conversations.count
        if place == changes.conversations.count {
            places[id] = place
            changes.conversations.append(ConversationChange(id: id, isRemoved: false))
        }
        changes.conversations[place].isRemoved = row[2]
        if let entry = (row[3] as String?).map(EntryID.init), entries[id, default: []].insert(entry).inserted {
            changes.conversations[place].entries.append(entry)
        }
        if let operation = (row[4] as String?).map(OperationID.init), operations.insert(operation).inserted,
            let state = (row[5] as String?).flatMap(OperationState.init)
        {
            changes.conversations[place].operations.append(.init(id: operation, state: state))
        }
    }
}
