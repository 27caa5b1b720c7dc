import ConvoSQLite

/// Single values about the store as a whole.
enum StoreMetadataKey: String {
    case lastPull = "last_pull_at"
    case lastSweep = "last_sweep_at"
    /// When a person last accepted that many conversations are gone.
    case deletionsAccepted = "deletions_accepted_at"
    /// The server that this database belongs to, normalised.
    case server = "server_url"
    /// The account, as a JSON object; not there where the server does not tell.
    case account
    /// What the keys' digests are salted with.
    case keySalt = "key_salt"
    /// Which copy this is, as a JSON object: machine, device, inode, and the secret beside the file.
    case instance

    static func text(_ database: Database, _ name: StoreMetadataKey) throws -> String? {
        try String.fetchOne(database, sql: "SELECT value FROM fact WHERE name = ?", arguments: [name.rawValue])
    }

    static func remove(_ database: Database, _ name: StoreMetadataKey) throws {
        try database.execute(sql: "DELETE FROM fact WHERE name = ?", arguments: [name.rawValue])
    }

    static func set(_ database: Database, _ name: StoreMetadataKey, _ value: String) throws {
        try database.execute(
            sql: "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            arguments: [name.rawValue, value])
    }
}
