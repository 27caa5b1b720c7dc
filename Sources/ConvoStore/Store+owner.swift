public import ConvoModel
import ConvoSQLite

/// Whose a database is: one server, and one account on it.
public struct StoreOwner: Sendable, Hashable {
    /// The server's normalised URL; `nil` until the database has met one.
    public let server: String?
    /// `nil` where the server never told whose key it is.
    public let account: Account?
    /// How many different keys were seen to belong to it.
    public let keyCount: Int

    public init(server: String?, account: Account? = nil, keyCount: Int = 0) {
        self.server = server
        self.account = account
        self.keyCount = keyCount
    }
}

extension Store {
    /// Whose this database is.
    public func owner() throws(StoreError) -> StoreOwner { try read(Store.owner) }

    private static func owner(_ database: Database) throws -> StoreOwner {
        StoreOwner(
            server: try StoreMetadataKey.text(database, .server),
            account: try StoreMetadataKey.text(database, .account).map { Account(stored: JSONText.stored($0)) },
            keyCount: try database.count(sql: "SELECT COUNT(*) FROM known_key"))
    }

    /// Whether this key was seen to belong to the owner.
    public func knows(key: String) throws(StoreError) -> Bool {
        try read { database in
            try Store.knows(database, key, salt: try StoreMetadataKey.text(database, .keySalt))
        }
    }

    /// Whether the database belongs to a server, and the key was seen to belong to the owner. The engine asks this for each page
    /// and each write.
    ///
    /// - Parameters:
    ///   - server: the server's normalised URL.
    ///   - key: `nil` for a server that asks for none.
    public func belongs(toServer server: String, key: String?) throws(StoreError) -> Bool {
        try read { database in
            let owner = try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT value FROM fact WHERE name = 'server_url') AS server,
                        (SELECT value FROM fact WHERE name = 'key_salt') AS salt
                    """)
            guard let owner, owner["server"] as String? == server else { return false }
            return try key.map { key in try Store.knows(database, key, salt: owner["salt"]) } ?? true
        }
    }

    private static func knows(_ database: Database, _ key: String, salt: String?) throws -> Bool {
        guard let salt else { return false }
        return try database.isTrue(
            sql: "SELECT EXISTS (SELECT 1 FROM known_key WHERE digest = ?)",
            arguments: [KeyDigest.hex(of: key, salt: salt)])
    }

    /// A few of the conversations that the server has, as far as is known, the newest activity first.
    public func heldConversations(limit: Int) throws(StoreError) -> [RemoteID] {
        try read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT remote_id FROM conversation
                    WHERE remote_id IS NOT NULL AND deleted_remotely_at IS NULL AND local_only = 0 AND hidden = 0
                        AND other_account = 0
                    ORDER BY activity DESC LIMIT ?
                    """,
                arguments: [limit]
            ).map { RemoteID($0) }
        }
    }

    /// Writes down whose the database is, and that this key is the owner's. What `account` leaves out stays as it was.
    ///
    /// - Parameter key: `nil` for a server that asks for none.
    public func recordOwner(server: String, account: Account?, key: String?) throws(StoreError) {
        try writeDurably { database in
            try StoreMetadataKey.set(database, .server, server)
            if let account { try StoreMetadataKey.set(database, .account, account.stored.text) }
            if let key { try recordKey(database, key) }
        }
    }

    /// Gives the database to another owner, on purpose. Every write that is not delivered is held: it was meant for the
    /// owner before. The conversations that are held stay; until the account of now shows one of them, the engine neither reads
    /// it nor marks it as deleted. (Where server and account are the same as before, they are its conversations.)
    ///
    /// - Returns: how many writes are held now.
    public func adopt(server: String, account: Account?, key: String?) throws(StoreError) -> Int {
        try writeDurably { database in
            let before = try Store.owner(database)
            let isSame =
                before.server == server && before.account.flatMap { old in account.map { old.isSame(as: $0) } } == true
            try database.execute(sql: "DELETE FROM known_key")
            try StoreMetadataKey.remove(database, .account)
            try StoreMetadataKey.set(database, .server, server)
            if let account { try StoreMetadataKey.set(database, .account, account.stored.text) }
            if let key { try recordKey(database, key) }
            if isSame { return 0 }
            try database.execute(
                sql: "UPDATE conversation SET other_account = 1 WHERE remote_id IS NOT NULL AND local_only = 0")
            try database.execute(sql: "DELETE FROM listed_page")
            return try holdOpenWrites(database, reason: .otherOwner)
        }
    }

    /// Holds every write that is queued, being sent, in doubt or refused, and every write that waits for one of those. A write
    /// that is being sent counts as in doubt from now on: a retry looks for it on the server first.
    private func holdOpenWrites(_ database: Database, reason: OutboxItem.Reason) throws -> Int {
        try database.execute(
            sql: "UPDATE operation SET doubted = ?, doubted_uptime = ?, doubted_boot = ? WHERE state = 'sending'",
            arguments: StatementArguments(doubt()))
        try database.execute(
            sql: """
                UPDATE operation SET state = 'held', next_attempt = NULL, reason_code = ?, reason_message = ?, reason_hint = ?
                WHERE state IN ('queued', 'sending', 'in_doubt', 'refused') OR (state = 'held' AND reason_code = ?)
                """,
            arguments: [reason.code, reason.message, reason.hint, Dependence.code])
        return database.changesCount
    }

    private func recordKey(_ database: Database, _ key: String) throws {
        let salt: String
        if let known = try StoreMetadataKey.text(database, .keySalt) {
            salt = known
        } else {
            salt = environment.makeName() + environment.makeName()
            try StoreMetadataKey.set(database, .keySalt, salt)
        }
        try database.execute(
            sql: "INSERT OR IGNORE INTO known_key (digest, seen_at) VALUES (?, ?)",
            arguments: [KeyDigest.hex(of: key, salt: salt), environment.now().text])
    }
}

extension OutboxItem.Reason {
    static let otherOwnerCode = "other_account"
    static let otherOwner = Self(
        code: otherOwnerCode, message: "it was written for the account that this database belonged to before",
        hint: "`convo outbox retry` sends it to the account of now, `convo outbox cancel` drops it.")
}

extension Account {
    fileprivate var stored: JSONText {
        func party(_ party: Party?) -> JSONText? {
            party.map { .object(["id": .string($0.id), "name": .string($0.name)]) }
        }
        return .object([
            "user": party(user), "workspace": party(workspace), "organization": party(organization),
        ])
    }

    fileprivate init(stored: JSONText) {
        func party(_ name: String) -> Party? {
            stored[name].flatMap { json in json["id"]?.string.map { Party(id: $0, name: json["name"]?.string) } }
        }
        self.init(user: party("user"), workspace: party("workspace"), organization: party("organization"))
    }
}
