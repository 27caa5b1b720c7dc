public import ConvoModel
import ConvoSQLite

/// What could not be taken in, as `convo status` names it.
public struct SetAsideItem: Sendable, Hashable {
    /// The conversation in whose history it stands; `nil` for an element of the list.
    public let conversation: LocalID?
    public let remoteID: RemoteID?
    public let conversationName: String?
    /// Its index in the answer, from 0; `nil` for a history as a whole.
    public let position: Int?
    /// Its own id and name, as far as they can be read.
    public let id: String?
    public let name: String?
    /// One sentence without a capital or a full stop.
    public let reason: String
    public let seenAt: String
}

extension Store {
    private static let wholeHistory = -1
    private static let list = "list"
    /// A longer element is named, and not kept.
    private static let rawLimit = 1 << 20

    /// Everything that was set aside, the list's elements first.
    public func setAside() throws(StoreError) -> [SetAsideItem] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT s.*, c.id AS conversation_id, c.remote_id, c.name AS conversation_name
                    FROM set_aside s LEFT JOIN conversation c ON c.remote_id = s.place
                    ORDER BY s.place <> 'list', s.place, s.position
                    """
            ).map { row in
                let position: Int = row["position"]
                return SetAsideItem(
                    conversation: (row["conversation_id"] as String?).map { LocalID($0) },
                    remoteID: (row["remote_id"] as String?).map { RemoteID($0) },
                    conversationName: row["conversation_name"],
                    position: position == Store.wholeHistory ? nil : position, id: row["id"], name: row["name"],
                    reason: row["reason"], seenAt: row["seen_at"])
            }
        }
    }

    /// Remembers that the history of this version cannot be read, so that it is not fetched again until it changes.
    ///
    /// - Parameter version: its `updated_at`.
    public func recordUnreadableHistory(
        of id: RemoteID, version: String, reason: String
    ) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: "UPDATE conversation SET unreadable_version = ? WHERE remote_id = ?",
                arguments: [version, id.rawValue])
            try database.execute(sql: "DELETE FROM set_aside WHERE place = ?", arguments: [id.rawValue])
            try setAside(database, id.rawValue, Store.wholeHistory, nil, nil, reason, nil)
        }
    }

    /// Whether the history of this version is known to be one that cannot be read. Reads only.
    ///
    /// - Parameter version: its `updated_at`.
    public func isHistoryUnreadable(of id: RemoteID, version: String) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: "SELECT EXISTS (SELECT 1 FROM conversation WHERE remote_id = ? AND unreadable_version = ?)",
                arguments: [id.rawValue, version])
        }
    }

    /// In the transaction that takes the history in: what was set aside of it before is replaced.
    func recordOddEntries(_ database: Database, _ items: [OddItem], of id: RemoteID) throws {
        try database.cachedStatement(sql: "DELETE FROM set_aside WHERE place = ?").execute(arguments: [id.rawValue])
        for item in items { try setAside(database, id.rawValue, item) }
    }

    /// In the transaction that takes the page in: what was set aside of its places before is replaced.
    func recordOddConversations(_ database: Database, _ items: [OddItem], on page: PageKey, count: Int) throws {
        let first = page.page * page.size
        try database.execute(
            sql: "DELETE FROM set_aside WHERE place = ? AND position BETWEEN ? AND ?",
            arguments: [Store.list, first, first + max(count, page.size) - 1])
        for item in items {
            try setAside(database, Store.list, first + item.position, item.id, item.name, item.reason, item.raw)
        }
    }

    private func setAside(_ database: Database, _ place: String, _ item: OddItem) throws {
        try setAside(database, place, item.position, item.id, item.name, item.reason, item.raw)
    }

    private func setAside(
        _ database: Database, _ place: String, _ position: Int, _ id: String?, _ name: String?, _ reason: String,
        _ raw: JSONText?
    ) throws {
        let kept = raw.flatMap { $0.text.utf8.count <= Store.rawLimit ? $0.text : nil }
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO set_aside (place, position, id, name, reason, raw, seen_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [place, position, id, name, reason, kept, environment.now().text])
    }
}
