public import ConvoModel
import ConvoSQLite

/// How many conversations there are, and how many have gone lately: by these numbers the engine decides whether it may mark
/// more of them as deleted, or a person must accept that.
public struct DeletionCensus: Sendable, Hashable {
    /// How many conversations the server has, as far as is known.
    public let mirrored: Int
    /// How many the engine has marked as deleted within the last day. Those that `convo delete` deleted do not count, nor do
    /// those that it marked before a person last accepted deletions.
    public let recentlyMarked: Int

    public init(mirrored: Int, recentlyMarked: Int = 0) {
        self.mirrored = mirrored
        self.recentlyMarked = recentlyMarked
    }
}

/// Conversations that the server says are not there.
extension Store {
    private static let recentMicroseconds: Int64 = 86_400_000_000

    /// Counts them now. Reads only.
    public func deletionCensus() throws(StoreError) -> DeletionCensus {
        let dayAgo = Timestamp(microseconds: environment.now().microseconds - Store.recentMicroseconds).text
        return try read { database in
            let accepted = try StoreMetadataKey.text(database, .deletionsAccepted) ?? dayAgo
            let ours = """
                SELECT COUNT(*) FROM conversation c
                WHERE remote_id IS NOT NULL AND local_only = 0 AND hidden = 0 AND other_account = 0
                """
            return DeletionCensus(
                mirrored: try database.count(sql: ours + " AND deleted_remotely_at IS NULL"),
                recentlyMarked: try database.count(
                    sql: ours + """
                         AND deleted_remotely_at > ? AND NOT EXISTS (SELECT 1 FROM operation o
                            WHERE o.conversation = c.key AND o.kind = 'delete' AND o.state = 'delivered')
                        """,
                    arguments: [max(dayAgo, accepted)]))
        }
    }

    /// Whether the conversation is one that our own write made lately, and that no answer to a read has shown yet: a replica
    /// of the server may lack it still. Reads only.
    ///
    /// - Parameter moment: when the write was sent, at the earliest.
    public func isUnseen(_ id: RemoteID, madeSince moment: Timestamp) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM conversation c JOIN operation o ON o.conversation = c.key
                        WHERE c.remote_id = ? AND c.raw IS NULL AND o.kind IN ('start', 'restart') AND o.sent >= ?)
                    """,
                arguments: [id.rawValue, moment.microseconds])
        }
    }

    /// Marks conversations as deleted on the server. Their entries stay; those that are marked already stay as
    /// they are, and so do those of the account before: nobody has asked that one.
    ///
    /// - Parameter isAccepted: whether a person has accepted it. Then no conversation that is marked by now counts in
    ///   ``DeletionCensus/recentlyMarked`` any more.
    public func markDeletedRemotely(_ ids: [RemoteID], isAccepted: Bool = false) throws(StoreError) {
        let now = environment.now().text
        try write { database in
            let statement = try database.cachedStatement(
                sql: """
                    UPDATE conversation SET deleted_remotely_at = ?, history_due = NULL
                    WHERE remote_id = ? AND deleted_remotely_at IS NULL AND other_account = 0
                    """)
            for id in ids { try statement.execute(arguments: [now, id.rawValue]) }
            if isAccepted { try StoreMetadataKey.set(database, .deletionsAccepted, now) }
        }
    }
}
