import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// The result of the transaction of ``Store/withArchive(of:_:)``: a short conversation, still to be used, or the value of the body.
private enum ArchiveOutcome<Value> {
    case isShort(ArchivedConversation)
    case isDone(Value)
}

/// Reads for exports.
extension Store {
    /// A longer one is not read into memory as a whole by ``withArchive(of:_:)``.
    private static let archiveBytes = 1 << 20

    /// A conversation with all that is kept of it, as of one moment.
    ///
    /// An imported conversation is given with the facts that it came with. Writes that are not delivered are no part of
    /// it. The whole conversation is read into memory.
    ///
    /// - Parameter id: the conversation's local id here.
    /// - Returns: the conversation, with the entries that the server has dropped.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read.
    package func archive(of id: LocalID) throws(StoreError) -> ArchivedConversation {
        try read { database in
            let (archive, _) = try archive(database, of: id, upTo: .max)
            return archive
        }
    }

    /// Reads a conversation as ``archive(of:)``, but its entries one at a time: one of any length needs little memory.
    ///
    /// A conversation of up to a megabyte is read before `body` runs; a longer one while it runs, in one transaction. That keeps
    /// the file's log from beginning anew, so `body` should not wait for a person.
    ///
    /// - Parameters:
    ///   - id: the conversation's local id here.
    ///   - body: uses the conversation, and must not keep it.
    /// - Returns: the value of `body`.
    /// - Throws: ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file cannot be read; what `body` throws.
    package func withArchive<Value>(of id: LocalID, _ body: (StreamedArchive) throws -> Value) throws -> Value {
        do {
            let outcome = try pool.read { database in
                let (archive, key) = try archive(database, of: id, upTo: Store.archiveBytes)
                guard let key else { return ArchiveOutcome<Value>.isShort(archive) }
                let long = StreamedArchive(facts: archive.facts, raw: archive.raw) { [self] visit in
                    _ = try walk(database, key, visit: visit)
                }
                return .isDone(try body(long))
            }
            switch outcome {
            case .isShort(let archive): return try body(StreamedArchive(archive))
            case .isDone(let value): return value
            }
        } catch let error as DatabaseError {
            throw StoreError.wrap(error, path: path)
        }
    }

    /// A conversation with its entries, if these have no more than a number of bytes together; or else without them, and the
    /// key by which they are read.
    private func archive(
        _ database: Database, of id: LocalID, upTo limit: Int
    ) throws -> (ArchivedConversation, key: Int64?) {
        guard let (facts, raw) = try archivedFacts(database, of: id) else {
            throw StoreError.noSuchConversation(id.rawValue)
        }
        var entries: [ArchivedEntry] = []
        guard
            let key = try Int64.fetchOne(
                database, sql: "SELECT key FROM conversation WHERE id = ?", arguments: [id.rawValue])
        else { return (ArchivedConversation(facts: facts, raw: raw, entries: []), nil) }
        var bytes = 0
        let isWhole = try walk(database, key, while: { bytes <= limit }) { entry in
            entries.append(entry)
            bytes += entry.entry.raw.text.utf8.count
        }
        return (ArchivedConversation(facts: facts, raw: raw, entries: isWhole ? entries : []), isWhole ? nil : key)
    }

    /// The local ids of all conversations that were not deleted here, in the order in which they came.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func archivedIDs() throws(StoreError) -> [LocalID] {
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
                    SELECT c.id, c.remote_id, c.raw, c.name, c.local_name, \(Store.tagsSelection) AS tags,
                        c.description, c.model, c.agent_id, c.created_at,
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

    /// Reads entries in their order.
    ///
    /// - Returns: whether all were read, and it did not end before because of `goesOn`.
    private func walk(
        _ database: Database, _ conversation: Int64, while goesOn: () -> Bool = { true },
        visit: (ArchivedEntry) throws -> Void
    ) throws -> Bool {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, raw, dropped_at, local_only, completed_at FROM entry
                    WHERE conversation = ? ORDER BY position, key
                    """),
            arguments: [conversation])
        while try rows.advance() {
            guard goesOn() else { return false }
            try visit(
                ArchivedEntry(
                    id: EntryID(rows[0]), entry: Entry(raw: .stored(rows[1])), droppedAt: rows[2], isLocalOnly: rows[3],
                    completedAt: rows[4]))
        }
        return true
    }

    /// The conversations in which a search finds something, newest activity first.
    ///
    /// The query is that of ``search(_:limit:order:)``, but every entry and name is looked at, however many match, and no
    /// queued write.
    ///
    /// - Parameter query: words, phrases and fields.
    /// - Returns: the conversations; none if nothing is found, or the query asks for nothing.
    /// - Throws: ``StoreError/unreadableMoment(_:_:)``, or another ``StoreError`` if the file cannot be read.
    package func conversationList(matching query: String) throws(StoreError) -> ConversationList {
        var filter = ConversationFilter(query: query)
        filter.findsQueuedWrites = false
        return try conversationList(filter)
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
        localName = row["local_name"]
        tags = Store.tagNames(row["tags"])
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
