import ConvoJSON
import ConvoModel
import ConvoSQLite

/// Reads the text of candidates and makes hits of them.
extension Search {
    /// The best candidates as hits, best first; of a message that branches share, the first only.
    func hits(of found: [Candidate], limit: Int) throws -> [SearchHit] {
        let ordered = found.sorted { left, right in
            if order == .relevance, left.score != right.score { return left.score > right.score }
            return left.moment != right.moment ? left.moment > right.moment : left.key < right.key
        }
        var seen: Set<TextBytes> = []
        var hits: [SearchHit] = []
        for found in ordered where hits.count < limit {
            guard let hit = try hit(found, unless: { seen.contains(TextBytes($0)) }) else { continue }
            if hit.otherBranches > 0, let id = hit.entry { seen.insert(TextBytes(id.rawValue)) }
            hits.append(hit)
        }
        return hits
    }

    /// Whether the server gave the entry its id: the name that the store makes (`~` and a position) means nothing in
    /// another conversation.
    private static func isNamed(_ id: String) -> Bool { !id.hasPrefix("~") }

    private func hit(_ found: Candidate, unless isSeen: (String) -> Bool) throws -> SearchHit? {
        switch found.place {
        case .entry: try entryHit(found, unless: isSeen)
        case .operation: try queuedHit(found)
        case .conversation: try nameHit(found)
        }
    }

    private func entryHit(_ found: Candidate, unless isSeen: (String) -> Bool) throws -> SearchHit? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT e.id AS entry_id, e.raw, c.id, c.remote_id, IFNULL(c.local_name, c.name) AS name,
                        (SELECT COUNT(*) FROM entry WHERE id = e.id) AS copies
                    FROM entry e JOIN conversation c ON c.key = e.conversation WHERE e.key = ?
                    """),
            arguments: [found.key]
        ).flatMap { row in
            guard !isSeen(row["entry_id"]) else { return nil }
            let entry = Entry(raw: row.json("raw"))
            let id: String = row["entry_id"]
            return SearchHit(
                conversation: LocalID(row["id"]), remoteID: (row["remote_id"] as String?).map { RemoteID($0) },
                entry: EntryID(id), operation: nil, type: entry.type, role: entry.role,
                createdAt: entry.createdAt, conversationName: row["name"],
                snippet: Snippet(of: SearchText.of(entry.raw), wanted: query.wanted), score: found.score,
                otherBranches: Search.isNamed(id) ? row["copies"] - 1 : 0)
        }
    }

    private func queuedHit(_ found: Candidate) throws -> SearchHit? {
        let sql = OutboxItem.selection + " WHERE o.sequence = ? AND o.state NOT IN ('delivered', 'cancelled')"
        return try OutboxItem.fetchOne(database, sql: sql, arguments: [found.key])
            .map { item in
                SearchHit(
                    conversation: item.conversation, remoteID: item.remoteID, entry: nil, operation: item.id,
                    type: .messageInput, role: "user", createdAt: item.createdAt, conversationName: nil,
                    snippet: Snippet(of: SearchText.of(item.inputs), wanted: query.wanted), score: found.score,
                    otherBranches: 0)
            }
    }

    private func nameHit(_ found: Candidate) throws -> SearchHit? {
        try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT id, remote_id, created_at, \(SearchedNames.columns) FROM conversation WHERE key = ?"),
            arguments: [found.key]
        ).map { row in
            let names = SearchedNames(row: row)
            let text = (names.texts ?? []).filter { !$0.isEmpty }.joined(separator: "\n")
            return SearchHit(
                conversation: LocalID(row["id"]), remoteID: (row["remote_id"] as String?).map { RemoteID($0) },
                entry: nil, operation: nil, type: .conversationName, role: nil,
                createdAt: Timestamp(stored: row["created_at"]),
                conversationName: names.localName ?? names.name, snippet: Snippet(of: text, wanted: query.wanted),
                score: found.score,
                otherBranches: 0)
        }
    }
}
