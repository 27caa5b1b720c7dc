import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// Reads for exports.
extension Store {
    /// A conversation with all that is kept of it, as of one moment.
    ///
    /// An imported conversation is given with the facts that it came with. Writes that are not delivered are no part of
    /// it. The whole conversation is read into memory.
    ///
    /// - Parameter id: the conversation's local id here.
    /// - Returns: the conversation, with the entries that the server has dropped.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    public func archive(of id: LocalID) throws(StoreError) -> ArchivedConversation {
        try read { database in
            guard let (facts, raw) = try archivedFacts(database, of: id) else {
                throw StoreError.noSuchConversation(id.rawValue)
            }
            let key = try Int64.fetchOne(
                database, sql: "SELECT key FROM conversation WHERE id = ?", arguments: [id.rawValue])
            return ArchivedConversation(
                facts: facts, raw: raw, entries: try key.map { try archivedEntries(database, of: $0) } ?? [])
        }
    }

    /// The local ids of all conversations that were not deleted here, in the order in which they came.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func archivedIDs() throws(StoreError) -> [LocalID] {
        try read { database in
            try String.fetchAll(database, sql: "SELECT id FROM conversation WHERE hidden = 0 ORDER BY key")
        }.map { LocalID($0) }
    }

    /// A conversation's facts and the server's object, as an export gives them; `nil` if it is not here.
    func archivedFacts(
        _ database: Database, of id: LocalID
    ) throws -> (facts: ArchivedConversation.Facts, raw: JSONText?)? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT c.id, c.remote_id, c.raw, c.name, c.description, c.model, c.agent_id, c.created_at,
                        c.updated_at, c.deleted_remotely_at, c.local_only, c.parent_entry_id, c.parent_inferred,
                        p.id AS parent_id, p.remote_id AS parent_remote_id,
                        i.conversation IS NOT NULL AS is_imported, i.origin_id, i.origin_local_only,
                        i.parent_id AS origin_parent_id, i.parent_remote_id AS origin_parent_remote_id,
                        i.parent_entry_id AS origin_parent_entry_id, i.parent_inferred AS origin_parent_inferred
                    FROM conversation c LEFT JOIN conversation p ON p.key = c.parent
                        LEFT JOIN imported_conversation i ON i.conversation = c.key
                    WHERE c.hidden = 0 AND c.id = ?
                    """),
            arguments: [id.rawValue])
        return row.map {
            (ArchivedConversation.Facts(row: $0), ($0["raw"] as String?).map { JSONText.stored($0) })
        }
    }

    private func archivedEntries(_ database: Database, of conversation: Int64) throws -> [ArchivedEntry] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, raw, dropped_at, local_only, completed_at FROM entry
                    WHERE conversation = ? ORDER BY position, key
                    """),
            arguments: [conversation])
        var entries: [ArchivedEntry] = []
        while let row = try rows.next() {
            entries.append(
                ArchivedEntry(
                    id: EntryID(row["id"]), entry: Entry(raw: row.json("raw")), droppedAt: row["dropped_at"],
                    isLocalOnly: row["local_only"], completedAt: row["completed_at"]))
        }
        return entries
    }

    /// The conversations in which a search finds something, newest activity first.
    ///
    /// The query is that of ``search(_:limit:order:)``, but every entry and name is looked at, however many match, and no
    /// queued write.
    ///
    /// - Parameter query: words, phrases and fields.
    /// - Returns: the conversations; empty if nothing is found, or the query asks for nothing.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)``, or another ``StoreError`` if the file cannot be read.
    public func conversations(matching query: String) throws(StoreError) -> [StoredConversation] {
        let now = environment.now()
        let parsed = try SearchQuery(query, calendar: SearchCalendar(now: now, zone: environment.timeZone()))
        guard parsed.expression != nil || !parsed.conditions.isEmpty else { return [] }
        let keys = try read { database in
            let search = try Search(
                database, parsed, order: .date, now: now,
                index: IndexState.load(database, own: environment.indexVersion))
            return try search.conversationKeys()
        }
        return try read { database in
            try Row.fetchAll(
                database,
                sql: Store.conversationSelection + """
                     WHERE c.hidden = 0 AND c.key IN (SELECT value FROM json_each(?)) ORDER BY c.activity DESC, c.key DESC
                    """,
                arguments: ["\(keys.sorted())"]
            ).map(StoredConversation.init)
        }
    }
}

extension ArchivedConversation.Facts {
    fileprivate init(row: Row) {
        let isImported: Bool = row["is_imported"]
        self.init(
            id: LocalID(isImported ? row["origin_id"] : row["id"]), createdAt: row["created_at"],
            updatedAt: row["updated_at"])
        remoteID = (row["remote_id"] as String?).map { RemoteID($0) }
        name = row["name"]
        description = row["description"]
        model = row["model"]
        agentID = row["agent_id"]
        deletedRemotelyAt = row["deleted_remotely_at"]
        isLocalOnly = row[isImported ? "origin_local_only" : "local_only"]
        let prefix = isImported ? "origin_" : ""
        parent = (row["\(prefix)parent_id"] as String?).map { parent in
            ArchivedConversation.Parent(
                id: LocalID(parent),
                remoteID: (row["\(prefix)parent_remote_id"] as String?).map { RemoteID($0) },
                entry: (row["\(prefix)parent_entry_id"] as String?).map { EntryID($0) },
                isInferred: row["\(prefix)parent_inferred"])
        }
    }
}

extension Search {
    /// The keys of the conversations in whose entries, name or description something is found.
    fileprivate func conversationKeys() throws -> Set<Int64> {
        let (test, values) = SearchSource.entries.sql(query.conditions)
        var (source, arguments) = ("entry e", StatementArguments())
        var condition = "e.key BETWEEN ? AND ?"
        if let expression = query.expression {
            source = "entry_fts CROSS JOIN entry e ON e.key = entry_fts.rowid"
            condition = "entry_fts MATCH ? AND entry_fts.rowid BETWEEN ? AND ?"
            arguments = [expression]
        }
        var keys = Set(
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT DISTINCT e.conversation FROM \(source) CROSS JOIN conversation c ON c.key = e.conversation
                    WHERE \(condition) \(test)
                    """,
                arguments: arguments + [span.first, min(span.last, EntryKey.firstOperation - 1)] + values))
        guard let expression = query.expression, !query.isAboutEntries else { return keys }
        let (nameTest, nameValues) = SearchSource.conversations.sql(query.conditions)
        keys.formUnion(
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT c.key FROM conversation_fts CROSS JOIN conversation c ON c.key = conversation_fts.rowid
                    WHERE conversation_fts MATCH ? \(nameTest)
                    """,
                arguments: [expression] + nameValues))
        return keys
    }
}
