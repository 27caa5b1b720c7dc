import ConvoJSON
public import ConvoModel
import ConvoSQLite

/// An element of the list or of a history that could not be stored as it came, or a history that could not be read.
public struct SetAsideItem: Sendable, Hashable {
    /// The conversation whose history has the element; `nil` for an element of the list.
    public let conversation: LocalID?
    /// That conversation's id on the server; `nil` for an element of the list.
    public let remoteID: RemoteID?
    /// That conversation's name; `nil` if it has none, and for an element of the list.
    public let conversationName: String?
    /// The element's index in the whole list or in the history, from 0; `nil` for a history as a whole.
    public let position: Int?
    /// The element's `id`; `nil` if it cannot be read, and for a history as a whole.
    public let id: String?
    /// The element's `name`; `nil` if it has none, or it cannot be read.
    public let name: String?
    /// What is wrong: one sentence without a capital or a full stop.
    public let reason: String
    /// When the element was last set aside.
    public let seenAt: Timestamp
}

extension Store {
    private static let wholeHistory = -1
    private static let list = "list"
    /// The length in bytes up to which the JSON of an element is kept.
    private static let rawLimit = 1 << 20

    /// Everything that is set aside, the list's elements first.
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
                    reason: row["reason"], seenAt: Timestamp(stored: row["seen_at"]))
            }
        }
    }

    /// Records that a history cannot be read, so that the engine does not fetch it again until its `updated_at`
    /// changes.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - version: the conversation's `updated_at`.
    ///   - reason: why the history cannot be read, one sentence for ``setAside()``.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func recordUnreadableHistory(
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

    /// Whether a history was recorded as one that cannot be read.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - version: the conversation's `updated_at`.
    /// - Returns: `false` if the record is for another `updated_at`.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func isHistoryUnreadable(of id: RemoteID, version: String) throws(StoreError) -> Bool {
        try read { database in
            try database.isTrue(
                sql: "SELECT EXISTS (SELECT 1 FROM conversation WHERE remote_id = ? AND unreadable_version = ?)",
                arguments: [id.rawValue, version])
        }
    }

    /// Replaces what is set aside of a history, in the transaction that stores it.
    func recordOddEntries(_ database: Database, _ items: [OddItem], of id: RemoteID) throws {
        try database.cachedStatement(sql: "DELETE FROM set_aside WHERE place = ?").execute(arguments: [id.rawValue])
        for item in items { try setAside(database, id.rawValue, item) }
    }

    /// Replaces what is set aside of a page's positions in the list, in the transaction that stores the page.
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
