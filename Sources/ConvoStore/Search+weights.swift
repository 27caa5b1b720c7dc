import ConvoPlatform
import ConvoSQLite

extension Search {
    /// How many hits of all phrases together are counted at most.
    private static let weighedLimit = 20_000
    /// The weight of a phrase that half of the rows have, or more; as of SQLite's `bm25()`.
    private static let leastWeight = 1e-6

    /// The weight of each phrase, as SQLite's `bm25()` has it: the rarer a phrase, the higher.
    static func weights(_ database: Database, of query: SearchQuery) throws -> [Double] {
        // Excluded phrases come last, and no hit has one.
        let wanted = query.phrases.prefix(query.wanted.count)
        // A factor that all scores have changes no order.
        guard wanted.count > 1, let expression = query.expression else { return wanted.map { _ in 1 } }
        let rows = try Int.fetchOne(
            database.cachedStatement(
                sql: "SELECT indexed_rows(entry_fts) FROM entry_fts WHERE entry_fts MATCH ? LIMIT 1"),
            arguments: [expression])
        guard let rows else { return wanted.map { _ in 1 } }
        return try wanted.map { phrase in
            let hits = try frequency(database, of: phrase, rows: rows, limit: weighedLimit / wanted.count)
            return max(log((Double(rows) - hits + 0.5) / (hits + 0.5)), leastWeight)
        }
    }

    /// How many rows have a phrase.
    ///
    /// Of one that more have than are counted, the newest hits tell how many: the others are taken to lie as close
    /// together.
    static func frequency(_ database: Database, of phrase: String, rows: Int, limit: Int) throws -> Double {
        let counted = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT COUNT(*) AS hits, MIN(key) AS oldest, (SELECT MIN(key) FROM entry) AS first,
                        (SELECT MAX(key) FROM entry) AS last
                    FROM (SELECT rowid AS key FROM entry_fts
                        WHERE entry_fts MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)
                    """),
            arguments: [phrase, EntryKey.firstOperation, limit])
        guard let counted else { return 0 }
        let hits: Int = counted["hits"]
        guard hits == limit, let oldest: Int64 = counted["oldest"], let first: Int64 = counted["first"],
            let last: Int64 = counted["last"], first <= oldest, oldest <= last
        else { return Double(min(hits, rows)) }
        return min(Double(hits) * Double(last - first + 1) / Double(last - oldest + 1), Double(rows))
    }
}
