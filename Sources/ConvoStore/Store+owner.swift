import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// The owner of a database: one server, and one account on it.
public struct StoreOwner: Sendable, Hashable {
    /// The server's normalised URL; `nil` until a server was recorded.
    public let server: String?
    /// The account that the server named for the key; `nil` if it named none.
    public let account: Account?
    /// How many different keys were seen to belong to the account.
    public let keyCount: Int
    /// How often a person has given the database to an account.
    package let adoptions: Int

    /// Makes an owner of known parts; ``Store/owner()`` reads the one of a database.
    package init(server: String?, account: Account? = nil, keyCount: Int = 0, adoptions: Int = 0) {
        self.server = server
        self.account = account
        self.keyCount = keyCount
        self.adoptions = adoptions
    }
}

/// The server and the key with which something was read: it may only be stored while the database belongs to them.
///
/// A claim ends when a person gives the database away, even if it comes back: another account's answers may have come between.
package struct OwnerClaim: Sendable, Hashable {
    let server: String
    let key: String?
    let adoptions: Int

    /// Makes a claim.
    ///
    /// - Parameters:
    ///   - server: the server's normalised URL.
    ///   - key: the API key; `nil` for a server that asks for none.
    ///   - adoptions: how often a person had given the database to an account when the key was verified.
    package init(server: String, key: String?, adoptions: Int) {
        self.server = server
        self.key = key
        self.adoptions = adoptions
    }
}

extension Store {
    /// Reads the owner of the database.
    public func owner() throws(StoreError) -> StoreOwner { try read(Store.owner) }

    private static func owner(_ database: Database) throws -> StoreOwner {
        StoreOwner(
            server: try StoreMetadataKey.text(database, .server),
            account: try StoreMetadataKey.text(database, .account).map { Account(stored: JSONText.stored($0)) },
            keyCount: try database.count(sql: "SELECT COUNT(*) FROM known_key"),
            adoptions: try StoreMetadataKey.text(database, .adoptions).flatMap { Int($0) } ?? 0)
    }

    /// Whether an API key was seen to belong to the owner, by its salted digest: the database holds no key.
    package func knows(key: String) throws(StoreError) -> Bool {
        try read { database in
            try Store.knows(database, key, salt: try StoreMetadataKey.text(database, .keySalt))
        }
    }

    /// Whether the database belongs to a server, and an API key was seen to belong to the owner.
    ///
    /// The engine asks this for each page of the list and before each write.
    ///
    /// - Parameter claim: the server and the key.
    /// - Returns: `false` also while the database has met no server.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func belongs(to claim: OwnerClaim) throws(StoreError) -> Bool {
        try read { database in try belongs(database, to: claim) }
    }

    /// Makes sure that the database belongs to those with whose key something was read.
    ///
    /// Call it in the transaction that stores what was read: another process may give the database away until that begins.
    /// Without a claim it does nothing.
    ///
    /// - Throws: ``StoreError/ownerChanged(path:)`` if the database belongs to another account or server.
    func require(_ database: Database, _ claim: OwnerClaim?) throws {
        guard let claim, try !belongs(database, to: claim) else { return }
        throw StoreError.ownerChanged(path: path)
    }

    private func belongs(_ database: Database, to claim: OwnerClaim) throws -> Bool {
        let owner = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT (SELECT value FROM fact WHERE name = 'server_url') AS server,
                        (SELECT value FROM fact WHERE name = 'key_salt') AS salt,
                        (SELECT value FROM fact WHERE name = 'adoptions') AS adoptions
                    """))
        guard let owner, owner["server"] as String? == claim.server,
            (owner["adoptions"] as String?).flatMap({ Int($0) }) ?? 0 == claim.adoptions
        else { return false }
        return try claim.key.map { key in try Store.knows(database, key, salt: owner["salt"]) } ?? true
    }

    private static func knows(_ database: Database, _ key: String, salt: String?) throws -> Bool {
        guard let salt else { return false }
        return try database.isTrue(
            sql: "SELECT EXISTS (SELECT 1 FROM known_key WHERE digest = ?)",
            arguments: [KeyDigest.hex(of: key, salt: salt)])
    }

    /// Some of the mirrored conversations that are not marked as deleted, newest activity first.
    ///
    /// - Parameter limit: the largest number of conversations to return.
    /// - Returns: the conversations' ids on the server.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func heldConversations(limit: Int) throws(StoreError) -> [RemoteID] {
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

    /// Records the owner of the database, and that a key belongs to the owner, durably.
    ///
    /// - Parameters:
    ///   - server: the server's normalised URL.
    ///   - account: the account that the server named for the key; `nil` keeps the account that was recorded before.
    ///   - key: the API key, of which a salted digest is stored; `nil` for a server that asks for none.
    ///   - checked: the owner for which this was decided; `nil` if whoever owned it does not matter.
    /// - Returns: the claim of those who read with this key; `nil` if the database had another owner by now, and nothing is
    ///   changed.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    @discardableResult
    package func recordOwner(
        server: String, account: Account?, key: String?, checked: StoreOwner? = nil
    ) throws(StoreError) -> OwnerClaim? {
        try writeDurably { database in
            let owner = try Store.owner(database)
            if let checked,
                checked.server != owner.server || checked.account != owner.account
                    || checked.adoptions != owner.adoptions
            {
                return nil
            }
            try StoreMetadataKey.set(database, .server, server)
            if let account { try StoreMetadataKey.set(database, .account, account.stored.text) }
            if let key { try recordKey(database, key) }
            return OwnerClaim(server: server, key: key, adoptions: owner.adoptions)
        }
    }

    /// Gives the database to another owner, on purpose, in one durable transaction.
    ///
    /// Every open write is held, because it was meant for the previous account. Stored conversations stay; until the
    /// new account shows one of them, the engine neither reads it nor marks it as deleted. If server and account are
    /// the same as before, no write is held, and the conversations stay the account's.
    ///
    /// - Parameters:
    ///   - server: the server's normalised URL.
    ///   - account: the new account; `nil` if the server does not name it.
    ///   - key: the API key, which becomes the only known one; `nil` for a server that asks for none.
    /// - Returns: how many writes were held by this, and the claim of those who read with the key.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func adopt(
        server: String, account: Account?, key: String?
    ) throws(StoreError) -> (held: Int, claim: OwnerClaim) {
        try writeDurably { database in
            let before = try Store.owner(database)
            let claim = OwnerClaim(server: server, key: key, adoptions: before.adoptions + 1)
            let isSame =
                before.server == server && before.account.flatMap { old in account.map { old.isSame(as: $0) } } == true
            try StoreMetadataKey.set(database, .adoptions, String(before.adoptions + 1))
            try database.execute(sql: "DELETE FROM known_key")
            try StoreMetadataKey.remove(database, .account)
            try StoreMetadataKey.set(database, .server, server)
            if let account { try StoreMetadataKey.set(database, .account, account.stored.text) }
            if let key { try recordKey(database, key) }
            if isSame { return (0, claim) }
            try database.execute(
                sql: "UPDATE conversation SET other_account = 1 WHERE remote_id IS NOT NULL AND local_only = 0")
            try database.execute(sql: "DELETE FROM listed_page")
            try StoreMetadataKey.set(database, .sweepDue, "1")
            return (try holdOpenWrites(database, reason: .otherOwner), claim)
        }
    }

    /// Holds every write that is queued, being sent, in doubt or refused, and every write that waits for one of those. A start that is
    /// held for another reason, and has no conversation, says so too: nothing else would tell that a retry makes it for the new owner.
    ///
    /// A write that is being sent counts as in doubt from now on: after a retry, the engine looks for it on the server
    /// first. One that the original of a copied database may have sent keeps that reason, because it is looked for elsewhere.
    ///
    /// - Returns: how many writes were held by this.
    private func holdOpenWrites(_ database: Database, reason: OutboxItem.Reason) throws -> Int {
        try database.execute(
            sql: "UPDATE operation SET doubted = ?, doubted_uptime = ?, doubted_boot = ? WHERE state = 'sending'",
            arguments: StatementArguments(present()))
        try database.execute(
            sql: """
                UPDATE operation SET state = 'held', next_attempt = NULL,
                    reason_code = iif(reason_code IS ?1, reason_code, ?2),
                    reason_message = iif(reason_code IS ?1, reason_message, ?3)
                WHERE state IN ('queued', 'sending', 'in_doubt', 'refused') OR (state = 'held' AND (reason_code = ?4
                    OR (kind = 'start' AND reason_code NOT IN (?1, ?2)
                        AND (SELECT remote_id FROM conversation c WHERE c.key = operation.conversation) IS NULL)))
                """,
            arguments: [OutboxItem.Reason.copiedCode, reason.code, reason.message, Dependence.code])
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
        code: otherOwnerCode, message: "it was written for the account that this database belonged to before")
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
