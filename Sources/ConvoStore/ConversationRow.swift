import ConvoJSON
import ConvoModel
import ConvoSQLite

/// A row of `conversation`, as far as the store's own rules need it.
struct ConversationRow {
    let key: Int64
    let id: LocalID
    let remoteID: RemoteID?
    let names: SearchedNames
    let model: String?
    let agentID: String?
    let updatedAt: String
    let historyVersion: String?
    let isGoneRemotely: Bool
    let isLocalOnly: Bool
    let isHidden: Bool
    /// Whether the row was mirrored from the previous account, and the current one has not shown the conversation.
    let isFromAccountBefore: Bool

    init(row: Row) {
        key = row["key"]
        id = LocalID(row["id"])
        remoteID = (row["remote_id"] as String?).map { RemoteID($0) }
        names = SearchedNames(row: row)
        model = row["model"]
        agentID = row["agent_id"]
        updatedAt = row["updated_at"]
        historyVersion = row["history_version"]
        isGoneRemotely = !row.isNull("deleted_remotely_at")
        isLocalOnly = row["local_only"]
        isHidden = row["hidden"]
        isFromAccountBefore = row["other_account"]
    }

    var name: String? { names.name }
    var description: String? { names.description }

    /// Whether a history that was read for this `updated_at` is at least as new as the stored one.
    ///
    /// Two processes may pull at once: the slower one must not bring back an older history.
    func accepts(historyOf version: String) -> Bool {
        guard !version.hasSameBytes(as: updatedAt), let held = historyVersion.flatMap({ Timestamp(lenient: $0) }),
            let new = Timestamp(lenient: version)
        else { return true }
        return new >= held
    }

    static func fetch(_ database: Database, id: LocalID) throws -> ConversationRow? {
        try Row.fetchOne(database, sql: "SELECT * FROM conversation WHERE id = ?", arguments: [id.rawValue])
            .map(ConversationRow.init)
    }

    static func fetch(_ database: Database, remoteID: RemoteID) throws -> ConversationRow? {
        try Row.fetchOne(
            database.cachedStatement(sql: "SELECT * FROM conversation WHERE remote_id = ?"),
            arguments: [remoteID.rawValue]
        ).map(ConversationRow.init)
    }

    /// - Throws: ``StoreError/noSuchConversation(_:)`` if there is no such row.
    static func fetch(_ database: Database, key: Int64) throws -> ConversationRow {
        guard
            let row = try Row.fetchOne(database, sql: "SELECT * FROM conversation WHERE key = ?", arguments: [key])
        else { throw StoreError.noSuchConversation("\(key)") }
        return ConversationRow(row: row)
    }
}
