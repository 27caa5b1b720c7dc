import ConvoSQLite

/// Single values about the store as a whole.
enum Fact: String {
    case lastPull = "last_pull_at"
    case lastSweep = "last_sweep_at"

    static func text(_ database: Database, _ name: Fact) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM fact WHERE name = ?", arguments: [name.rawValue])
    }

    static func set(_ database: Database, _ name: Fact, _ value: String) throws {
        try database.execute(
            sql: "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [name.rawValue, value])
    }
}
