import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// Which entries of a conversation are read.
public struct HistorySelection: Sendable, Hashable {
    /// Whether entries that the server no longer lists are read, too.
    public var includesDropped = false
    /// Whether only messages are read, and no calls, results and tools.
    public var onlyMessages = false
    /// Only so many entries from the end; `nil` for all.
    public var last: Int?
    /// Only entries that were made at this moment or later; an entry without a time counts as the one before it.
    public var since: Timestamp?
    /// Only this entry and what stands behind it; all if the conversation does not hold it, `nil` for all.
    package var firstEntry: EntryID?

    /// Selects all entries that the server lists.
    public init() {}
}

/// A part of a conversation's history, as of one moment.
public struct HistoryPage: Sendable {
    /// A place between two entries.
    public struct Cursor: Sendable, Hashable {
        let position: Int64
        let key: Int64
    }

    /// The entries in the conversation's order.
    public let entries: [StoredEntry]
    /// Where the next page begins; `nil` if this is the last one.
    public let next: Cursor?
    /// On the last page, the writes that are neither delivered nor cancelled, in the order of acceptance: each is here or
    /// among the entries, whatever was delivered while the pages were read.
    public let pending: [OutboxItem]
}

extension Store {
    /// The JSON of a page has about so many bytes at most, unless one entry alone has more.
    private static let pageBytes = 1 << 18

    /// Reads a part of a conversation's history, so that one of any length needs little memory.
    ///
    /// Each page is one transaction: nothing is kept open between two of them. If another process changes the order of the
    /// entries between two pages, an entry may be in both of them, or in neither. Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - selection: which entries are read.
    ///   - cursor: the ``HistoryPage/next`` of the page before; `nil` for the first page.
    ///   - limit: the largest number of entries.
    /// - Returns: the page; without entries and without a next one if nothing is left.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    public func historyPage(
        of id: LocalID, _ selection: HistorySelection = HistorySelection(), from cursor: HistoryPage.Cursor? = nil,
        limit: Int = 500
    ) throws(StoreError) -> HistoryPage {
        try read { database in
            let key = try require(database, id).key
            let conditions =
                (selection.includesDropped ? "" : " AND dropped_at IS NULL")
                + (selection.onlyMessages ? " AND type IN ('message.input', 'message.output')" : "")
            let start =
                try cursor
                ?? first(
                    database, of: key, conditions, selection)
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT position, key, \(StoredEntry.columns) FROM entry
                    WHERE conversation = ?1 AND (position, key) >= (?2, ?3)\(conditions) ORDER BY position, key LIMIT ?4
                    """,
                arguments: [key, start.position, start.key, limit + 1])
            var (entries, bytes): ([StoredEntry], Int) = ([], 0)
            while try rows.advance() {
                guard entries.count < limit, bytes < Store.pageBytes else {
                    let next = HistoryPage.Cursor(position: rows[0], key: rows[1])
                    return HistoryPage(entries: entries, next: next, pending: [])
                }
                entries.append(StoredEntry(columnsFrom: 2, of: rows))
                bytes += entries[entries.count - 1].entry.raw.text.utf8.count
            }
            return HistoryPage(entries: entries, next: nil, pending: try pending(database, in: key))
        }
    }

    /// The place of the first entry that is read.
    private func first(
        _ database: Database, of conversation: Int64, _ conditions: String, _ selection: HistorySelection
    ) throws -> HistoryPage.Cursor {
        func place(_ sql: String, _ arguments: StatementArguments) throws -> HistoryPage.Cursor? {
            try Row.fetchOne(
                database, sql: "SELECT position, key FROM entry WHERE conversation = ?1 \(sql)", arguments: arguments
            )
            .map { HistoryPage.Cursor(position: $0["position"], key: $0["key"]) }
        }
        let end = HistoryPage.Cursor(position: .max, key: .max)
        var start = HistoryPage.Cursor(position: .min, key: .min)
        if let since = selection.since {
            let sql = "AND created >= ?2\(conditions) ORDER BY position, key LIMIT 1"
            start = try place(sql, [conversation, since.microseconds]) ?? end
        }
        func begin(at place: HistoryPage.Cursor?) {
            if let place, (place.position, place.key) > (start.position, start.key) { start = place }
        }
        if let last = selection.last {
            guard last > 0 else { return end }
            begin(
                at: try place(
                    "\(conditions) ORDER BY position DESC, key DESC LIMIT 1 OFFSET ?2", [conversation, last - 1]))
        }
        if let entry = selection.firstEntry { begin(at: try place("AND id = ?2", [conversation, entry.rawValue])) }
        return start
    }

    /// The open writes to a conversation, in the order of acceptance.
    func pending(_ database: Database, in conversation: Int64) throws -> [OutboxItem] {
        try OutboxItem.fetchAll(
            database,
            sql: OutboxItem.selection
                + " WHERE o.conversation = ? AND o.state NOT IN ('delivered', 'cancelled') ORDER BY o.sequence",
            arguments: [conversation])
    }

    /// The open writes to conversations, in the order of acceptance.
    ///
    /// - Parameter ids: the conversations.
    /// - Returns: the writes of those that have any.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func pendingWrites(in ids: [LocalID]) throws(StoreError) -> [LocalID: [OutboxItem]] {
        guard !ids.isEmpty else { return [:] }
        return try read { database in
            Dictionary(
                grouping: try OutboxItem.fetchAll(
                    database,
                    sql: OutboxItem.selection + """
                         WHERE o.state NOT IN ('delivered', 'cancelled') AND c.id IN (SELECT value FROM json_each(?))
                        ORDER BY o.sequence
                        """,
                    arguments: [JSONText.array(ids.map { .string($0.rawValue) }).text]),
                by: \.conversation)
        }
    }

    /// The first moment that a text of a person names, as the conditions of a search do: `2026-03-11`, `yesterday`, `7d`.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - field: what it was given for, for the error.
    /// - Returns: the moment, by the time zone of the person where the text names none.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)`` if it names none.
    package func moment(_ text: String, for field: String) throws(StoreError) -> Timestamp {
        do throws(UnreadableMoment) {
            let moment = try SearchMoment(text)
            return SearchCalendar(now: environment.now(), zone: environment.timeZone()).start(of: moment)
        } catch { throw .unreadableMoment("\(field):\(text)", error) }
    }
}

extension StoredEntry {
    /// The columns that ``init(columnsFrom:of:)`` reads.
    static let columns = "id, raw, dropped_at, local_only, completed_at"

    /// Reads the columns from a place on, by number: a long history has too many rows to look up names in each.
    init(columnsFrom first: Int, of rows: borrowing RowCursor) {
        self.init(
            id: EntryID(rows[first]), entry: Entry(raw: .stored(rows[first + 1])),
            droppedAt: (rows[first + 2] as String?).map(Timestamp.init(stored:)), isLocalOnly: rows[first + 3],
            completedAt: (rows[first + 4] as String?).map(Timestamp.init(stored:)))
    }
}

/// Some entries of a conversation, in its order, and whether there are more.
public struct EntryPage: Sendable, Hashable {
    /// The entries.
    public let entries: [StoredEntry]
    /// Whether the conversation has more entries, before these for ``Store/entries(of:before:limit:)``, behind them for
    /// ``Store/entries(of:after:limit:)``.
    public let hasMore: Bool
}

extension Store {
    /// Reads the last entries of a conversation, or those before one.
    ///
    /// A view that shows a conversation from its end asks for the last ones, and for those before its first one when its reader
    /// scrolls up. Entries that the server no longer lists are left out. Blocks for file I/O.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - entry: the entry before which they stand; `nil` for the last ones.
    ///   - limit: the largest number of entries.
    /// - Returns: the entries in the conversation's order.
    /// - Throws: ``StoreError/noSuchConversation(_:)``; ``StoreError/noSuchEntry(_:conversation:)`` if the conversation
    ///   does not hold that entry; another ``StoreError`` if the file cannot be read.
    public func entries(of id: LocalID, before entry: EntryID? = nil, limit: Int) throws(StoreError) -> EntryPage {
        let page = try entries(of: id, beside: entry, "<", "DESC", limit: limit)
        return EntryPage(entries: page.entries.reversed(), hasMore: page.hasMore)
    }

    /// Reads one entry of a conversation.
    ///
    /// - Parameters:
    ///   - entry: the entry.
    ///   - id: the conversation.
    /// - Returns: the entry; `nil` if the conversation, or the entry in it, is not here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func entry(_ entry: EntryID, in id: LocalID) throws(StoreError) -> StoredEntry? {
        try read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(StoredEntry.columns) FROM entry WHERE id = ?
                        AND conversation = (SELECT key FROM conversation WHERE id = ? AND hidden = 0)
                    """, arguments: [entry.rawValue, id.rawValue])
            return try rows.advance() ? StoredEntry(columnsFrom: 0, of: rows) : nil
        }
    }

    /// Reads the entries of a conversation behind one, or the first ones.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - entry: the entry behind which they stand; `nil` for the first ones.
    ///   - limit: the largest number of entries.
    /// - Returns: the entries in the conversation's order.
    /// - Throws: as ``entries(of:before:limit:)``.
    public func entries(of id: LocalID, after entry: EntryID?, limit: Int) throws(StoreError) -> EntryPage {
        try entries(of: id, beside: entry, ">", "ASC", limit: limit)
    }

    private func entries(
        of id: LocalID, beside entry: EntryID?, _ side: String, _ order: String, limit: Int
    ) throws(StoreError) -> EntryPage {
        try read { database in
            let key = try require(database, id).key
            var (condition, arguments): (String, StatementArguments) = ("", [key, max(0, limit) + 1])
            if let entry {
                let place = try Row.fetchOne(
                    database, sql: "SELECT position, key FROM entry WHERE conversation = ? AND id = ?",
                    arguments: [key, entry.rawValue])
                guard let place else { throw StoreError.noSuchEntry(entry.rawValue, conversation: id) }
                condition = " AND (position, key) \(side) (?3, ?4)"
                arguments = [key, max(0, limit) + 1, place["position"] as Int64, place["key"] as Int64]
            }
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT \(StoredEntry.columns) FROM entry WHERE conversation = ?1 AND dropped_at IS NULL\(condition)
                    ORDER BY position \(order), key \(order) LIMIT ?2
                    """, arguments: arguments)
            var entries: [StoredEntry] = []
            while try rows.advance() {
                if entries.count == limit { return EntryPage(entries: entries, hasMore: true) }
                entries.append(StoredEntry(columnsFrom: 0, of: rows))
            }
            return EntryPage(entries: entries, hasMore: false)
        }
    }
}
