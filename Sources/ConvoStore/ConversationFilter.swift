import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Which conversations a list has, and in which order.
package struct ConversationFilter: Sendable, Hashable {
    /// What decides the order of a list.
    package enum Order: String, Sendable, Hashable, CaseIterable {
        /// The newest activity first.
        case activity
        /// The newest conversation first.
        case created
        /// By name, whatever the case; those without one come last.
        case name
        /// The one with the most entries first.
        case entries
    }

    /// Only those in which this search finds something; `nil` for all.
    package var query: String?
    /// Whether the search finds writes that are not delivered, too.
    package var findsQueuedWrites = true
    /// Only branches of other conversations.
    package var onlyBranches = false
    /// Only those with writes that are not delivered.
    package var onlyPending = false
    /// Only those that were deleted on the server.
    package var onlyDeleted = false
    /// Only those whose model's name begins so, whatever the case.
    package var model: String?
    /// Only those whose agent's id begins so, whatever the case.
    package var agent: String?
    /// Only those that were active at this moment or later.
    package var since: Timestamp?
    /// The order.
    package var order = Order.activity

    /// Selects those in which a search finds something, or all, newest activity first.
    package init(query: String? = nil) { self.query = query }

    /// The SQL conditions on a conversation `c`, each of which begins with AND.
    fileprivate var conditions: (sql: String, arguments: StatementArguments) {
        var fields: [SearchCondition.Field] = []
        if onlyBranches { fields.append(.branch) }
        if let model { fields.append(.model(model)) }
        if let agent { fields.append(.agent(agent)) }
        if let since { fields.append(.after(since)) }
        var (sql, arguments) = SearchSource.conversations.sql(fields.map { SearchCondition($0) })
        if onlyDeleted { sql += " AND c.deleted_remotely_at IS NOT NULL" }
        if onlyPending {
            sql += """
                 AND EXISTS (SELECT 1 FROM operation o
                    WHERE o.conversation = c.key AND o.state NOT IN ('delivered', 'cancelled'))
                """
        }
        return (sql, arguments)
    }

    fileprivate var ordering: String {
        let activity = "c.activity DESC, c.key DESC"
        return switch order {
        case .activity: activity
        case .created: "julianday(c.created_at) DESC, c.key DESC"
        case .name:
            "IFNULL(c.local_name, IFNULL(c.name, '')) = '', IFNULL(c.local_name, c.name) COLLATE NOCASE, \(activity)"
        case .entries: "(SELECT COUNT(*) FROM entry e WHERE e.conversation = c.key) DESC, \(activity)"
        }
    }
}

extension Store {
    /// The conversations that a filter selects, in its order; those that were deleted here are left out.
    ///
    /// - Parameters:
    ///   - filter: which, and in which order.
    ///   - limit: the largest number of conversations; `nil` for all.
    /// - Returns: the list, whose conversations are not read yet.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)`` if the filter's search asks for a moment that cannot be read, and
    ///   another ``StoreError`` if the file cannot be read.
    package func conversationList(
        _ filter: ConversationFilter, limit: Int? = nil
    ) throws(StoreError) -> ConversationList {
        let now = environment.now()
        let query = try filter.query.map { text throws(StoreError) in
            try SearchQuery(text, calendar: SearchCalendar(now: now, zone: environment.timeZone()))
        }
        if let query, query.expression == nil, query.conditions.isEmpty { return ConversationList(self, keys: []) }
        let (sql, arguments) = filter.conditions
        let keys = try read { database in
            let found = try query.map { query in
                try Search(
                    database, query, order: .date, now: now,
                    index: IndexState.load(database, own: environment.indexVersion)
                ).conversationKeys(withQueued: filter.findsQueuedWrites)
            }
            return try Int64.fetchAll(
                database,
                sql: """
                    SELECT c.key FROM conversation c
                    WHERE c.hidden = 0 \(found == nil ? "" : "AND c.key IN (SELECT value FROM json_each(?))")\(sql)
                    ORDER BY \(filter.ordering) LIMIT ?
                    """,
                arguments: StatementArguments(found.map { ["\($0.sorted())"] } ?? []) + arguments + [limit ?? -1])
        }
        return ConversationList(self, keys: keys)
    }

    /// Reads the conversations that a filter selects, a few at a time.
    ///
    /// - Parameters:
    ///   - filter: which, and in which order.
    ///   - limit: the largest number of conversations; `nil` for all.
    ///   - body: takes them, as ``forEachConversation(limit:_:)`` hands them on.
    /// - Throws: as ``conversationList(_:limit:)``, and what `body` throws.
    package func forEachConversation(
        _ filter: ConversationFilter, limit: Int?, _ body: ([StoredConversation]) throws -> Void
    ) throws {
        // All of them, newest activity first: the first page comes at once.
        if filter == ConversationFilter() { return try forEachConversation(limit: limit, body) }
        let list = try conversationList(filter, limit: limit)
        guard list.count > 0 else { return try body([]) }
        try list.forEachPage(body)
    }

    /// Conversations by their local ids, those that were deleted here included.
    ///
    /// - Parameter ids: the local ids; each may be there several times.
    /// - Returns: the conversations that are here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func conversations(_ ids: [LocalID]) throws(StoreError) -> [LocalID: StoredConversation] {
        guard !ids.isEmpty else { return [:] }
        return try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: Store.conversationSelection + " WHERE c.id IN (SELECT value FROM json_each(?))",
                arguments: [JSONText.array(Set(ids).map { .string($0.rawValue) }).text])
            return Dictionary(
                rows.map { StoredConversation(row: $0) }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
