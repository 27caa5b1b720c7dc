import ConvoJSON
import ConvoModel
import ConvoSQLite

/// Merges a history into the entries that are stored of its conversation.
extension Store {
    struct Held {
        let key: Int64
        let position: Int
        let raw: JSONText
        let isDropped: Bool
        let isLocalOnly: Bool
    }

    /// A stored entry that a history leaves out.
    private struct Missing {
        let key: Int64
        let position: Int
        let created: Int64?
    }

    /// How far a history is merged that is too long for one transaction.
    struct MergeProgress {
        /// How many of the entries are merged.
        var count = 0
        /// Whether anything was added or changed.
        var hasChanged = false
        /// The last position, before the merge, of a stored entry that the history lists.
        var lastKnown = -1
        /// The keys of the entries that no history lists, and that were moved with the entry that they follow.
        var carried: Set<Int64> = []

        /// Takes note of where a listed entry was before the merge.
        fileprivate mutating func note(_ known: Held) {
            if !known.isDropped, !known.isLocalOnly { lastKnown = max(lastKnown, known.position) }
        }
    }

    struct MergeResult {
        var newCount = 0
        /// Whether the history leaves out a stored entry that was not marked as dropped for that.
        var isMissing = false
        /// Whether the whole history is merged, and nothing is left for another transaction.
        var isWhole = true
    }

    /// Merges a history by the entries' ids, as far as there is room in the transaction.
    ///
    /// An entry that the history leaves out is kept; behind the listed ones if it was behind them before and is not older than they
    /// are, because a history that is older than our last turn leaves that out. What is stored is looked up entry by entry, so that a history of any
    /// length needs no more memory than it has itself, and several transactions take no longer than one.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - intake: the history with its prepared entries.
    ///   - conversation: the key of the conversation's row.
    ///   - progress: what earlier transactions have merged of this history; it goes on from there.
    ///   - batch: gathers what the transaction has to insert into the index.
    ///   - room: the bytes that the transaction may still write, less the weight of what is written here; if it is used
    ///     up, the rest of the history is left for another transaction.
    ///   - drops: whether entries that the history leaves out are marked as dropped by the server.
    /// - Returns: what has changed, and whether anything is left.
    /// - Throws: ``DatabaseError``; ``StoreError`` if the history's entries cannot be read.
    func merge(
        _ database: Database, _ intake: FetchedHistory, into conversation: Int64, _ progress: inout MergeProgress,
        _ batch: inout IndexBatch, _ room: inout Int, drops: Bool
    ) throws -> MergeResult {
        let names = intake.names
        // As a rule nothing is stored from here on, and each entry is new. Where one is stored all the same, it was moved.
        let isNew = try !database.isTrue(
            sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE conversation = ? AND position >= ?)",
            arguments: [conversation, progress.count])
        var result = MergeResult()
        while progress.count < names.count {
            guard room > 0 else {
                result.isWhole = false
                return result
            }
            let (position, id, entry) = (progress.count, names[progress.count], intake.entry(at: progress.count))
            try requireReadable(intake.history)  // nothing of this transaction is stored then
            progress.count += 1
            let known = isNew ? nil : try held(database, id, in: conversation)
            var hasChanged = false
            if let known {
                progress.note(known)
                hasChanged = try update(database, known, to: entry, at: position, &progress, &batch)
            } else if try insert(database, entry, id: id, at: position, in: conversation, isLocalOnly: false, &batch) {
                result.newCount += 1
                hasChanged = true
            } else if let moved = try held(database, id, in: conversation) {
                progress.note(moved)
                hasChanged = try update(database, moved, to: entry, at: position, &progress, &batch)
            }
            guard hasChanged else { continue }
            progress.hasChanged = true
            room -= entry.weight
        }
        let missing = try missing(database, names, in: conversation)
        result.isMissing = !drops && !missing.isEmpty
        try settle(database, missing, behind: names, in: conversation, drops: drops, &progress)
        try placeUnstored(database, in: conversation)
        return result
    }

    /// Gives the entries that a history leaves out their places, and those that no history lists and that followed them.
    ///
    /// The outputs of our own newest turns stay behind the listed entries; an entry without a time may be such an output. What the server has dropped keeps its
    /// position, and what followed it follows the listed entry before it.
    private func settle(
        _ database: Database, _ missing: [Missing], behind names: [String], in conversation: Int64, drops: Bool,
        _ progress: inout MergeProgress
    ) throws {
        guard !missing.isEmpty else { return }
        let newest = try names.last.flatMap { id in
            try Int64.fetchOne(
                database, sql: "SELECT created FROM entry WHERE id = ? AND conversation = ?",
                arguments: [id, conversation])
        }
        let now = environment.now().text
        var end = names.count
        for (number, entry) in missing.enumerated() {
            if drops {
                // So many listed entries are before it.
                let place = min(entry.position - number, names.count)
                try carry(database, besides: entry.key, from: entry.position, to: place - 1, &progress)
                try database.execute(sql: "UPDATE entry SET dropped_at = ? WHERE key = ?", arguments: [now, entry.key])
            } else if entry.position > progress.lastKnown, entry.created ?? .max >= newest ?? .min {
                try carry(database, besides: entry.key, from: entry.position, to: end, &progress)
                if entry.position != end {
                    try database.execute(
                        sql: "UPDATE entry SET position = ? WHERE key = ?", arguments: [end, entry.key])
                }
                end += 1
            }
        }
    }

    /// - Throws: ``StoreError`` if an entry could not be read from the file that holds a long history.
    func requireReadable(_ history: ConversationHistory) throws {
        guard history.entries.isReadable else {
            throw StoreError.unexpected(path: path, detail: "the file that holds a long history cannot be read")
        }
    }

    /// The stored entry with this id in a conversation; `nil` if there is none.
    func held(_ database: Database, _ id: String, in conversation: Int64) throws -> Held? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT key, position, raw, dropped_at, local_only FROM entry WHERE id = ? AND conversation = ?"),
            arguments: [id, conversation]
        ).map { row in
            Held(
                key: row["key"], position: row["position"], raw: row.json("raw"), isDropped: !row.isNull("dropped_at"),
                isLocalOnly: row["local_only"])
        }
    }

    /// The stored entries that a history leaves out, although all others of it are stored, in their order.
    private func missing(
        _ database: Database, _ names: [String], in conversation: Int64
    ) throws -> [Missing] {
        let count = try database.count(
            sql: "SELECT COUNT(*) FROM entry WHERE conversation = ?", arguments: [conversation])
        guard count > names.count else { return [] }
        let known = Set(names.lazy.map { TextBytes($0) })
        var missing: [Missing] = []
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT key, id, position, created FROM entry WHERE conversation = ? AND dropped_at IS NULL AND local_only = 0
                ORDER BY position, key
                """,
            arguments: [conversation])
        while let row = try rows.next() {
            if !known.contains(TextBytes(row["id"])) {
                missing.append(Missing(key: row["key"], position: row["position"], created: row["created"]))
            }
        }
        return missing
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
            _ = try insert(
                database, PreparedEntry(entry), id: id, at: position, in: conversation, isLocalOnly: isLocalOnly, &batch
            )
            position += 1
        }
        try index(database, batch)
    }

    /// Inserts an entry with a key of its own, and notes what the index needs.
    ///
    /// - Returns: `false` if an entry with this id is stored already; nothing is changed then.
    func insert(
        _ database: Database, _ intake: PreparedEntry, id: String, at position: Int, in conversation: Int64,
        isLocalOnly: Bool, behind: Int64 = 0, _ batch: inout IndexBatch
    ) throws -> Bool {
        let key = try entryKeys.free(database, for: intake.createdAt ?? environment.now(), behind: behind)
        try database.cachedStatement(
            sql: """
                INSERT INTO entry (key, conversation, id, position, type, role, created, completed_at, raw, local_only)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, conversation) DO NOTHING
                """
        ).execute(arguments: [
            key, conversation, id, position, intake.entry.type.rawValue, intake.role, intake.createdAt?.microseconds,
            intake.completedAt, intake.entry.raw.text, isLocalOnly,
        ])
        guard database.changesCount > 0 else { return false }
        if !intake.files.isEmpty { try Store.note(database, files: intake.files, of: key) }
        batch.add(key, intake.words)
        return true
    }

    /// Brings a stored entry up to date.
    ///
    /// - Returns: whether its text or position differed, or it was marked as dropped or as local only.
    private func update(
        _ database: Database, _ known: Held, to intake: PreparedEntry, at position: Int,
        _ progress: inout MergeProgress,
        _ batch: inout IndexBatch
    ) throws -> Bool {
        let entry = intake.entry
        guard known.raw != entry.raw || known.position != position || known.isDropped || known.isLocalOnly else {
            return false
        }
        if known.isLocalOnly {
            try dropInputs(database, besideOutput: known.key)
        } else {
            try carry(database, besides: known.key, from: known.position, to: position, &progress)
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
        if let moment = intake.createdAt { try EntryKey.Distances.note(database, key: known.key, of: moment) }
        return true
    }
}
