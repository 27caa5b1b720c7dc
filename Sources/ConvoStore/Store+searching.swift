import ConvoModel
import GRDB

/// Full-text search.
extension Store {
    /// Relevance is worked out for at most so many hits, the newest ones: the score of every hit of a common word
    /// would cost seconds, and a person reads twenty.
    static let scoredLimit = 1000
    /// Up to here the total is exact.
    static let countedLimit = 10_000

    /// Entries and queued writes that hold what is asked for, best first.
    ///
    /// Any text is a query; one without a word in it finds nothing.
    public func search(_ query: String, limit: Int = 20) throws(StoreError) -> SearchResults {
        let parsed = SearchQuery(query)
        guard let expression = parsed.expression, limit > 0 else {
            return SearchResults(query: query, total: 0, isTotalExact: true, hits: [])
        }
        return try read { database in
            let total =
                try Int.fetchOne(
                    database,
                    sql: "SELECT COUNT(*) FROM (SELECT 1 FROM entry_index WHERE entry_index MATCH ? LIMIT ?)",
                    arguments: [expression, Store.countedLimit + 1]) ?? 0
            let best = try Row.fetchAll(
                database,
                sql: """
                    SELECT rowid, score FROM (
                        SELECT rowid, bm25(entry_index) AS score FROM entry_index WHERE entry_index MATCH ?
                        ORDER BY rowid DESC LIMIT ?)
                    ORDER BY score, rowid DESC LIMIT ?
                    """,
                arguments: [expression, Store.scoredLimit, limit])
            return SearchResults(
                query: query, total: min(total, Store.countedLimit), isTotalExact: total <= Store.countedLimit,
                hits: try best.compactMap {
                    try hit(database, rowid: $0["rowid"], score: -($0["score"] as Double), parsed)
                })
        }
    }

    private func hit(_ database: Database, rowid: Int64, score: Double, _ query: SearchQuery) throws -> SearchHit? {
        rowid > 0
            ? try entryHit(database, key: rowid, score: score, query)
            : try pendingHit(database, sequence: -rowid, score: score, query)
    }

    private func entryHit(_ database: Database, key: Int64, score: Double, _ query: SearchQuery) throws -> SearchHit? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT e.id AS entry_id, e.raw, c.id, c.remote_id, c.name
                    FROM entry e JOIN conversation c ON c.key = e.conversation WHERE e.key = ?
                    """),
            arguments: [key]
        ).map { row in
            let entry = try Entry(raw: .stored(row["raw"]))
            return SearchHit(
                conversation: LocalID(row["id"]), remoteID: (row["remote_id"] as String?).map { RemoteID($0) },
                entry: EntryID(row["entry_id"]), operation: nil, type: entry.type, role: entry.role,
                createdAt: entry.createdAt?.text, conversationName: row["name"],
                snippet: Snippet(of: SearchText.of(entry.raw), words: query.words), score: score)
        }
    }

    private func pendingHit(
        _ database: Database, sequence: Int64, score: Double, _ query: SearchQuery
    ) throws -> SearchHit? {
        try OutboxItem.fetchOne(database, sql: OutboxItem.selection + " WHERE o.sequence = ?", arguments: [sequence])
            .map { item in
                SearchHit(
                    conversation: item.conversation, remoteID: item.remoteID, entry: nil, operation: item.id,
                    type: .messageInput, role: "user", createdAt: item.createdAt, conversationName: nil,
                    snippet: Snippet(of: SearchText.of(item.inputs), words: query.words), score: score)
            }
    }
}
