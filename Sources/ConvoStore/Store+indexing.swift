import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoWords

/// Entries that a transaction still has to insert into the index.
struct IndexBatch {
    private(set) var rows: [(key: Int64, words: IndexedWords)] = []

    mutating func add(_ key: Int64, _ words: IndexedWords) { rows.append((key, words)) }
}

/// Changes of the full-text index, which keeps no copy of the text: a row can be removed only with the text that was
/// inserted.
extension Store {
    /// How many pages of the index one merging transaction writes at most.
    ///
    /// Each begins by finding its place in every segment, which makes many small ones slow.
    private static let mergedPages = 256.0

    /// Inserts the batch in the order of its keys: FTS5 flushes what it has gathered whenever a key is smaller than the
    /// one before.
    func index(_ database: Database, _ batch: IndexBatch) throws {
        for row in batch.rows.sorted(by: { $0.key < $1.key }) {
            try insert(database, rowid: row.key, row.words)
        }
    }

    func unindex(_ database: Database, entry key: Int64, raw: JSONText) throws {
        try remove(database, rowid: key, IndexedWords(of: SearchText.of(raw)))
    }

    /// Inserts a queued write: search finds it behind all entries, in the order of acceptance.
    func index(_ database: Database, operation sequence: Int64, request: JSONText) throws {
        try insert(database, rowid: EntryKey.firstOperation + sequence, Store.words(of: request))
    }

    func unindex(_ database: Database, operation sequence: Int64, request: JSONText) throws {
        try remove(database, rowid: EntryKey.firstOperation + sequence, Store.words(of: request))
    }

    private static func words(of request: JSONText) -> IndexedWords {
        IndexedWords(of: SearchText.of(request["inputs"] ?? .null))
    }

    func index(_ database: Database, conversation key: Int64, name: String?, description: String?) throws {
        guard name != nil || description != nil else { return }
        try database.cachedStatement(sql: "INSERT INTO conversation_index (rowid, name, description) VALUES (?, ?, ?)")
            .execute(arguments: [key, IndexedWords(of: name ?? "").text, IndexedWords(of: description ?? "").text])
    }

    func unindex(_ database: Database, conversation key: Int64, name: String?, description: String?) throws {
        guard name != nil || description != nil else { return }
        try database.cachedStatement(
            sql:
                "INSERT INTO conversation_index (conversation_index, rowid, name, description) VALUES ('delete', ?, ?, ?)"
        ).execute(arguments: [key, IndexedWords(of: name ?? "").text, IndexedWords(of: description ?? "").text])
    }

    private func insert(_ database: Database, rowid: Int64, _ words: IndexedWords) throws {
        guard !words.text.isEmpty else { return }
        try database.cachedStatement(sql: "INSERT INTO entry_index (rowid, text) VALUES (?, ?)")
            .execute(arguments: [rowid, words.text])
    }

    private func remove(_ database: Database, rowid: Int64, _ words: IndexedWords) throws {
        guard !words.text.isEmpty else { return }
        try database.cachedStatement(sql: "INSERT INTO entry_index (entry_index, rowid, text) VALUES ('delete', ?, ?)")
            .execute(arguments: [rowid, words.text])
    }

    /// Merges segments of the full-text index for the length of one transaction, if it is time for that.
    ///
    /// Each transaction that indexes leaves a segment. It is time to merge them when this process has written many, or
    /// will write no more. Segments that are not merged cost a search a little time, and nothing else.
    ///
    /// - Parameter hasMoreToCome: whether this process will write more soon.
    /// - Returns: whether another call may find more to merge.
    /// - Throws: ``StoreError`` if the file cannot be written; the index is as it was before the call then.
    public func mergeIndex(hasMoreToCome: Bool) throws(StoreError) -> Bool {
        guard segmentMergePolicy.shouldMerge(hasMoreToCome: hasMoreToCome) else { return false }
        let hasMerged = try write { database in
            let before = database.totalChangesCount
            try database.cachedStatement(sql: "INSERT INTO entry_index (entry_index, rank) VALUES ('merge', ?)")
                .execute(arguments: [Int(Store.mergedPages * budget.share)])
            // The request itself counts as one (sqlite.org/fts5.html#the_merge_command).
            return database.totalChangesCount - before > 1
        }
        if !hasMerged { segmentMergePolicy.noteMerged() }
        return hasMerged
    }

    /// Removes a conversation's entries from the index and the table, and keeps its row without content, so that no
    /// pull brings the conversation back.
    func hide(_ database: Database, _ key: Int64) throws {
        let conversation = try ConversationRow.fetch(database, key: key)
        let entries = try Row.fetchCursor(
            database, sql: "SELECT key, raw FROM entry WHERE conversation = ?", arguments: [key])
        while let entry = try entries.next() {
            try unindex(database, entry: entry["key"], raw: (entry["raw"] as PackedJSON).unpacked())
        }
        try unindex(database, conversation: key, name: conversation.name, description: conversation.description)
        try database.execute(sql: "DELETE FROM entry WHERE conversation = ?", arguments: [key])
        try database.execute(
            sql: "UPDATE conversation SET hidden = 1, raw = NULL, name = NULL, description = NULL WHERE key = ?",
            arguments: [key])
    }
}
