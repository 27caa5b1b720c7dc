import ConvoModel
import ConvoSQLite

/// One search in one state of the database.
struct Search {
    /// A match before its text is read.
    struct Candidate {
        enum Place { case conversation, entry, operation }

        let place: Place
        let key: Int64
        let score: Double
        /// The position in the order by date, on the scale of ``EntryKey``.
        var moment: Int64
    }

    /// The matches in one kind of rows.
    struct Finding {
        let place: SearchSource
        let table: String
        let rows: [Candidate]
        /// How many match, up to one more than ``Store/countedLimit``; `nil` if that is still to be counted.
        let total: Int?
    }

    let database: Database
    let query: SearchQuery
    let order: SearchOrder
    let now: Timestamp
    let span: RowIDRange
    /// Whether the index may have rows that are gone: while another one is made, nobody removes them.
    private let mayBeStale: Bool
    let weights: [Double]

    init(
        _ database: Database, _ query: SearchQuery, order: SearchOrder, now: Timestamp, index: IndexState
    ) throws {
        mayBeStale = index.mode != .direct
        self.database = database
        self.query = query
        self.order = order
        self.now = now
        span = RowIDRange(query.conditions, try EntryKey.Distances(database))
        weights = order == .relevance ? try Search.weights(database, of: query) : []
    }

    /// Whether relevance decides the order.
    var isRanked: Bool { order == .relevance && query.expression != nil }

    /// Whether each hit's row is read as well: for the conditions, or to leave out a row that is gone.
    ///
    /// Without need it is not: each may be on a page of its own.
    func readsRows(_ test: String) -> Bool { !test.isEmpty || mayBeStale }

    /// The entries that match: the best ones, or the newest ones where relevance does not decide.
    ///
    /// While each hit's row is read, relevance ranks no more than are counted.
    ///
    /// - Parameter kept: how many are wanted at least.
    /// - Returns: these, or all if there are fewer.
    /// - Throws: ``DatabaseError``.
    func entries(kept: Int) throws -> Finding {
        let table = "entry e ON e.key = hit.key"
        if isRanked, !readsRows(SearchSource.entries.sql(query.conditions).sql) {
            let (rows, total) = try best(kept)
            return Finding(place: .entries, table: table, rows: rows, total: total)
        }
        return try found(.entries, table: table, limit: isRanked ? Store.countedLimit + 1 : kept) { row in
            Candidate(place: .entry, key: row["key"], score: row["score"], moment: row["key"])
        }
    }

    /// The best entries among the newest ones that match, best first, and the number of those that match.
    private func best(_ kept: Int) throws -> (rows: [Candidate], total: Int) {
        let (sql, arguments) = index(.entries, limit: Store.rankedLimit, kept: kept)
        let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments)
        var rows: [Candidate] = []
        var total = 0
        reading: while try cursor.advance() {
            total += 1
            switch cursor.value(at: 1) {
            case .real(let score):
                let key = Int64(databaseValue: cursor.value(at: 0))
                rows.append(Candidate(place: .entry, key: key, score: score, moment: key))
            case .null: break
            default: if total > Store.countedLimit { break reading }  // no older one can be among the best
            }
        }
        // Some were among the best only until better ones came.
        rows.sort { ($0.score, $0.moment) > ($1.score, $1.moment) }
        return (Array(rows.prefix(kept)), total)
    }

    func queued() throws -> Finding {
        try found(
            .outbox,
            table: """
                operation e ON e.sequence = hit.key - \(EntryKey.firstOperation)
                    AND e.state NOT IN ('delivered', 'cancelled')
                """,
            limit: Store.queuedLimit
        ) { row in
            Candidate(
                place: .operation, key: row["key"] - EntryKey.firstOperation, score: row["score"],
                moment: row["key"])
        }
    }

    /// The newest matches, up to a limit.
    private func found(
        _ place: SearchSource, table: String, limit: Int, _ make: (Row) -> Candidate
    ) throws -> Finding {
        let (sql, arguments) = matching(place, table: table, limit: limit, isScored: isRanked)
        let rows = try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
        let isCounted = rows.count < limit || rows.count > Store.countedLimit
        return Finding(place: place, table: table, rows: rows.map(make), total: isCounted ? rows.count : nil)
    }

    func names() throws -> [Candidate] {
        guard let expression = query.expression, !query.isAboutEntries else { return [] }
        let (test, values) = SearchSource.conversations.sql(query.conditions)
        let score = score("conversation_fts", kept: 0, now: 0)
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT hit.key, hit.score, c.activity FROM
                        (SELECT rowid AS key, \(score.sql) AS score FROM conversation_fts
                        WHERE conversation_fts MATCH ? ORDER BY rowid DESC LIMIT ?) hit
                    CROSS JOIN conversation c ON c.key = hit.key WHERE c.hidden = 0 \(test)
                    """),
            arguments: score.values + [expression, Store.nameLimit] + values)
        return rows.map { row in
            let moment = EntryKey.of(Timestamp(microseconds: row["activity"]))
            return Candidate(
                place: .conversation, key: row["key"],
                score: row["score"] * Store.nameWeight * Ranking.fading(of: moment, now: EntryKey.of(now)),
                moment: moment)
        }
    }
}
