package import ConvoModel
import ConvoSQLite

/// What whoever watches a daemon wants to know of the database, read without a look at every entry.
package struct MonitoringFacts: Sendable, Hashable {
    /// How many conversations are stored, without those that were deleted here; `nil` where they were not counted.
    package let conversations: Int?
    /// How many writes are in each open state; every open state has a count.
    package let open: [OperationState: Int]
    /// When the oldest write was accepted that is not on the server and waits for no decision; `nil` if there is none.
    package let oldestWaitingAt: Timestamp?
    /// When a pull was last complete; `nil` if none was.
    package let lastPullAt: Timestamp?
    /// When a pull of all pages of the list was last complete; `nil` if none was.
    package let lastSweepAt: Timestamp?

    /// Creates facts that a test gives.
    package init(
        conversations: Int?, open: [OperationState: Int], oldestWaitingAt: Timestamp?, lastPullAt: Timestamp?,
        lastSweepAt: Timestamp?
    ) {
        self.conversations = conversations
        self.open = open
        self.oldestWaitingAt = oldestWaitingAt
        self.lastPullAt = lastPullAt
        self.lastSweepAt = lastSweepAt
    }
}

extension Store {
    /// Reads what whoever watches a daemon wants to know.
    ///
    /// Blocks for file I/O. It counts neither entries nor delivered writes, of which there may be millions.
    ///
    /// - Parameter countsConversations: whether it counts the conversations, which takes ten milliseconds for 200,000.
    /// - Returns: the facts, all of one moment.
    /// - Throws: ``StoreError`` if the database cannot be read.
    package func monitoringFacts(countsConversations: Bool = true) throws(StoreError) -> MonitoringFacts {
        try read { database in
            var open = Dictionary(
                uniqueKeysWithValues: OperationState.allCases.filter(\.isOpen).map { ($0, 0) })
            var oldest: Timestamp?
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT state, COUNT(*) AS count, MIN(created_at) AS oldest FROM operation
                    WHERE state NOT IN ('delivered', 'cancelled') GROUP BY state
                    """)
            for row in rows {
                guard let state = OperationState(rawValue: row["state"]) else { continue }
                open[state] = row["count"]
                guard state != .refused, state != .held else { continue }
                let accepted = Timestamp(stored: row["oldest"])
                oldest = min(oldest ?? accepted, accepted)
            }
            return MonitoringFacts(
                conversations: countsConversations
                    ? try database.count(sql: "SELECT COUNT(*) FROM conversation WHERE hidden = 0") : nil,
                open: open, oldestWaitingAt: oldest,
                lastPullAt: try StoreMetadataKey.text(database, .lastPull).map(Timestamp.init(stored:)),
                lastSweepAt: try StoreMetadataKey.text(database, .lastSweep).map(Timestamp.init(stored:)))
        }
    }
}
