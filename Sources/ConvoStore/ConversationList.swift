package import ConvoModel
import ConvoSQLite

/// A choice of conversations in an order, read a few at a time: it keeps only each one's row number in memory.
///
/// Each page is a transaction of its own, and nothing is kept open between two of them. What was chosen stays chosen: a
/// conversation that becomes active meanwhile keeps its place, and is given as it is by then; one that is deleted here
/// meanwhile is left out.
package struct ConversationList: Sendable {
    /// The number of conversations in a page.
    static let pageSize = 200

    private let store: Store
    private let keys: [Int64]

    init(_ store: Store, keys: [Int64]) {
        self.store = store
        self.keys = keys
    }

    /// How many conversations were chosen.
    package var count: Int { keys.count }

    /// Reads the conversations.
    ///
    /// - Parameter body: takes them in their order, a page at a time, outside of any transaction.
    /// - Throws: ``StoreError`` if the file cannot be read, and what `body` throws.
    package func forEachPage(_ body: ([StoredConversation]) throws -> Void) throws {
        for start in stride(from: 0, to: keys.count, by: ConversationList.pageSize) {
            let page = keys[start..<min(start + ConversationList.pageSize, keys.count)]
            try body(try store.conversations(withKeys: Array(page)))
        }
    }

    /// A place in a list that is made anew for each page, so that nothing is kept between two of them.
    package struct Place: Sendable, Hashable {
        /// How many conversations stood before it.
        package let count: Int
        /// The row number of the last of these.
        package let key: Int64

        /// Names a place that was written down.
        package init(count: Int, key: Int64) { (self.count, self.key) = (count, key) }
    }

    /// Reads the conversations behind a place, as of one moment.
    ///
    /// Where others have come before the place meanwhile, none is given twice.
    ///
    /// - Parameters:
    ///   - place: behind which they stand; `nil` for the first ones.
    ///   - limit: the largest number of conversations.
    /// - Returns: the conversations, each with the place behind it, and whether there are more.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func page(
        after place: Place?, limit: Int
    ) throws(StoreError) -> (rows: [(conversation: StoredConversation, place: Place)], hasMore: Bool) {
        let start = place.map { place in
            // Only further back: what has come to the front since was given where it stood.
            keys.dropFirst(max(0, place.count - 1)).firstIndex(of: place.key).map { $0 + 1 }
                ?? min(place.count, keys.count)
        }
        let wanted = keys.dropFirst(start ?? 0).prefix(max(0, limit))
        let places = Dictionary(
            zip(wanted, wanted.indices).map { ($0, Place(count: $1 + 1, key: $0)) },
            uniquingKeysWith: { first, _ in first })
        let rows = try store.keyedConversations(withKeys: Array(wanted))
        return (rows.compactMap { key, row in places[key].map { (row, $0) } }, wanted.endIndex < keys.endIndex)
    }
}

extension Store {
    /// Reads the conversations of the store, newest activity first, a few at a time; those that were deleted here are left
    /// out.
    ///
    /// The first page comes at once, however many there are. A conversation that is here all the time is given once.
    ///
    /// - Parameters:
    ///   - limit: the largest number of conversations; `nil` for all.
    ///   - body: takes them in their order, a page at a time, outside of any transaction; it is called at least once, with no
    ///     conversation if there is none.
    /// - Throws: ``StoreError`` if the file cannot be read, and what `body` throws.
    public func forEachConversation(limit: Int? = nil, _ body: ([StoredConversation]) throws -> Void) throws {
        let first = try conversations(limit: min(limit ?? .max, ConversationList.pageSize))
        try body(first)
        guard first.count == ConversationList.pageSize, limit.map({ $0 > first.count }) ?? true else { return }
        let seen = Set(first.map(\.id))
        let rest = try read { database in
            let known = Set(try keys(database, of: Array(seen)))
            return try conversationKeys(database, limit: limit).filter { !known.contains($0) }
        }
        let wanted = limit.map { rest.prefix($0 - first.count) } ?? rest[...]
        try ConversationList(self, keys: Array(wanted)).forEachPage(body)
    }

    /// All conversations of the store, newest activity first; those that were deleted here are left out.
    ///
    /// - Returns: the list, whose conversations are not read yet.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func conversationList() throws(StoreError) -> ConversationList {
        ConversationList(self, keys: try read { try conversationKeys($0, limit: nil) })
    }

    /// Conversations in the order of their ids, each once; those that are not here are left out.
    ///
    /// - Parameter ids: the local ids.
    /// - Returns: the list, whose conversations are not read yet.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func conversationList(of ids: [LocalID]) throws(StoreError) -> ConversationList {
        var seen: Set<LocalID> = []
        let ids = ids.filter { seen.insert($0).inserted }
        return ConversationList(self, keys: try read { try keys($0, of: ids) })
    }

    private func keys(_ database: Database, of ids: [LocalID]) throws -> [Int64] {
        let key = try database.cachedStatement(sql: "SELECT key FROM conversation WHERE id = ?")
        return try ids.compactMap { try Int64.fetchOne(key, arguments: [$0.rawValue]) }
    }

    private func conversationKeys(_ database: Database, limit: Int?) throws -> [Int64] {
        try Int64.fetchAll(
            database,
            sql: "SELECT key FROM conversation WHERE hidden = 0 ORDER BY activity DESC, key DESC LIMIT ?",
            arguments: [limit ?? -1])
    }

    /// The conversations that are here still, in the order of their keys in the list.
    fileprivate func conversations(withKeys keys: [Int64]) throws(StoreError) -> [StoredConversation] {
        try keyedConversations(withKeys: keys).map { $0.conversation }
    }

    /// As ``conversations(withKeys:)``, each with its key.
    fileprivate func keyedConversations(
        withKeys keys: [Int64]
    ) throws(StoreError) -> [(key: Int64, conversation: StoredConversation)] {
        try read { database in
            let rows = try Row.fetchAll(
                database,
                sql: Store.conversationSelection
                    + " WHERE c.hidden = 0 AND c.key IN (SELECT value FROM json_each(?))",
                arguments: ["\(keys)"])
            let found = Dictionary(rows.map { ($0["key"] as Int64, $0) }, uniquingKeysWith: { first, _ in first })
            return keys.compactMap { key in found[key].map { (key, StoredConversation(row: $0)) } }
        }
    }
}
