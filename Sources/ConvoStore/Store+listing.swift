import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// The cache of the list's pages that need not be read again.
///
/// Triggers of the schema keep the cache true: a change to a conversation, by whatever process, removes the cached page
/// that listed it.
extension Store {
    /// The cached page at a position of the list; `nil` if the page has to be read.
    package func cachedPage(at place: PageKey) throws(StoreError) -> CachedPage? {
        try cachedPages(from: place, count: 1).first
    }

    /// The cached pages at a row of positions of the list, without those that have to be read.
    ///
    /// - Parameters:
    ///   - place: the first position.
    ///   - count: how many positions.
    /// - Returns: the cached pages in their order.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func cachedPages(from place: PageKey, count: Int) throws(StoreError) -> [CachedPage] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT page, count, digest_point, digest_value,
                            (SELECT page FROM listed_page WHERE size = ?2 AND count > 0 ORDER BY page DESC LIMIT 1) AS last
                        FROM listed_page WHERE page >= ?1 AND page < ?1 + ?3 AND size = ?2 ORDER BY page
                        """),
                arguments: [place.page, place.size, count]
            ).map { row in
                CachedPage(
                    place: PageKey(page: row["page"], size: place.size), count: row["count"],
                    digest: PageDigest(
                        point: UInt64(bitPattern: row["digest_point"]), value: UInt64(bitPattern: row["digest_value"])),
                    last: row["last"] ?? 0)
            }
        }
    }

    /// The mirrored conversations that none of some cached pages lists, in the order of their rows.
    ///
    /// Conversations that are marked as deleted, were deleted here, or belong to the previous account are left out. The
    /// engine asks `get` for each one that a sweep did not list: pages shift while they are read.
    ///
    /// - Parameter pages: the numbers of the cached pages.
    /// - Returns: the conversations' ids on the server.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func mirrored(exceptOn pages: [Int]) throws(StoreError) -> [RemoteID] {
        let isMirrored = """
            remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0 AND other_account = 0
            """
        return try read { database in
            // By the pages in between, so that the conversations of the given ones, which may be all, are not looked at.
            try String.fetchAll(
                database,
                sql: """
                    SELECT remote_id FROM (
                        SELECT key, remote_id FROM conversation INDEXED BY conversation_by_page
                        WHERE listed_page IS NULL AND \(isMirrored)
                        UNION ALL
                        SELECT conversation.key, remote_id FROM json_each(?) AS gap CROSS JOIN conversation INDEXED BY conversation_by_page
                            ON listed_page BETWEEN gap.value ->> 0 AND gap.value ->> 1
                        WHERE \(isMirrored))
                    ORDER BY key
                    """,
                arguments: ["\(Store.gaps(between: pages))"]
            ).map { RemoteID($0) }
        }
    }

    /// The runs of pages, each with its first and its last one, that hold none of some pages.
    private static func gaps(between pages: [Int]) -> [[Int]] {
        var gaps: [[Int]] = []
        var next = 0
        for page in Set(pages).sorted() {
            if page > next { gaps.append([next, page - 1]) }
            next = page + 1
        }
        return gaps + [[next, Int.max]]
    }

    /// Caches a page and records which conversations it lists, in the transaction that stores them.
    func note(_ database: Database, _ place: PageKey, _ digest: PageDigest, of ids: [RemoteID], count: Int) throws {
        let listed = JSONText.array(ids.map { .string($0.rawValue) }).text
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET listed_page = NULL
                WHERE listed_page = ?1 AND remote_id NOT IN (SELECT value FROM json_each(?2))
                """
        ).execute(arguments: [place.page, listed])
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET listed_page = ?1
                WHERE remote_id IN (SELECT value FROM json_each(?2)) AND listed_page IS NOT ?1
                """
        ).execute(arguments: [place.page, listed])
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO listed_page VALUES (?, ?, ?, ?, ?)").execute(
            arguments: [
                place.page, place.size, count, Int64(bitPattern: digest.point), Int64(bitPattern: digest.value),
            ])
    }
}
