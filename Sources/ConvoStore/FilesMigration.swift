import ConvoModel
import ConvoSQLite

/// Prepares migration 9: notes the files of the entries that the store held before it knew of files.
///
/// Links in them have expired, most of them; the API's own files can still be fetched.
enum FilesMigration {
    /// How many entries one transaction looks at: other processes wait for it.
    private static let limit = 5000
    private static let fact = "files_noted_to"

    /// Takes one step.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - path: the file's path, which is not used.
    /// - Returns: whether another step has to follow, in another transaction.
    /// - Throws: ``DatabaseError``.
    static func step(_ database: Database, path: String) throws -> Bool {
        let start =
            try Int64.fetchOne(database, sql: "SELECT value FROM fact WHERE name = ?", arguments: [fact]) ?? .min
        let last = try Int64.fetchOne(
            database, sql: "SELECT MAX(key) FROM (SELECT key FROM entry WHERE key > ? ORDER BY key LIMIT ?)",
            arguments: [start, limit])
        guard let last else { return false }
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT key, raw FROM entry WHERE key > ? AND key <= ? AND type IN ('message.output', 'tool.execution')
                    AND (instr(raw, '"tool_file"') > 0 OR instr(raw, 'url') > 0)
                """,
            arguments: [start, last])
        for row in rows { try Store.note(database, files: Entry(raw: row.json("raw")).files, of: row["key"]) }
        try database.execute(
            sql: "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [fact, String(last)])
        return true
    }
}
