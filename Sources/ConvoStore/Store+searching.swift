import ConvoModel
import ConvoSQLite

/// Full-text search.
extension Store {
    /// How many hits are scored, the newest ones: to score every hit of a common word would take seconds, and a person
    /// reads twenty.
    static let scoredLimit = 1000
    /// The largest total that is counted.
    static let countedLimit = 10_000
    /// How many of the newest hits are tested, if the query has conditions.
    static let scannedLimit = 50_000
    /// How many of the newest hits in names are read.
    static let nameLimit = 200
    /// The factor by which the score of a hit in a name is multiplied.
    static let nameWeight = 2.0

    /// Searches entries, queued writes and conversations' names and descriptions.
    ///
    /// Any text is a query, but for one that asks for a moment which cannot be read (`before:tomorow`); an empty one
    /// finds nothing. Days are those of ``StoreDependencies/timeZone``. A message that several branches share is returned
    /// once. Only the newest 1,000 entries that match are ranked by relevance.
    ///
    /// - Parameters:
    ///   - query: words, phrases and fields, such as `"connection refused" role:user on:yesterday`.
    ///   - limit: the largest number of hits to return; with 0 or less nothing is searched.
    ///   - order: the order of the hits.
    /// - Returns: the best hits, and how many there are in all.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)`` for such a moment, and another ``StoreError`` if the file cannot
    ///   be read.
    public func search(
        _ query: String, limit: Int = 20, order: SearchOrder = .relevance
    ) throws(StoreError) -> SearchResults {
        let now = environment.now()
        let zone = environment.timeZone()
        let parsed = try SearchQuery(query, calendar: SearchCalendar(now: now, zone: zone))
        let timeZone = parsed.isLocal ? zone.name(now) : nil
        guard limit > 0, parsed.expression != nil || !parsed.conditions.isEmpty else {
            return SearchResults(query: query, total: 0, isTotalExact: true, timeZone: timeZone, hits: [])
        }
        return try read { database in
            let search = try Search(
                database, parsed, order: order, now: now,
                index: IndexState.load(database, own: environment.indexVersion))
            let names = try search.names()
            let queued = try search.queued()
            let entries = try search.entries(limit: limit)
            let total = try search.total(names, queued, entries)
            return SearchResults(
                query: query, total: min(total, Store.countedLimit), isTotalExact: total <= Store.countedLimit,
                timeZone: timeZone, hits: try search.hits(of: names + queued.rows + entries.rows, limit: limit))
        }
    }
}

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
        /// Whether ``rows`` are all matches, and not only the newest ones.
        let isAll: Bool
    }

    let database: Database
    let query: SearchQuery
    let order: SearchOrder
    let now: Timestamp
    let span: RowIDRange
    /// Whether the index may have rows that are gone: while another one is made, nobody removes them.
    private let mayBeStale: Bool
    private let weights: [Double]

    init(
        _ database: Database, _ query: SearchQuery, order: SearchOrder, now: Timestamp, index: IndexState
    ) throws {
        mayBeStale = index.mode != .direct
        self.database = database
        self.query = query
        self.order = order
        self.now = now
        span = RowIDRange(query.conditions)
        weights = order == .relevance ? try Search.weights(database, query.phrases) : []
    }

    /// The weight of each phrase: the rarer a phrase, the higher.
    ///
    /// Phrases that occur in more rows than are counted have the same weight.
    private static func weights(_ database: Database, _ phrases: [String]) throws -> [Double] {
        guard phrases.count > 1 else { return phrases.map { _ in 1 } }
        return try phrases.map { phrase in
            let count = try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT COUNT(*) FROM (SELECT 1 FROM entry_fts WHERE entry_fts MATCH ? LIMIT ?)"),
                arguments: [phrase, Store.scoredLimit])
            return 1 + Double(Store.scoredLimit / max(1, count ?? 0)).squareRoot()
        }
    }

    /// The SQL expression of the score and its arguments, which are bound so that one cached statement serves all
    /// queries.
    private func score(_ index: String) -> (sql: String, values: StatementArguments) {
        if order == .date || query.expression == nil { return ("0.0", []) }
        let values = StatementArguments(weights)
        return ("relevance(\(index), \(values.placeholders))", values)
    }

    /// Lowers the score with the entry's age: half of it fades with the years.
    private func aged(_ score: Double, _ key: Int64) -> Double {
        let years = Double(max(0, EntryKey.of(now) - key)) / EntryKey.unitsPerYear
        return score * (0.5 + 0.5 / (1 + years))
    }

    func entries(limit: Int) throws -> Finding {
        try found(
            .entries, table: "entry e ON e.key = hit.key",
            limit: order == .date ? max(limit * 4, 100) : max(limit, Store.scoredLimit)
        ) { row in
            let key: Int64 = row["key"]
            return Candidate(place: .entry, key: key, score: aged(row["score"], key), moment: key)
        }
    }

    func queued() throws -> Finding {
        try found(
            .outbox,
            table: """
                operation e ON e.sequence = hit.key - \(EntryKey.firstOperation)
                    AND e.state NOT IN ('delivered', 'cancelled')
                """,
            limit: Store.scoredLimit
        ) { row in
            Candidate(
                place: .operation, key: row["key"] - EntryKey.firstOperation, score: row["score"],
                moment: row["key"])
        }
    }

    private func found(
        _ place: SearchSource, table: String, limit: Int, _ make: (Row) -> Candidate
    ) throws -> Finding {
        let (sql, arguments) = matching(place, table: table, score: true)
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: sql + " ORDER BY hit.key DESC LIMIT ?"), arguments: arguments + [limit])
        return Finding(
            place: place, table: table, rows: rows.map(make), isAll: rows.count < min(limit, Store.scoredLimit))
    }

    func names() throws -> [Candidate] {
        guard let expression = query.expression, !query.isAboutEntries else { return [] }
        let (test, values) = SearchSource.conversations.sql(query.conditions)
        let score = score("conversation_fts")
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
                place: .conversation, key: row["key"], score: aged(row["score"] * Store.nameWeight, moment),
                moment: moment)
        }
    }

    /// The number of all matches.
    func total() throws -> Int { try total(names(), queued(), entries(limit: 1)) }

    func total(_ names: [Candidate], _ queued: Finding, _ entries: Finding) throws -> Int {
        try names.count + total(queued) + total(entries)
    }

    /// The number of matches, counted up to a bound; most searches have read all of them already.
    func total(_ finding: Finding) throws -> Int {
        if finding.isAll { return finding.rows.count }
        let (sql, arguments) = matching(finding.place, table: finding.table, score: false)
        return try Int.fetchOne(
            database.cachedStatement(sql: "SELECT COUNT(*) FROM (SELECT 1 FROM (\(sql)) LIMIT ?)"),
            arguments: arguments + [Store.countedLimit + 1]) ?? 0
    }

    /// The SQL that selects the matching rows that fulfil the conditions, from the newest of the index on.
    private func matching(
        _ place: SearchSource, table: String, score isScored: Bool
    ) -> (sql: String, arguments: StatementArguments) {
        let first = place.isPending ? EntryKey.firstOperation : span.first
        let last = place.isPending ? Int64.max : min(span.last, EntryKey.firstOperation - 1)
        let (test, values) = place.sql(query.conditions)
        let source: String
        var arguments = StatementArguments()
        if let expression = query.expression {
            let score = isScored ? self.score("entry_fts") : (sql: "0.0", values: [])
            source = """
                SELECT rowid AS key, \(score.sql) AS score FROM entry_fts
                WHERE entry_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?
                """
            let bound =
                !test.isEmpty ? Store.scannedLimit : isScored ? Store.scoredLimit : Store.countedLimit + 1
            arguments += score.values + [expression, first, last, bound]
        } else {
            source =
                place.isPending
                ? """
                SELECT sequence + \(EntryKey.firstOperation) AS key, 0.0 AS score FROM operation
                WHERE state NOT IN ('delivered', 'cancelled') ORDER BY sequence DESC LIMIT ?
                """
                : """
                SELECT key, 0.0 AS score FROM entry WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT ?
                """
            arguments += place.isPending ? [Store.scannedLimit] : [first, last, Store.scannedLimit]
        }
        // Without conditions the table is not read: each of its rows may be on a page of its own.
        if test.isEmpty, !mayBeStale { return ("SELECT key, score FROM (\(source)) hit", arguments) }
        let sql = """
            SELECT hit.key, hit.score FROM (\(source)) hit CROSS JOIN \(table)
            CROSS JOIN conversation c ON c.key = e.conversation WHERE 1 \(test)
            """
        return (sql, arguments + values)
    }
}
