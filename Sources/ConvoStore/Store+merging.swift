import ConvoJSON
import ConvoModel
import ConvoSQLite

/// Merges a history into the entries that are stored of its conversation.
extension Store {
    private struct Held {
        let key: Int64
        let position: Int
        let raw: JSONText
        let isDropped: Bool
        let isLocalOnly: Bool
    }

    struct MergeResult {
        var newCount = 0
        /// Whether anything was added or changed.
        var hasChanged = false
        /// Whether the history leaves out a stored entry that was not marked as dropped for that.
        var isMissing = false
        /// Whether the whole history is merged, and nothing is left for another transaction.
        var isWhole = true
    }

    /// Merges a history by the entries' ids, as far as there is room in the transaction.
    ///
    /// An entry that the history leaves out is kept.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - intake: the history with its prepared entries.
    ///   - conversation: the key of the conversation's row.
    ///   - batch: gathers what the transaction has to insert into the index.
    ///   - room: the bytes that the transaction may still write, less the weight of what is written here; if it is used
    ///     up, the rest of the history is left for another transaction.
    ///   - drops: whether entries that the history leaves out are marked as dropped by the server.
    /// - Returns: what has changed, and whether anything is left.
    /// - Throws: ``DatabaseError``.
    func merge(
        _ database: Database, _ intake: FetchedHistory, into conversation: Int64, _ batch: inout IndexBatch,
        _ room: inout Int, drops: Bool
    ) throws -> MergeResult {
        var held: [TextBytes: Held] = [:]
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: "SELECT key, id, position, raw, dropped_at, local_only FROM entry WHERE conversation = ?"),
            arguments: [conversation])
        while let row = try rows.next() {
            held[TextBytes(row["id"])] = Held(
                key: row["key"], position: row["position"], raw: row.json("raw"), isDropped: !row.isNull("dropped_at"),
                isLocalOnly: row["local_only"])
        }
        var result = MergeResult()
        for (position, id) in Store.names(of: intake.history.entries).enumerated() {
            guard room > 0 else {
                result.isWhole = false
                return result
            }
            let entry = intake.entries[position]
            if let known = held.removeValue(forKey: TextBytes(id)) {
                guard try update(database, known, to: entry, at: position, &batch) else { continue }
            } else {
                try insert(database, entry, id: id, at: position, in: conversation, isLocalOnly: false, &batch)
                result.newCount += 1
            }
            result.hasChanged = true
            room -= entry.weight
        }
        let missing = held.values.filter { !$0.isDropped && !$0.isLocalOnly }.sorted { $0.key < $1.key }
        result.isMissing = !drops && !missing.isEmpty
        guard drops else { return result }
        let now = environment.now().text
        for gone in missing {
            try database.execute(sql: "UPDATE entry SET dropped_at = ? WHERE key = ?", arguments: [now, gone.key])
        }
        return result
    }

    /// Each entry's id, made unique within the history: an entry without an id is named by its position, and the
    /// position is appended to an id that an earlier entry has.
    private static func names(of entries: [Entry]) -> [String] {
        var taken: Set<TextBytes> = []
        return entries.enumerated().map { position, entry in
            var name = entry.id?.rawValue ?? "~\(position)"
            while !taken.insert(TextBytes(name)).inserted { name += "~\(position)" }
            return name
        }
    }

    /// Adds a response's entries behind the last stored entry; entries that are stored already stay as they are.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - entries: the entries in their order.
    ///   - conversation: the key of the conversation's row.
    ///   - isLocalOnly: whether no history brings the entries.
    ///   - gap: how many positions to leave free for entries that a history will bring before these.
    /// - Throws: ``DatabaseError``.
    func add(
        _ database: Database, _ entries: [Entry], to conversation: Int64, isLocalOnly: Bool, behind gap: Int = 0
    ) throws {
        var position =
            try database.count(
                sql: "SELECT IFNULL(MAX(position), -1) + 1 + ? FROM entry WHERE conversation = ?",
                arguments: [gap, conversation])
        var batch = IndexBatch()
        for entry in entries {
            let id = entry.id?.rawValue ?? "~\(position)"
            let isThere = try database.isTrue(
                sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE conversation = ? AND id = ?)",
                arguments: [conversation, id])
            if isThere { continue }
            try insert(
                database, PreparedEntry(entry), id: id, at: position, in: conversation, isLocalOnly: isLocalOnly, &batch
            )
            position += 1
        }
        try index(database, batch)
    }

    private func insert(
        _ database: Database, _ intake: PreparedEntry, id: String, at position: Int, in conversation: Int64,
        isLocalOnly: Bool, _ batch: inout IndexBatch
    ) throws {
        let key = try EntryKey.free(database, for: intake.createdAt ?? environment.now(), environment)
        try database.cachedStatement(
            sql: """
                INSERT INTO entry (key, conversation, id, position, type, role, created, completed_at, raw, local_only)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key, conversation, id, position, intake.entry.type.rawValue, intake.role, intake.createdAt?.microseconds,
            intake.completedAt, intake.entry.raw.text, isLocalOnly,
        ])
        if !intake.files.isEmpty { try Store.note(database, files: intake.files, of: key) }
        batch.add(key, intake.words)
    }

    /// Brings a stored entry up to date.
    ///
    /// - Returns: whether its text or position differed, or it was marked as dropped or as local only.
    private func update(
        _ database: Database, _ known: Held, to intake: PreparedEntry, at position: Int, _ batch: inout IndexBatch
    ) throws -> Bool {
        let entry = intake.entry
        guard known.raw != entry.raw || known.position != position || known.isDropped || known.isLocalOnly else {
            return false
        }
        if known.raw != entry.raw {
            try unindex(database, entry: known.key, raw: known.raw)
            batch.add(known.key, intake.words)
            try Store.note(database, files: intake.files, of: known.key)
        }
        try database.execute(
            sql: """
                UPDATE entry SET raw = ?, position = ?, type = ?, role = ?, created = ?, dropped_at = NULL,
                    local_only = 0, completed_at = IFNULL(?, completed_at) WHERE key = ?
                """,
            arguments: [
                entry.raw.text, position, entry.type.rawValue, intake.role, intake.createdAt?.microseconds,
                intake.completedAt, known.key,
            ])
        return true
    }
}
