import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoWords

/// The rows of imported conversations.
extension Store {
    func insert(_ database: Database, _ archive: inout ArchiveImport, id: String) throws -> Int64 {
        let facts = archive.conversation.facts
        try database.cachedStatement(
            sql: """
                INSERT INTO conversation (id, created_at, updated_at, activity, local_only) VALUES (?, ?, ?, 0, 1)
                """
        ).execute(arguments: [id, facts.createdAt, facts.updatedAt])
        let key = database.lastInsertedRowID
        try setFacts(database, of: key, to: archive.conversation.facts, archive.conversation.raw)
        archive.key = key
        archive.isNew = true
        return key
    }

    func update(_ database: Database, _ known: ConversationRow, to archive: inout ArchiveImport) throws {
        archive.key = known.key
        guard !known.isHidden, let held = try archivedFacts(database, of: known.id) else {
            archive.precedence = .newer
            return try setFacts(database, of: known.key, to: archive.conversation.facts, archive.conversation.raw)
        }
        let isWhole = try database.isTrue(
            sql: "SELECT is_whole FROM imported_conversation WHERE conversation = ?", arguments: [known.key])
        archive.precedence = archive.precedence(over: known.updatedAt, isWhole: isWhole)
        // The first transaction of an import stores all its facts.
        let precedence = archive.precedence == .unfinished ? .same : archive.precedence
        let facts = held.facts.merged(with: archive.conversation.facts, by: precedence)
        let raw = precedence.value(held.raw, archive.conversation.raw)
        guard facts != held.facts || raw != held.raw else { return }
        try unindex(database, conversation: known.key, known.names)
        try setFacts(database, of: known.key, to: facts, raw)
        archive.hasNewFacts = true
    }

    /// Writes the facts of an archive into a row whose name is not in the index.
    private func setFacts(
        _ database: Database, of key: Int64, to facts: ArchivedConversation.Facts, _ raw: JSONText?
    ) throws {
        let parent = facts.parent
        // The newest that the archive tells of.
        let activity =
            Timestamp(lenient: facts.updatedAt) ?? Timestamp(lenient: facts.createdAt) ?? Timestamp(microseconds: 0)
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET remote_id = IFNULL(?, remote_id), raw = ?, name = ?, description = ?, model = ?,
                    agent_id = ?, created_at = ?, updated_at = ?, activity = ?, deleted_remotely_at = ?, local_name = ?
                WHERE key = ?
                """
        ).execute(arguments: [
            facts.remoteID?.rawValue, raw?.text, facts.name, facts.description, facts.model,
            facts.agentID, facts.createdAt, facts.updatedAt, activity.microseconds, facts.deletedRemotelyAt,
            facts.localName, key,
        ])
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO imported_conversation (conversation, imported_at, origin_id, origin_local_only,
                    parent_id, parent_remote_id, parent_entry_id, parent_inferred) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key, environment.now().text, facts.id.rawValue, facts.isLocalOnly, parent?.id.rawValue,
            parent?.remoteID?.rawValue, parent?.entry?.rawValue, parent?.isInferred ?? false,
        ])
        try addTags(database, Tag.distinct(facts.tags), to: key)
        let names = SearchedNames(localName: facts.localName, name: facts.name, description: facts.description)
        try index(database, conversation: key, names)
        try link(database, key, facts)
    }

    /// Records the parent of an imported conversation, and the conversation as the parent of those that were imported
    /// before it; whichever of them is not here yet is linked when it is imported.
    private func link(_ database: Database, _ key: Int64, _ facts: ArchivedConversation.Facts) throws {
        try database.execute(
            sql: "UPDATE conversation SET parent = NULL, parent_entry_id = NULL, parent_inferred = 0 WHERE key = ?",
            arguments: [key])
        if let parent = facts.parent, let row = try row(database, of: parent.id, parent.remoteID), !row.isHidden {
            try link(database, key, to: row.key)
        }
        let children = try Int64.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT conversation FROM imported_conversation WHERE parent_id = ?1
                    UNION SELECT conversation FROM imported_conversation WHERE parent_remote_id = ?2
                    """),
            arguments: [facts.id.rawValue, facts.remoteID?.rawValue])
        for child in children { try link(database, child, to: key) }
    }

    /// Makes a conversation the parent of an imported one that has none, unless it is a branch of that one itself.
    private func link(_ database: Database, _ child: Int64, to parent: Int64) throws {
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET parent = ?2, (parent_entry_id, parent_inferred) =
                    (SELECT parent_entry_id, parent_inferred FROM imported_conversation WHERE conversation = ?1)
                WHERE key = ?1 AND parent IS NULL AND key NOT IN (
                    WITH RECURSIVE ancestor (key) AS (
                        SELECT ?2 UNION SELECT c.parent FROM conversation c JOIN ancestor a ON c.key = a.key
                        WHERE c.parent IS NOT NULL
                    ) SELECT key FROM ancestor)
                """
        ).execute(arguments: [child, parent])
    }

    /// Whether the conversation was imported, and no server has shown it to this account since.
    func isImported(_ database: Database, _ key: Int64) throws -> Bool {
        try database.isTrue(
            sql: "SELECT EXISTS (SELECT 1 FROM imported_conversation WHERE conversation = ?)", arguments: [key])
    }

    /// Makes an imported conversation that the server has shown a mirrored one, whose history is to be read.
    ///
    /// Nothing happens to another one.
    func mirrorImported(_ database: Database, _ key: Int64) throws {
        try database.execute(sql: "DELETE FROM imported_conversation WHERE conversation = ?", arguments: [key])
        guard database.changesCount > 0 else { return }
        try database.execute(
            sql: "UPDATE conversation SET local_only = 0, history_version = NULL WHERE key = ?", arguments: [key])
        // Files are fetched of conversations of this account only, so those of an import are not known yet.
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT key, raw FROM entry WHERE conversation = ? AND (type = 'tool.execution'
                    OR instr(raw, 'tool_file') > 0 OR instr(raw, 'document_url') > 0 OR instr(raw, 'image_url') > 0)
                """,
            arguments: [key])
        for row in rows {
            let files = Entry(raw: row.json("raw")).files
            if !files.isEmpty { try Store.note(database, files: files, of: row["key"]) }
        }
    }

    /// Stores one entry of an archive.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - item: the entry.
    ///   - conversation: the key of the conversation's row.
    ///   - precedence: whose values count where an entry is here and differs.
    ///   - batch: gathers what the transaction has to insert into the index.
    /// - Returns: whether the entry was added or changed.
    /// - Throws: ``DatabaseError``.
    func store(
        _ database: Database, _ item: ArchiveImport.Item, in conversation: Int64,
        by precedence: ArchiveImport.Precedence, _ batch: inout IndexBatch
    ) throws -> Bool {
        let (archived, prepared) = (item.archived, item.prepared)
        let known = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT key, position, raw, dropped_at, local_only, completed_at FROM entry
                    WHERE conversation = ? AND id = ?
                    """),
            arguments: [conversation, archived.id.rawValue])
        guard let known else {
            let values: StatementArguments = [
                item.position, archived.entry.type.rawValue, prepared.role, prepared.createdAt?.microseconds,
                archived.completedAt, archived.entry.raw.text, archived.droppedAt, archived.isLocalOnly,
            ]
            let last =
                item.isBeside
                ? try Int64.fetchOne(
                    database, sql: "SELECT MAX(key) FROM entry WHERE conversation = ? AND position = ?",
                    arguments: [conversation, item.position]) : nil
            let key = try entryKeys.free(
                database, for: prepared.createdAt ?? environment.now(), behind: last ?? 0)
            try database.cachedStatement(
                sql: """
                    INSERT INTO entry (position, type, role, created, completed_at, raw, dropped_at, local_only, key,
                        conversation, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: values + [key, conversation, archived.id.rawValue])
            batch.add(key, prepared.words)
            return true
        }
        let (key, raw): (Int64, _) = (known["key"], known.json("raw"))
        let held: (completedAt: String?, droppedAt: String?) = (known["completed_at"], known["dropped_at"])
        let completedAt = precedence.value(held.completedAt, archived.completedAt)
        let droppedAt = precedence.value(held.droppedAt, archived.droppedAt)
        let hasOtherTimes =
            !completedAt.hasSameBytes(as: held.completedAt) || !droppedAt.hasSameBytes(as: held.droppedAt)
        let isReplaced =
            precedence.replaces
            && (raw != archived.entry.raw || known["position"] != item.position
                || known["local_only"] != archived.isLocalOnly)
        guard hasOtherTimes || isReplaced else { return false }
        try database.cachedStatement(sql: "UPDATE entry SET completed_at = ?, dropped_at = ? WHERE key = ?")
            .execute(arguments: [completedAt, droppedAt, key])
        guard isReplaced else { return true }
        if raw != archived.entry.raw {
            try unindex(database, entry: key, raw: raw)
            batch.add(key, prepared.words)
        }
        try database.cachedStatement(
            sql: "UPDATE entry SET position = ?, type = ?, role = ?, created = ?, raw = ?, local_only = ? WHERE key = ?"
        ).execute(arguments: [
            item.position, archived.entry.type.rawValue, prepared.role, prepared.createdAt?.microseconds,
            archived.entry.raw.text, archived.isLocalOnly, key,
        ])
        if let moment = prepared.createdAt { try EntryKey.Distances.note(database, key: key, of: moment) }
        return true
    }
}

extension ArchivedConversation.Facts {
    /// These facts, which are here, with those of an archive.
    fileprivate func merged(
        with own: ArchivedConversation.Facts, by precedence: ArchiveImport.Precedence
    ) -> ArchivedConversation.Facts {
        var facts = precedence == .newer ? own : self  // its id, its times, and whether it was kept by its client only
        facts.remoteID = precedence.value(remoteID, own.remoteID)
        facts.name = precedence.value(name, own.name)
        facts.description = precedence.value(description, own.description)
        facts.model = precedence.value(model, own.model)
        facts.agentID = precedence.value(agentID, own.agentID)
        facts.deletedRemotelyAt = precedence.value(deletedRemotelyAt, own.deletedRemotelyAt)
        facts.parent = precedence.value(parent, own.parent)
        // The server's time says nothing of these: what is here stays, and what is missing comes.
        facts.localName = localName ?? own.localName
        let known = Set(tags.map(FoldedText.of))
        facts.tags = tags + own.tags.filter { !known.contains(FoldedText.of($0)) }
        return facts
    }
}
