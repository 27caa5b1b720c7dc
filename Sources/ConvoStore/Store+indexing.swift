import ConvoModel
import ConvoSQLite

/// Entries that a transaction has still to bring into the index.
struct IndexBatch {
    private(set) var rows: [(key: Int64, words: IndexedWords)] = []

    mutating func add(_ key: Int64, _ words: IndexedWords) { rows.append((key, words)) }
}

/// The full-text index keeps no copy of the text, so each row leaves it by the text that it came with.
extension Store {
    /// Of the index, written at most by one transaction that merges: each begins by finding its place in every part.
    private static let mergedPages = 256.0

    /// In the order of their keys: FTS5 writes out what it has gathered whenever a key is smaller than the one before.
    func index(_ database: Database, _ batch: IndexBatch) throws {
        for row in batch.rows.sorted(by: { $0.key < $1.key }) {
            try insert(database, rowid: row.key, row.words)
        }
    }

    func unindex(_ database: Database, entry key: Int64, raw: JSONText) throws {
        try remove(database, rowid: key, IndexedWords(of: SearchText.of(raw)))
    }

    /// What is queued is found too, behind all entries, in the order of acceptance.
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

    /// One transaction towards making one part of the many that transactions have written, where it is time for it.
    ///
    /// It is time when many have been written, or there are no more to come. What is left undone costs a search a little
    /// time, and nothing else.
    ///
    /// - Returns: whether there may be more of it to do.
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

    /// Takes a conversation's entries out of the index and the table, and leaves its row as a mark that it is not
    /// wanted here.
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
