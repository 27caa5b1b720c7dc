public import ConvoModel
import ConvoSQLite

/// What decides whether more conversations may be marked as deleted without asking a person.
public struct DeletionCensus: Sendable, Hashable {
    /// How many conversations the server has, as far as is known.
    public let mirrored: Int
    /// How many were marked as deleted within the last day, but for those that were deleted from here, and those up to
    /// which a person has accepted it.
    public let recentlyMarked: Int

    public init(mirrored: Int, recentlyMarked: Int = 0) {
        self.mirrored = mirrored
        self.recentlyMarked = recentlyMarked
    }
}

/// Conversations that the server says are not there.
extension Store {
    private static let recentMicroseconds: Int64 = 86_400_000_000

    public func deletionCensus() throws(StoreError) -> DeletionCensus {
        let dayAgo = Timestamp(microseconds: environment.now().microseconds - Store.recentMicroseconds).text
        return try read { database in
            let accepted = try Fact.text(database, .deletionsAccepted) ?? dayAgo
            let counts = try Row.fetchOne(
                database,
                sql: """
                    SELECT COUNT(*) FILTER (WHERE deleted_remotely_at IS NULL) AS mirrored,
                        COUNT(*) FILTER (WHERE deleted_remotely_at > ? AND deleted_remotely_at > ? AND NOT EXISTS (
                            SELECT 1 FROM operation o
                            WHERE o.conversation = c.key AND o.kind = 'delete' AND o.state = 'delivered')) AS marked
                    FROM conversation c WHERE remote_id IS NOT NULL AND local_only = 0 AND hidden = 0
                    """,
                arguments: [dayAgo, accepted])
            return DeletionCensus(mirrored: counts?["mirrored"] ?? 0, recentlyMarked: counts?["marked"] ?? 0)
        }
    }

    /// Marks them. Their entries stay.
    ///
    /// - Parameter isAccepted: a person has said that it is right: what is marked up to now counts no more.
    public func markDeletedRemotely(_ ids: [RemoteID], isAccepted: Bool = false) throws(StoreError) {
        let now = environment.now().text
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE conversation SET deleted_remotely_at = ?, history_due = NULL
                    WHERE remote_id = ? AND deleted_remotely_at IS NULL
                    """)
            for id in ids { try statement.execute(arguments: [now, id.rawValue]) }
            if isAccepted { try Fact.set(database, .deletionsAccepted, now) }
        }
    }
}
