import CSQLite
import ConvoSQLite

/// Prepares migration 7: entries that were stored compressed become text, and the full-text indexes get names and a tokenizer
/// with which any program opens them.
enum PlainTextMigration {
    /// The tokenizer's name in earlier versions of the schema.
    static let oldTokenizer = "convo"
    /// The bytes of text that one transaction writes at most: other processes wait for it.
    private static let limit = 1 << 20

    /// Takes one step: unpacks some entries, or, once none is packed, changes the indexes' definitions.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - path: the file's path, for errors.
    /// - Returns: whether another step has to follow, in another transaction.
    /// - Throws: ``StoreError/zstandardMissing(path:)`` if an entry is packed and libzstd is not there; ``DatabaseError``.
    static func step(_ database: Database, path: String) throws -> Bool {
        // An index of the packed entries: a program of the version before may still add some meanwhile.
        try database.execute(
            sql: "CREATE INDEX IF NOT EXISTS entry_packed ON entry (key) WHERE typeof(raw) = 'blob'")
        if try unpack(database, path) { return true }
        try database.execute(sql: "DROP INDEX entry_packed")
        try renameIndexes(database)
        return false
    }

    /// - Returns: whether there were packed entries.
    private static func unpack(_ database: Database, _ path: String) throws -> Bool {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT key, raw FROM entry WHERE typeof(raw) = 'blob' ORDER BY key")
        var (texts, size): ([(key: Int64, text: String?)], Int) = ([], 0)
        while size < limit, let row = try rows.next() {
            guard let zstandard = Zstandard.loaded else { throw StoreError.zstandardMissing(path: path) }
            let text = PackedEntry.text(of: row["raw"], zstandard)
            texts.append((row["key"], text))
            size += text?.utf8.count ?? 0
        }
        for (key, text) in texts {
            if let text {
                try database.execute(sql: "UPDATE entry SET raw = ? WHERE key = ?", arguments: [text, key])
            } else {
                try setAside(database, key)
            }
        }
        return !texts.isEmpty
    }

    /// Names an entry whose text is damaged, and has its history read again: the server still has it.
    private static func setAside(_ database: Database, _ key: Int64) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO set_aside (place, position, id, reason, seen_at)
                SELECT IFNULL(c.remote_id, c.id), e.position, e.id, 'its text was damaged here',
                    strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
                FROM entry e JOIN conversation c ON c.key = e.conversation WHERE e.key = ?
                """, arguments: [key])
        try database.execute(
            sql: """
                UPDATE conversation SET history_version = NULL
                WHERE key = (SELECT conversation FROM entry WHERE key = ?)
                """, arguments: [key])
        try database.execute(sql: "DELETE FROM entry WHERE key = ?", arguments: [key])
    }

    /// Renames the indexes, which an older program that still runs cannot find then, and has them name the tokenizer that
    /// every SQLite has: on our connections it is ours.
    ///
    /// The rows stay as they are, since the words are the same. SQLite has no statement for that; sqlite.org/lang_altertable.html
    /// describes how to change a definition in the table of definitions.
    private static func renameIndexes(_ database: Database) throws {
        for table in IndexTable.allCases {
            for suffix in ["", "_new", "_old"] {
                let old = table.oldName + suffix
                guard try IndexTable.exists(database, old) else { continue }
                try database.execute(sql: "ALTER TABLE \(old) RENAME TO \(table.rawValue + suffix)")
            }
        }
        try database.execute(
            sql: """
                PRAGMA writable_schema = ON;
                UPDATE sqlite_schema SET sql = replace(sql, 'tokenize = ''convo''', 'tokenize = ''unicode61''')
                WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%fts5%';
                UPDATE sqlite_schema SET sql = replace(
                    replace(sql, 'raw ANY NOT NULL', 'raw TEXT NOT NULL'), 'as it came: text, or a blob, compressed', 'as it came')
                WHERE type = 'table' AND name = 'entry';
                PRAGMA writable_schema = RESET
                """)
    }
}

extension IndexTable {
    /// The name of the table up to version 6 of the schema.
    fileprivate var oldName: String { self == .entries ? "entry_index" : "conversation_index" }
}
