import ConvoJSON
import ConvoSQLite
import ConvoWords
import Synchronization

/// How the full-text index of a file stands to the rules of this program.
public struct IndexStatus: Sendable, Hashable {
    /// How an index stands.
    public enum Standing: Sendable, Hashable {
        /// It was made by the rules of this program.
        case current
        /// It was made by older rules: it is to be rebuilt.
        case outdated
        /// It was made by newer rules, or is rebuilt by newer ones: a newer version of Convo uses the file.
        case newer
    }
    /// How the index that searches read stands.
    public let standing: Standing
    /// How many rows a rebuild has brought into the new index; `nil` if none is under way.
    public let rebuiltRows: Int?
    /// How many entries, queued writes and conversations there are to index.
    public let rows: Int
}

/// The store makes the full-text index anew by the rules of this program. Searches read the old one until the new one
/// is complete.
///
/// Each step is one small transaction. A process that is stopped loses none: the next one goes on behind the last row.
extension Store {
    /// How long a step's transaction is beside one of a first sync: nobody waits for a rebuild, so others wait less for it.
    private static let rebuildShare = 0.5

    /// Loads the state of the index for the present transaction.
    ///
    /// The first call in a transaction begins a rebuild if the index has older rules, and makes the changes that a
    /// process with older rules has left.
    func indexState(_ database: Database) throws -> IndexState {
        if let state = indexState.withLock({ $0 }) { return state }
        let own = environment.indexVersion
        var state = try IndexState.load(database, own: own)
        if own > max(state.version, state.rebuild?.version ?? 0) {
            try beginRebuild(database, state)
            state = try IndexState.load(database, own: own)
        }
        if state.hasDebts, (state.rebuild?.version ?? state.version) == own {
            try IndexDebt.settle(database, state)
            state = try IndexState.load(database, own: own)
        }
        indexState.withLock { $0 = state }
        return state
    }

    private func beginRebuild(_ database: Database, _ state: IndexState, evenIfEmpty: Bool = false) throws {
        for table in IndexTable.allCases where try IndexTable.exists(database, table.rebuilt) {
            try database.execute(sql: "DROP TABLE \(table.rebuilt)")
        }
        let isEmpty = try !evenIfEmpty && !state.hasDebts && IndexTable.allCases.allSatisfy { try $0.isEmpty(database) }
        try database.execute(sql: "DELETE FROM index_debt")
        if !isEmpty { for table in IndexTable.allCases { try table.create(database, named: table.rebuilt) } }
        try database.execute(
            sql: """
                UPDATE index_state SET version = \(isEmpty ? "?1" : "version"),
                    rebuilt_version = \(isEmpty ? "NULL" : "?1"), entry_key = NULL, conversation_key = NULL
                """,
            arguments: [environment.indexVersion])
    }

    /// How the index stands, and how far a rebuild has come.
    ///
    /// Counts all rows, which takes time in proportion to them.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func indexStatus() throws(StoreError) -> IndexStatus {
        try read { database in
            let state = try IndexState.load(database, own: environment.indexVersion)
            let newest = max(state.version, state.rebuild?.version ?? 0)
            let isEmpty = try IndexTable.allCases.allSatisfy { try $0.isEmpty(database) }
            let standing: IndexStatus.Standing =
                newest > state.own ? .newer : state.version == state.own || isEmpty ? .current : .outdated
            let rows =
                try database.count(sql: "SELECT COUNT(*) FROM entry")
                + database.count(sql: "SELECT COUNT(*) FROM conversation WHERE hidden = 0")
            let done = try state.rebuild.map { rebuild in
                try database.count(
                    sql: "SELECT COUNT(*) FROM entry WHERE key <= ?", arguments: [rebuild.entryKey ?? .min])
                    + database.count(
                        sql: "SELECT COUNT(*) FROM conversation WHERE hidden = 0 AND key <= ?",
                        arguments: [rebuild.conversationKey ?? .min])
            }
            return IndexStatus(standing: standing, rebuiltRows: done, rows: rows)
        }
    }

    /// Begins a rebuild of the index although its rules are current; ``rebuildIndex()`` then does it, step by step.
    ///
    /// - Throws: ``StoreError`` if the file cannot be written, or a newer version of Convo uses the index
    ///   (``StoreError/newerIndex(path:)``).
    package func restartIndex() throws(StoreError) { try restartIndex(evenIfEmpty: false) }

    /// As ``restartIndex()``; `evenIfEmpty`: also where the index has no row, because the rows came without it.
    func restartIndex(evenIfEmpty: Bool) throws(StoreError) {
        try write { database in
            // What other processes have left is not settled first: the index may be damaged.
            let state = try IndexState.load(database, own: environment.indexVersion)
            guard max(state.version, state.rebuild?.version ?? 0) <= state.own else {
                throw StoreError.newerIndex(path: path)
            }
            guard state.rebuild == nil else { return }
            try beginRebuild(database, state, evenIfEmpty: evenIfEmpty)
        }
    }

    /// Takes one step of a rebuild, if the index needs one: a transaction of half the usual size, or a merge of segments.
    ///
    /// Searches read the old index until the last step. Nothing is done where the index is up to date, or newer than the
    /// rules of this program.
    ///
    /// - Returns: whether there is more to do.
    /// - Throws: ``StoreError`` if the file cannot be read or written; the steps before stay.
    package func rebuildIndex() throws(StoreError) -> Bool {
        let (state, isCleared) = try read { database in
            (
                try IndexState.load(database, own: environment.indexVersion),
                try !IndexTable.allCases.contains { try IndexTable.exists(database, $0.replaced) }
            )
        }
        let newest = max(state.version, state.rebuild?.version ?? 0)
        guard newest <= state.own else { return false }
        if state.rebuild == nil, state.version == state.own {
            if !isCleared { return try write { database in try clearReplaced(database) } || state.hasDebts }
            guard state.hasDebts else { return false }
            return try write { database in try indexState(database).hasDebts }
        }
        guard let rebuild = state.rebuild, rebuild.version == state.own else {
            return try write { database in try indexState(database).rebuild != nil }
        }
        if rebuildMergePolicy.shouldMerge(hasMoreToCome: true) {
            let hasMerged = try write { database in
                try indexState(database).rebuild == rebuild
                    && merge(database, IndexTable.entries.rebuilt, share: Store.rebuildShare)
            }
            if !hasMerged { rebuildMergePolicy.noteMerged() }
            return true
        }
        if rebuild.entryKey != .max { return try rebuildEntries(after: rebuild) }
        if rebuild.conversationKey != .max { return try rebuildConversations(after: rebuild) }
        return try finishRebuild(rebuild, isCleared: isCleared)
    }

    /// Brings the next entries into the new index; behind the last one the queued writes, which are few.
    private func rebuildEntries(after rebuild: IndexState.Progress) throws(StoreError) -> Bool {
        let start = rebuild.entryKey ?? .min
        // The words are found before the transaction that others wait for.
        let (found, last) = try read { database in
            var (found, last): ([Int64: (raw: JSONText, words: IndexedWords)], Int64?) = ([:], nil)
            var room = Int(Double(budget.size) * Store.rebuildShare)
            let rows = try Row.fetchCursor(
                database.cachedStatement(sql: "SELECT key, raw FROM entry WHERE key > ? ORDER BY key"),
                arguments: [start])
            while room > 0, let row = try rows.next() {
                let text = row.json("raw")
                last = row["key"]
                found[row["key"]] = (text, IndexedWords(of: SearchText.of(text)))
                room -= text.text.utf8.count + TransactionBudget.row
            }
            return (found, room > 0 ? nil : last)
        }
        try write { database in
            guard try indexState(database).rebuild == rebuild else { return }
            // Entries may have come, gone or changed since they were read.
            let rows = try Row.fetchCursor(
                database.cachedStatement(
                    sql: "SELECT key, raw FROM entry WHERE key > ? AND key <= ? ORDER BY key"),
                arguments: [start, last ?? .max])
            while let row = try rows.next() {
                let (key, raw): (Int64, JSONText) = (row["key"], row.json("raw"))
                let held = found[key].flatMap { $0.raw == raw ? $0.words : nil }
                let words = held ?? IndexedWords(of: SearchText.of(raw))
                if !words.text.isEmpty {
                    try IndexTable.entries.insert(database, into: IndexTable.entries.rebuilt, key, [words])
                }
            }
            if last == nil { try rebuildOperations(database) }
            try database.execute(sql: "UPDATE index_state SET entry_key = ?", arguments: [last ?? .max])
        }
        rebuildMergePolicy.add()
        budget.note(wasAwaited: isAwaited)
        return true
    }

    private func rebuildOperations(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT sequence, request FROM operation WHERE state NOT IN ('delivered', 'cancelled') ORDER BY sequence
                """)
        while let row = try rows.next() {
            let words = Store.words(of: try JSONText(row["request"] as String))
            guard !words.text.isEmpty else { continue }
            try IndexTable.entries.insert(
                database, into: IndexTable.entries.rebuilt, EntryKey.firstOperation + row["sequence"], [words])
        }
    }

    private func rebuildConversations(after rebuild: IndexState.Progress) throws(StoreError) -> Bool {
        let limit = 500
        try write { database in
            guard try indexState(database).rebuild == rebuild else { return }
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT key, \(SearchedNames.columns) FROM conversation
                    WHERE key > ? AND hidden = 0 AND \(SearchedNames.exist)
                    ORDER BY key LIMIT \(limit)
                    """,
                arguments: [rebuild.conversationKey ?? .min])
            for row in rows {
                let texts = SearchedNames(row: row).texts ?? []
                try IndexTable.conversations.insert(
                    database, into: IndexTable.conversations.rebuilt, row["key"], texts.map { IndexedWords(of: $0) })
            }
            let last: Int64? = rows.count < limit ? nil : rows.last.map { $0["key"] }
            try database.execute(sql: "UPDATE index_state SET conversation_key = ?", arguments: [last ?? .max])
        }
        return true
    }

    /// Puts the new indexes in the place of the old ones, once their segments are merged.
    private func finishRebuild(_ rebuild: IndexState.Progress, isCleared: Bool) throws(StoreError) -> Bool {
        guard isCleared else { return try write { database in try clearReplaced(database) || true } }
        if rebuildMergePolicy.shouldMerge(hasMoreToCome: false) {
            let hasMerged = try write { database in
                try indexState(database).rebuild == rebuild
                    && merge(database, IndexTable.entries.rebuilt, share: Store.rebuildShare)
            }
            if !hasMerged { rebuildMergePolicy.noteMerged() }
            return true
        }
        try write { database in
            let state = try indexState(database)
            guard state.rebuild == rebuild, !state.hasDebts else { return }
            for table in IndexTable.allCases {
                try database.execute(sql: "ALTER TABLE \(table.rawValue) RENAME TO \(table.replaced)")
                try database.execute(sql: "ALTER TABLE \(table.rebuilt) RENAME TO \(table.rawValue)")
            }
            try database.execute(
                sql: """
                    UPDATE index_state SET version = ?, rebuilt_version = NULL, entry_key = NULL,
                        conversation_key = NULL
                    """,
                arguments: [rebuild.version])
        }
        return true
    }

    /// Removes a part of the indexes that were replaced; to drop a large table at once would make others wait.
    ///
    /// - Returns: whether there is more to remove.
    private func clearReplaced(_ database: Database) throws -> Bool {
        for table in IndexTable.allCases where try IndexTable.exists(database, table.replaced) {
            // FTS5's own rows, the averages and the structure, have the ids up to 10.
            try database.execute(
                sql: """
                    DELETE FROM \(table.replaced)_data WHERE id IN
                        (SELECT id FROM \(table.replaced)_data WHERE id > 10 LIMIT 256)
                    """)
            if database.changesCount > 0 { return true }
            try database.execute(
                sql: """
                    DELETE FROM \(table.replaced)_docsize WHERE id IN
                        (SELECT id FROM \(table.replaced)_docsize LIMIT 10000)
                    """)
            if database.changesCount > 0 { return true }
            try database.execute(sql: "DROP TABLE \(table.replaced)")
        }
        return false
    }
}
