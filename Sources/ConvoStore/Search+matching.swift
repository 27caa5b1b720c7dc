import ConvoModel
import ConvoSQLite

/// The SQL of a search, and the number of its matches.
extension Search {
    /// The number of all matches.
    func total() throws -> Int { try total(names(), queued(), entries(kept: 1)) }

    func total(_ names: [Candidate], _ queued: Finding, _ entries: Finding) throws -> Int {
        try names.count + total(queued) + total(entries)
    }

    /// The number of matches, counted up to a bound; most searches have read all of them already.
    private func total(_ finding: Finding) throws -> Int {
        if let total = finding.total { return total }
        // One more than is counted tells whether there are more.
        let (sql, arguments) = matching(
            finding.place, table: finding.table, limit: Store.countedLimit + 1, isScored: false)
        return try Int.fetchOne(
            database.cachedStatement(sql: "SELECT COUNT(*) FROM (\(sql))"), arguments: arguments) ?? 0
    }

    /// The SQL that selects the matching rows that fulfil the conditions, from the newest on.
    func matching(
        _ place: SearchSource, table: String, limit: Int, isScored: Bool
    ) -> (sql: String, arguments: StatementArguments) {
        let (test, values) = place.sql(query.conditions)
        let readsRows = readsRows(test)
        let (source, arguments) = index(
            place, limit: readsRows ? Store.scannedLimit : limit, kept: isScored ? 0 : nil)
        guard readsRows else { return (source, arguments) }
        // Without ORDER BY: the rows come as the inner SELECT has them, and the first ones that fulfil the conditions
        // are enough. SQLite would sort all of them.
        let sql = """
            SELECT hit.key, hit.score FROM (\(source)) hit CROSS JOIN \(table)
            CROSS JOIN conversation c ON c.key = e.conversation WHERE 1 \(test) LIMIT ?
            """
        return (sql, arguments + values + [limit])
    }

    /// The SQL that selects the newest rows of the index that match; without words, all rows.
    ///
    /// - Parameters:
    ///   - place: which rows.
    ///   - limit: how many.
    ///   - kept: of how many of the best rows the score is wanted; 0: of all, `nil`: of none.
    /// - Returns: one statement with the columns `key` and `score`, and its arguments.
    func index(
        _ place: SearchSource, limit: Int, kept: Int?
    ) -> (sql: String, arguments: StatementArguments) {
        let first = place.isPending ? EntryKey.firstOperation : span.first
        let last = place.isPending ? Int64.max : min(span.last, EntryKey.firstOperation - 1)
        if let expression = query.expression {
            let score = score("entry_fts", kept: kept, now: EntryKey.of(now))
            let sql = """
                SELECT rowid AS key, \(score.sql) AS score FROM entry_fts
                WHERE entry_fts MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?
                """
            return (sql, score.values + [expression, first, last, limit])
        }
        guard place.isPending else {
            let sql = "SELECT key, 0.0 AS score FROM entry WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT ?"
            return (sql, [first, last, limit])
        }
        let sql = """
            SELECT sequence + \(EntryKey.firstOperation) AS key, 0.0 AS score FROM operation
            WHERE state NOT IN ('delivered', 'cancelled') ORDER BY sequence DESC LIMIT ?
            """
        return (sql, [limit])
    }

    /// The SQL expression of the score and its arguments, which are bound so that one cached statement serves all
    /// queries.
    func score(_ index: String, kept: Int?, now: Int64) -> (sql: String, values: StatementArguments) {
        guard isRanked, let kept else { return ("0.0", []) }
        let values: StatementArguments = [kept, now] + StatementArguments(weights)
        return ("relevance(\(index), \(values.placeholders))", values)
    }
}
