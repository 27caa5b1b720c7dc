import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoWords

/// Entries that a transaction still has to insert into the index.
struct IndexBatch {
    private(set) var rows: [(key: Int64, words: IndexedWords)] = []

    mutating func add(_ key: Int64, _ words: IndexedWords) { rows.append((key, words)) }
}

/// The texts by which a search finds a conversation itself.
struct SearchedNames {
    /// The person's own name for it.
    var localName: String?
    /// The server's name.
    var name: String?
    /// The server's description.
    var description: String?

    /// What the columns of the index stand for; `nil` if there is nothing to be found.
    var texts: [String]? {
        guard localName != nil || name != nil || description != nil else { return nil }
        return [[localName, name].compactMap(\.self).joined(separator: "\n"), description ?? ""]
    }
}

extension SearchedNames {
    /// SQL for the columns that ``init(row:)`` reads.
    static let columns = "local_name, name, description"
    /// SQL for the condition that ``texts`` is not `nil`.
    static let exist = "(local_name IS NOT NULL OR name IS NOT NULL OR description IS NOT NULL)"

    init(row: Row) {
        self.init(localName: row["local_name"], name: row["name"], description: row["description"])
    }
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
        try remove(database, .entries, key, [SearchText.of(raw)])
    }

    /// Inserts a queued write: search finds it behind all entries, in the order of acceptance.
    func index(_ database: Database, operation sequence: Int64, request: JSONText) throws {
        try insert(database, rowid: EntryKey.firstOperation + sequence, Store.words(of: request))
    }

    func unindex(_ database: Database, operation sequence: Int64, request: JSONText) throws {
        try remove(database, .entries, EntryKey.firstOperation + sequence, [Store.text(of: request)])
    }

    static func text(of request: JSONText) -> String { SearchText.of(request["inputs"] ?? .null) }

    static func words(of request: JSONText) -> IndexedWords { IndexedWords(of: text(of: request)) }

    func index(_ database: Database, conversation key: Int64, _ names: SearchedNames) throws {
        guard let texts = names.texts else { return }
        try insert(database, .conversations, key, texts.map { IndexedWords(of: $0) })
    }

    func unindex(_ database: Database, conversation key: Int64, _ names: SearchedNames) throws {
        guard let texts = names.texts else { return }
        try remove(database, .conversations, key, texts)
    }

    private func insert(_ database: Database, rowid: Int64, _ words: IndexedWords) throws {
        // Another version's rules may find words where ours find none.
        guard try !words.text.isEmpty || indexState(database).mode == .deferred else { return }
        try insert(database, .entries, rowid, [words])
    }

    /// Adds a row to the index, or has another process add it: see ``IndexState/Mode``.
    private func insert(
        _ database: Database, _ table: IndexTable, _ key: Int64, _ words: [IndexedWords]
    ) throws {
        let state = try indexState(database)
        if state.mode == .direct || state.rebuild != nil, table == .conversations || !words[0].text.isEmpty {
            try table.insert(database, into: table.rawValue, key, words)
        }
        let isHeld = state.rebuild?.covers(table, key) ?? true
        switch state.mode {
        case .direct: break
        case .beside: if isHeld { try table.insert(database, into: table.rebuilt, key, words) }
        case .deferred: if isHeld { try IndexDebt.add(database, table, key) }
        }
    }

    /// Removes a row from the index by the text that it came with, or has another process remove it.
    ///
    /// While a rebuild is under way, the row stays in the index that it replaces: searches leave out rows that are gone.
    private func remove(_ database: Database, _ table: IndexTable, _ key: Int64, _ texts: [String]) throws {
        let state = try indexState(database)
        let isHeld = state.rebuild?.covers(table, key) ?? true
        switch state.mode {
        case .direct: try table.remove(database, from: table.rawValue, key, texts)
        case .beside: if isHeld { try table.remove(database, from: table.rebuilt, key, texts) }
        case .deferred: if isHeld { try IndexDebt.remove(database, table, key, texts) }
        }
    }

    /// Merges segments of the full-text index for the length of one transaction, if it is time for that.
    ///
    /// Each transaction that indexes leaves a segment. It is time to merge them when this process has written many, or
    /// will write no more. Segments that are not merged cost a search a little time, and nothing else.
    ///
    /// - Parameter hasMoreToCome: whether this process will write more soon.
    /// - Returns: whether another call may find more to merge.
    /// - Throws: ``StoreError`` if the file cannot be written; the index is as it was before the call then.
    package func mergeIndex(hasMoreToCome: Bool) throws(StoreError) -> Bool {
        guard segmentMergePolicy.shouldMerge(hasMoreToCome: hasMoreToCome) else { return false }
        let hasMerged = try write { database in try merge(database, IndexTable.entries.rawValue) }
        if !hasMerged { segmentMergePolicy.noteMerged() }
        return hasMerged
    }

    /// Merges segments of an index for the length of one transaction.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - index: the table.
    ///   - share: how long the transaction is beside the usual one.
    /// - Returns: whether there was anything to merge.
    /// - Throws: ``DatabaseError``.
    func merge(_ database: Database, _ index: String, share: Double = 1) throws -> Bool {
        let before = database.totalChangesCount
        try database.cachedStatement(sql: "INSERT INTO \(index) (\(index), rank) VALUES ('merge', ?)")
            .execute(arguments: [Int(Store.mergedPages * budget.share * share)])
        // The request itself counts as one (sqlite.org/fts5.html#the_merge_command).
        return database.totalChangesCount - before > 1
    }

    /// Removes a conversation's entries from the index and the table, and keeps its row without content, so that no
    /// pull brings the conversation back.
    func hide(_ database: Database, _ key: Int64) throws {
        let conversation = try ConversationRow.fetch(database, key: key)
        _ = try indexState(database)  // may drop a table, which SQLite refuses while a cursor is open
        let entries = try Row.fetchCursor(
            database, sql: "SELECT key, raw FROM entry WHERE conversation = ?", arguments: [key])
        while let entry = try entries.next() {
            try unindex(database, entry: entry["key"], raw: entry.json("raw"))
        }
        try unindex(database, conversation: key, conversation.names)
        try database.execute(sql: "DELETE FROM entry WHERE conversation = ?", arguments: [key])
        try database.execute(sql: "DELETE FROM conversation_tag WHERE conversation = ?", arguments: [key])
        try database.execute(
            sql: """
                UPDATE conversation SET hidden = 1, raw = NULL, name = NULL, description = NULL, local_name = NULL
                WHERE key = ?
                """,
            arguments: [key])
    }
}
