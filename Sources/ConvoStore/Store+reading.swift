import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// Reads for people and programs; none of them needs a daemon, the network or a key.
extension Store {
    static let conversationSelection = """
        SELECT c.*, p.id AS parent_id,
            (SELECT COUNT(*) FROM entry e WHERE e.conversation = c.key)
                - (SELECT COUNT(*) FROM entry e WHERE e.conversation = c.key AND e.dropped_at IS NOT NULL) AS entry_count,
            (SELECT COUNT(*) FROM operation o WHERE o.conversation = c.key
                AND o.state NOT IN ('delivered', 'cancelled')) AS pending_count,
            (SELECT i.is_whole FROM imported_conversation i WHERE i.conversation = c.key) AS is_imported_whole,
            \(tagsSelection) AS tags, \(Opening.selection) AS opening
        FROM conversation c LEFT JOIN conversation p ON p.key = c.parent
        """

    /// The conversations of the store, newest activity first; those that were deleted here are left out.
    ///
    /// - Parameter limit: the largest number of conversations to return; `nil` for all.
    /// - Returns: the conversations, those that the server has deleted and those that are not there yet included.
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func conversations(limit: Int? = nil) throws(StoreError) -> [StoredConversation] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: Store.conversationSelection + " WHERE c.hidden = 0 ORDER BY c.activity DESC, c.key DESC LIMIT ?",
                arguments: [limit ?? -1]
            ).map(StoredConversation.init)
        }
    }

    /// A conversation with its entries and its open writes, as of one moment.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - withDropped: whether to return entries that the server no longer lists, too.
    /// - Returns: the entries in the conversation's order, and the open writes in the order of acceptance.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    public func history(of id: LocalID, withDropped: Bool = false) throws(StoreError) -> StoredHistory {
        try read { database in
            let conversation = try conversation(database, id)
            let key = try require(database, id).key
            return StoredHistory(
                conversation: conversation, entries: try entries(database, of: key, withDropped: withDropped),
                pending: try pending(database, in: key))
        }
    }

    private func entries(_ database: Database, of conversation: Int64, withDropped: Bool) throws -> [StoredEntry] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT \(StoredEntry.columns) FROM entry
                WHERE conversation = ? \(withDropped ? "" : "AND dropped_at IS NULL") ORDER BY position, key
                """,
            arguments: [conversation])
        var entries: [StoredEntry] = []
        while try rows.advance() { entries.append(StoredEntry(columnsFrom: 0, of: rows)) }
        return entries
    }

    /// The tree of branches that a conversation belongs to, from its first ancestor down.
    ///
    /// Branches nested deeper than 200 levels are left out, and conversations that were deleted here are part of the
    /// tree.
    ///
    /// - Parameter id: any conversation of the tree.
    /// - Returns: the tree's root.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    public func tree(of id: LocalID) throws(StoreError) -> BranchTree {
        try read { database in
            let rootID = try String.fetchOne(
                database,
                sql: """
                    WITH RECURSIVE ancestor (key, depth) AS (
                        SELECT key, 0 FROM conversation WHERE id = ?
                        UNION SELECT c.parent, a.depth + 1 FROM conversation c JOIN ancestor a ON c.key = a.key
                        WHERE c.parent IS NOT NULL AND a.depth < 1000
                    ) SELECT c.id FROM ancestor a JOIN conversation c ON c.key = a.key ORDER BY a.depth DESC LIMIT 1
                    """,
                arguments: [id.rawValue])
            let members = try Row.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE family (key) AS (
                        SELECT key FROM conversation WHERE id = ?
                        UNION SELECT c.key FROM conversation c JOIN family f ON c.parent = f.key
                    ) \(Store.conversationSelection) JOIN family ON family.key = c.key ORDER BY c.created_at, c.key
                    """,
                arguments: [rootID ?? id.rawValue]
            ).map(StoredConversation.init)
            guard let root = members.first(where: { $0.id.rawValue == rootID }) else {
                throw StoreError.noSuchConversation(id.rawValue)
            }
            return BranchTree(root: root, members: members, depth: 0)
        }
    }

    /// Counts what the store holds, as of one moment.
    public func status() throws(StoreError) -> StoreStatus {
        try read { database in
            var outbox = Dictionary(uniqueKeysWithValues: OperationState.allCases.map { ($0, 0) })
            for row in try Row.fetchAll(database, sql: "SELECT state, COUNT(*) AS count FROM operation GROUP BY state")
            {
                OperationState(rawValue: row["state"]).map { outbox[$0] = row["count"] }
            }
            return StoreStatus(
                conversations: try database.count(sql: "SELECT COUNT(*) FROM conversation WHERE hidden = 0"),
                entries: try database.count(sql: "SELECT COUNT(*) FROM entry WHERE dropped_at IS NULL"),
                outbox: outbox,
                lastPullAt: try StoreMetadataKey.text(database, .lastPull).map(Timestamp.init(stored:)),
                lastSweepAt: try StoreMetadataKey.text(database, .lastSweep).map(Timestamp.init(stored:)))
        }
    }

    func conversation(_ database: Database, _ id: LocalID) throws -> StoredConversation {
        let row = try Row.fetchOne(
            database, sql: Store.conversationSelection + " WHERE c.hidden = 0 AND c.id = ?", arguments: [id.rawValue])
        guard let row else { throw StoreError.noSuchConversation(id.rawValue) }
        return StoredConversation(row: row)
    }
}

extension StoredConversation {
    init(row: Row) {
        id = LocalID(row["id"])
        remoteID = (row["remote_id"] as String?).map { RemoteID($0) }
        name = row["name"]
        localName = row["local_name"]
        tags = Store.tagNames(row["tags"])
        opening = (row["opening"] as String?).flatMap { Opening.words(of: .stored($0)) }
        description = row["description"]
        model = row["model"]
        agentID = row["agent_id"]
        createdAt = Timestamp(stored: row["created_at"])
        updatedAt = Timestamp(stored: row["updated_at"])
        entryCount = row["entry_count"]
        pendingCount = row["pending_count"]
        deletedRemotelyAt = (row["deleted_remotely_at"] as String?).map(Timestamp.init(stored:))
        isLocalOnly = row["local_only"]
        importState = (row["is_imported_whole"] as Bool?).map { $0 ? .whole : .partial }
        isFromAccountBefore = row["other_account"]
        parent = (row["parent_id"] as String?).map { parent in
            Parent(
                conversation: LocalID(parent), entry: (row["parent_entry_id"] as String?).map { EntryID($0) },
                isInferred: row["parent_inferred"])
        }
        raw = (row["raw"] as String?).map { JSONText.stored($0) }
    }
}

extension BranchTree {
    /// The deepest level of branches in a tree.
    static let depthLimit = 200

    fileprivate init(root: StoredConversation, members: [StoredConversation], depth: Int) {
        conversation = root
        branches =
            depth < BranchTree.depthLimit
            ? members.filter { $0.parent?.conversation == root.id && $0.id != root.id }
                .map { BranchTree(root: $0, members: members, depth: depth + 1) } : []
    }
}

extension Row {
    /// The JSON of a column that the store wrote itself; it is not checked again, and so costs nothing.
    func json(_ column: String) -> JSONText { .stored(self[column]) }
}
