package import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// A conversation as the local endpoint serves it.
package struct ServedConversation: Sendable {
    /// The conversation's id in this store.
    package let id: LocalID
    /// The conversation's id on the server; `nil` before its start is delivered.
    package let remoteID: RemoteID?
    /// The server's object as it came; `nil` until a read has shown the conversation.
    package let raw: JSONText?
    /// The request that has made the conversation, while no read has shown it; `nil` otherwise.
    package let start: JSONText?
    /// What is known of the conversation here: `name`, `description`, `model` and `agent_id`; a branch has them of its origin.
    package let known: [(name: String, value: JSONText)]
    /// When the conversation was made, as the object tells it.
    package let createdAt: String
    /// Whether the stored entries are those of the object's `updated_at`, so that the server need not be asked.
    package let isWhole: Bool
    /// Whether it is marked as deleted on the server, or a deletion is queued.
    package var isGone: Bool { isMarkedDeleted || hasQueuedDeletion }
    /// Whether it is marked as deleted on the server.
    package let isMarkedDeleted: Bool
    /// Whether a deletion is queued, or on its way.
    package let hasQueuedDeletion: Bool
    /// Whether the server does not have it and never will: an exchange that is not stored, an import, another account's.
    package let isOnlyHere: Bool
    /// How many of its writes wait to be sent or settled.
    package let pendingCount: Int
}

/// A conversation's history as the local endpoint serves it.
package struct ServedHistory: Sendable {
    /// The entries as the server lists them, in its order, as they came.
    package let entries: [JSONText]
    /// The writes that were accepted and whose outcome is not known, in the order of acceptance.
    package let unsettled: [OutboxItem]
}

/// What the store knows of a conversation, as of one moment.
package struct ServedState: Sendable {
    /// The conversation; `nil` if there is none.
    package let conversation: ServedConversation?
    /// Its history, if it was asked for; whole if the conversation says so.
    package let history: ServedHistory?
    /// When a pull was last complete; `nil` if none was.
    package let lastPull: Timestamp?
}

/// Reads for the local endpoint, which answers as the server would.
extension Store {
    private static let servedColumns = """
        c.id, c.remote_id, c.raw, c.created_at, c.name, c.description, c.model, c.agent_id,
        c.history_version IS c.updated_at AND c.history_due IS NULL AS is_whole,
        EXISTS (SELECT 1 FROM operation o WHERE o.conversation = c.key
            AND o.kind = 'delete' AND o.state NOT IN ('delivered', 'cancelled', 'refused')) AS is_being_deleted,
        c.deleted_remotely_at IS NOT NULL AS is_marked,
        c.local_only OR c.other_account AS is_only_here,
        (SELECT COUNT(*) FROM operation o WHERE o.conversation = c.key
            AND o.state NOT IN ('delivered', 'cancelled')) AS pending_count,
        iif(c.raw IS NULL, (SELECT o.request FROM operation o WHERE o.conversation = c.key
            AND o.kind IN ('start', 'restart') AND o.state <> 'cancelled' LIMIT 1), NULL) AS start
        """

    /// The conversation with an id, which is the server's or the store's; `nil` if there is none, or it was deleted here.
    ///
    /// - Parameter id: the whole id.
    /// - Returns: the conversation.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func servedConversation(_ id: String) throws(StoreError) -> ServedConversation? {
        try read { database in try servedConversation(database, id) }
    }

    private func servedConversation(_ database: Database, _ id: String) throws -> ServedConversation? {
        for column in ["remote_id", "id"] {
            let statement = try database.cachedStatement(
                sql: "SELECT \(Store.servedColumns) FROM conversation c WHERE c.\(column) = ? AND c.hidden = 0")
            if let row = try Row.fetchOne(statement, arguments: [id]) { return ServedConversation(row: row) }
        }
        return nil
    }

    /// What is known of a conversation as of one moment.
    ///
    /// - Parameters:
    ///   - id: the whole id, which is the server's or the store's.
    ///   - withHistory: whether the entries are read, too.
    /// - Returns: what is known; without a conversation if there is none, or it was deleted here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func served(_ id: String, withHistory: Bool) throws(StoreError) -> ServedState {
        try read { database in
            let conversation = try servedConversation(database, id)
            return ServedState(
                conversation: conversation,
                history: withHistory ? try conversation.map { try servedHistory(database, of: $0) } : nil,
                lastPull: try StoreMetadataKey.text(database, .lastPull).map(Timestamp.init(stored:)))
        }
    }

    /// The server's objects of all conversations that it would list, newest first by creation; conversations that are still to
    /// be started there are among them.
    ///
    /// - Parameters:
    ///   - limit: the largest number of conversations to return.
    ///   - offset: how many to pass over.
    /// - Returns: the conversations.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func servedConversations(limit: Int, offset: Int) throws(StoreError) -> [ServedConversation] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT \(Store.servedColumns) FROM conversation c
                    WHERE c.hidden = 0 AND NOT is_only_here AND NOT is_marked AND NOT is_being_deleted
                        AND (c.raw IS NOT NULL OR c.remote_id IS NULL OR start IS NOT NULL)
                    ORDER BY c.created_at DESC, c.key DESC LIMIT ? OFFSET ?
                    """,
                arguments: [limit, offset]
            ).map(ServedConversation.init)
        }
    }

    /// The entries of a conversation as the server lists them, in its order, as they came.
    ///
    /// - Parameter id: the conversation.
    /// - Returns: the server's objects.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func servedEntries(of id: LocalID) throws(StoreError) -> [JSONText] {
        try read { database in try servedEntries(database, id) }
    }

    private func servedEntries(_ database: Database, _ id: LocalID) throws -> [JSONText] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT e.raw FROM entry e JOIN conversation c ON c.key = e.conversation
                WHERE c.id = ? AND e.dropped_at IS NULL AND e.local_only = 0 ORDER BY e.position, e.key
                """)
        return try Row.fetchAll(statement, arguments: [id.rawValue]).map { $0.json("raw") }
    }

    private func servedHistory(_ database: Database, of conversation: ServedConversation) throws -> ServedHistory {
        let unsettled =
            conversation.pendingCount == 0
            ? []
            : try OutboxItem.fetchAll(
                database,
                sql: OutboxItem.selection + """
                     WHERE c.id = ? AND o.state IN ('queued', 'sending', 'in_doubt') ORDER BY o.sequence
                    """,
                arguments: [conversation.id.rawValue])
        return ServedHistory(entries: try servedEntries(database, conversation.id), unsettled: unsettled)
    }

    /// Opens what tells whether anything has changed in the database.
    ///
    /// - Returns: a function that gives a number, another one once this process or another has committed something; `nil` if it
    ///   cannot be told at once. It takes some microseconds.
    /// - Throws: ``StoreError`` if the file cannot be opened.
    package func makeCommitDetector() throws(StoreError) -> @Sendable () -> Int64? {
        do {
            let detector = try pool.makeCommitDetector()
            return { detector.version }
        } catch {
            throw .wrap(error, path: path)
        }
    }

    /// When a pull was last complete, whether the whole list of the present account has ever been read, and how many writes wait.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func servingFacts() throws(StoreError) -> (lastPull: Timestamp?, hasSwept: Bool, pending: Int) {
        try read { database in
            // Until the present account's list is read to its end, the last pull was the account before's.
            let isSweepDue = try StoreMetadataKey.text(database, .sweepDue) != nil
            return (
                try isSweepDue ? nil : StoreMetadataKey.text(database, .lastPull).map(Timestamp.init(stored:)),
                try !isSweepDue && StoreMetadataKey.text(database, .lastSweep) != nil,
                try database.count(sql: "SELECT COUNT(*) FROM operation WHERE state NOT IN ('delivered', 'cancelled')")
            )
        }
    }
}

extension ServedConversation {
    fileprivate init(row: Row) {
        id = LocalID(row["id"])
        remoteID = (row["remote_id"] as String?).map { RemoteID($0) }
        raw = (row["raw"] as String?).map { JSONText.stored($0) }
        start = (row["start"] as String?).map { JSONText.stored($0) }
        known = ["name", "description", "model", "agent_id"].compactMap { column in
            (row[column] as String?).map { (column, JSONText.string($0)) }
        }
        createdAt = row["created_at"]
        isWhole = row["is_whole"]
        isMarkedDeleted = row["is_marked"]
        hasQueuedDeletion = row["is_being_deleted"]
        isOnlyHere = row["is_only_here"]
        pendingCount = row["pending_count"]
    }
}
