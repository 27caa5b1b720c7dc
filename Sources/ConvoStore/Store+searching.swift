import ConvoModel
import GRDB

/// Full-text search.
extension Store {
    /// Relevance is worked out for at most so many hits, the newest ones: the score of every hit of a common word
    /// would cost seconds, and a person reads twenty.
    static let scoredLimit = 1000
    /// Up to here totals are exact.
    static let countedLimit = 10_000
    /// With conditions, at most so many of the newest hits are looked at.
    static let scannedLimit = 50_000
    /// Names that are looked at.
    static let nameLimit = 200
    /// A hit in a name counts for so many.
    static let nameWeight = 2.0

    /// Entries, queued writes and conversations' names that hold what is asked for, best first.
    ///
    /// Any text is a query; one that asks for nothing finds nothing. A message that several branches share comes
    /// once.
    public func search(
        _ query: String, limit: Int = 20, order: SearchOrder = .relevance
    ) throws(StoreError) -> SearchResults {
        let now = environment.now()
        let parsed = SearchQuery(query, now: now)
        guard limit > 0, parsed.expression != nil || !parsed.conditions.isEmpty else {
            return SearchResults(query: query, total: 0, isTotalExact: true, hits: [])
        }
        return try read { database in
            let search = try Search(database, parsed, order: order, now: now)
            let found = try search.names() + search.queued() + search.entries(limit: limit)
            let (total, isExact) = try search.total()
            return SearchResults(
                query: query, total: total, isTotalExact: isExact, hits: try search.hits(of: found, limit: limit))
        }
    }
}

/// One search in one state of the database.
struct Search {
    /// What was found, before its text is read.
    struct Found {
        enum Place { case conversation, entry, operation }

        let place: Place
        let key: Int64
        let score: Double
        /// For ordering by date: as ``EntryKey``.
        var moment: Int64
    }

    let database: Database
    let query: SearchQuery
    let order: SearchOrder
    let now: Timestamp
    let span: SearchSpan
    private let weights: [Double]

    init(_ database: Database, _ query: SearchQuery, order: SearchOrder, now: Timestamp) throws {
        self.database = database
        self.query = query
        self.order = order
        self.now = now
        span = SearchSpan(query.conditions)
        weights = order == .relevance ? try Search.weights(database, query.phrases) : []
    }

    /// The rarer a word, the more it says. Words that are found more often than is counted are equally common.
    private static func weights(_ database: Database, _ phrases: [String]) throws -> [Double] {
        guard phrases.count > 1 else { return phrases.map { _ in 1 } }
        return try phrases.map { phrase in
            let count = try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT COUNT(*) FROM (SELECT 1 FROM entry_index WHERE entry_index MATCH ? LIMIT ?)"),
                arguments: [phrase, Store.scoredLimit])
            return 1 + Double(Store.scoredLimit / max(1, count ?? 0)).squareRoot()
        }
    }

    private func score(_ index: String) -> String {
        order == .date || query.expression == nil
            ? "0.0" : "relevance(" + ([index] + weights.map { "\($0)" }).joined(separator: ", ") + ")"
    }

    /// Newer is better: half of a score goes with the years.
    private func aged(_ score: Double, _ key: Int64) -> Double {
        let years = Double(max(0, EntryKey.of(now) - key)) / EntryKey.unitsPerYear
        return score * (0.5 + 0.5 / (1 + years))
    }

    func entries(limit: Int) throws -> [Found] {
        let (sql, arguments) = matching(.entries, table: "entry e ON e.key = hit.key", score: true)
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: sql + " ORDER BY hit.key DESC LIMIT ?"),
            arguments: arguments + [order == .date ? max(limit * 4, 100) : max(limit, Store.scoredLimit)])
        return rows.map { row in
            let key: Int64 = row["key"]
            return Found(place: .entry, key: key, score: aged(row["score"], key), moment: key)
        }
    }

    func queued() throws -> [Found] {
        let (sql, arguments) = matching(
            .outbox, table: "operation e ON e.sequence = hit.key - \(EntryKey.firstOperation)", score: true)
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: sql + " ORDER BY hit.key DESC LIMIT ?"),
            arguments: arguments + [Store.scoredLimit])
        return rows.map { row in
            Found(
                place: .operation, key: row["key"] - EntryKey.firstOperation, score: row["score"],
                moment: row["key"])
        }
    }

    func names() throws -> [Found] {
        guard let expression = query.expression, !query.isAboutEntries else { return [] }
        let (test, values) = SearchPlace.conversations.sql(query.conditions)
        let rows = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT hit.key, hit.score, c.activity FROM
                        (SELECT rowid AS key, \(score("conversation_index")) AS score FROM conversation_index
                        WHERE conversation_index MATCH ? ORDER BY rowid DESC LIMIT ?) hit
                    CROSS JOIN conversation c ON c.key = hit.key WHERE 1 \(test)
                    """),
            arguments: [expression, Store.nameLimit] + values)
        return rows.map { row in
            let moment = EntryKey.of(Timestamp(microseconds: row["activity"]))
            return Found(
                place: .conversation, key: row["key"], score: aged(row["score"] * Store.nameWeight, moment),
                moment: moment)
        }
    }

    /// How many entries and queued writes there are, counted to a bound.
    func total() throws -> (Int, isExact: Bool) {
        var total = 0
        for (place, table) in [
            (SearchPlace.entries, "entry e ON e.key = hit.key"),
            (.outbox, "operation e ON e.sequence = hit.key - \(EntryKey.firstOperation)"),
        ] {
            let (sql, arguments) = matching(place, table: table, score: false)
            total +=
                try Int.fetchOne(
                    database.cachedStatement(sql: "SELECT COUNT(*) FROM (SELECT 1 FROM (\(sql)) LIMIT ?)"),
                    arguments: arguments + [Store.countedLimit + 1]) ?? 0
        }
        total += try names().count
        return (min(total, Store.countedLimit), total <= Store.countedLimit)
    }

    /// The rows of the index in the order of their keys, newest first, that fulfil the conditions.
    private func matching(
        _ place: SearchPlace, table: String, score isScored: Bool
    ) -> (sql: String, arguments: StatementArguments) {
        let first = place.isPending ? EntryKey.firstOperation : span.first
        let last = place.isPending ? Int64.max : min(span.last, EntryKey.firstOperation - 1)
        let (test, values) = place.sql(query.conditions)
        let source: String
        var arguments = StatementArguments()
        if let expression = query.expression {
            let scored = isScored ? self.score("entry_index") : "0.0"
            source = """
                SELECT rowid AS key, \(scored) AS score FROM entry_index
                WHERE entry_index MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?
                """
            let bound =
                !test.isEmpty ? Store.scannedLimit : isScored ? Store.scoredLimit : Store.countedLimit + 1
            arguments += [expression, first, last, bound]
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
        // The table is not read without a need: each of its rows may be a page by itself.
        if test.isEmpty { return ("SELECT key, score FROM (\(source)) hit", arguments) }
        let sql = """
            SELECT hit.key, hit.score FROM (\(source)) hit CROSS JOIN \(table)
            CROSS JOIN conversation c ON c.key = e.conversation WHERE 1 \(test)
            """
        return (sql, arguments + values)
    }
}
