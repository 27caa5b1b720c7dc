import ConvoSQLite

/// The names of single values about the store as a whole, which the table `fact` holds.
enum StoreMetadataKey: String {
    case lastPull = "last_pull_at"
    case lastSweep = "last_sweep_at"
    /// There while the last sweep, if any, was another account's: the present one's list has not been read to its end.
    case sweepDue = "sweep_due"
    /// When an import last ended.
    case lastImport = "last_import_at"
    /// When a person last accepted that many conversations are deleted on the server.
    case deletionsAccepted = "deletions_accepted_at"
    /// The server that this database belongs to, normalised.
    case server = "server_url"
    /// The account, as a JSON object; absent if the server did not name it.
    case account
    /// How often a person has given the database to an account; absent if nobody has.
    case adoptions
    /// The salt of the keys' digests.
    case keySalt = "key_salt"
    /// How many minutes later than its entry a key may be, see ``EntryKey``; absent if that is not known.
    case entryKeyDelay = "entry_key_delay"
    /// How many minutes earlier; absent if that is not known.
    case entryKeyLead = "entry_key_lead"
    /// The identity of this copy, as a JSON object: its random `name`, the number of its `sends`, and its `location`.
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
