public import ConvoModel
import ConvoSQLite

/// The list's pages that need not be read again.
///
/// The schema sees to it that none of them is believed for longer than it is true: whatever happens to a conversation,
/// by whomever, takes away the page that listed it.
extension Store {
    /// The page that was taken in there, `nil` where it has to be read.
    public func cachedPage(at place: PageKey) throws(StoreError) -> CachedPage? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT count, digest_point, digest_value,
                            (SELECT page FROM listed_page WHERE size = ?2 AND count > 0 ORDER BY page DESC LIMIT 1) AS last
                        FROM listed_page WHERE page = ?1 AND size = ?2
                        """),
                arguments: [place.page, place.size]
            ).map { row in
                CachedPage(
                    place: place, count: row["count"],
                    digest: PageDigest(
                        point: UInt64(bitPattern: row["digest_point"]), value: UInt64(bitPattern: row["digest_value"])),
                    last: row["last"] ?? 0)
            }
        }
    }

    /// Of the conversations that the server has, as far as is known, those that are on none of these pages. What a whole
    /// sweep did not list is checked with `get` before it is taken for deleted: pages shift while they are read.
    public func mirrored(exceptOn pages: [Int]) throws(StoreError) -> [RemoteID] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT remote_id FROM conversation INDEXED BY conversation_by_page
                    WHERE remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0
                        AND other_account = 0
                        AND (listed_page IS NULL OR listed_page NOT IN (SELECT value FROM json_each(?)))
                    ORDER BY key
                    """,
                arguments: ["\(pages)"]
            ).map { RemoteID($0) }
        }
    }

    /// Notes whom a page lists, in the transaction that takes it in.
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
