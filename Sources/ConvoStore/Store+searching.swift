import ConvoModel
import ConvoSQLite

/// Full-text search.
extension Store {
    /// How many hits are ranked, the newest ones: to rank every hit of the most common words would take too long.
    static let rankedLimit = 20_000
    /// The largest total that is counted.
    static let countedLimit = 10_000
    /// How many of the newest hits are tested, if the query has conditions.
    static let scannedLimit = 50_000
    /// How many of the newest queued writes that match are read.
    static let queuedLimit = 1000
    /// How many of the newest hits in names are read.
    static let nameLimit = 200
    /// The factor by which the score of a hit in a name is multiplied.
    static let nameWeight = 2.0

    /// Searches entries, queued writes and conversations' names and descriptions.
    ///
    /// Any text is a query, but for one that asks for a moment which cannot be read (`before:tomorow`); an empty one
    /// finds nothing. Days are those of the process's time zone. A message that several branches share is returned
    /// once. Relevance ranks the newest 20,000 entries that match; with conditions (`role:`, `in:` …), the newest 10,000
    /// that fulfil them. A higher limit adds hits behind the others, and changes nothing about these.
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
            var kept = max(4 * min(limit, Store.rankedLimit), 100)
            var entries = try search.entries(kept: kept)
            let total = try search.total(names, queued, entries)
            var hits = try search.hits(of: names + queued.rows + entries.rows, limit: limit)
            // A message that hundreds of branches share may have left too few others.
            while hits.count < limit, entries.rows.count == kept {
                kept *= 8
                entries = try search.entries(kept: kept)
                hits = try search.hits(of: names + queued.rows + entries.rows, limit: limit)
            }
            return SearchResults(
                query: query, total: min(total, Store.countedLimit), isTotalExact: total <= Store.countedLimit,
                timeZone: timeZone, hits: hits)
        }
    }
}
