public import ConvoModel
import ConvoSQLite

/// Names and tags that a person gives conversations. They are kept here: no request sends them, and no sync changes them.
extension Store {
    /// Gives a conversation a name of the person's own, beside the server's name; durable on return.
    ///
    /// The name stays whatever the server calls the conversation, and searches find the conversation by both.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - name: one line of at most 512 bytes; white space around it is removed. `nil` takes the name away.
    /// - Throws: ``StoreError/invalidName(_:)``, ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the file
    ///   cannot be written; nothing is changed then.
    public func rename(_ id: LocalID, to name: String?) throws(StoreError) {
        let name = try name.map { name throws(StoreError) in try LocalName(name).text }
        try writeDurably { database in
            let conversation = try require(database, id)
            guard !conversation.names.localName.hasSameBytes(as: name) else { return }
            try setLocalName(database, of: conversation, to: name)
        }
    }

    /// Adds tags to a conversation and takes others away; durable on return.
    ///
    /// A tag is one word of at most 64 bytes, without blanks, commas, quotation marks and asterisks, that does not begin with a
    /// dash. Case and diacritics do not matter: a tag that the conversation has already stays as it was written first.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - added: the tags to add; the conversation may have 64 in all.
    ///   - removed: the tags to take away; one that the conversation does not have, or that is also added, is ignored.
    /// - Returns: the conversation's tags, in their order.
    /// - Throws: ``StoreError/invalidTag(_:reason:)``, ``StoreError/noSuchConversation(_:)``, or another ``StoreError`` if the
    ///   file cannot be written; nothing is changed then.
    @discardableResult
    public func tag(
        _ id: LocalID, adding added: [String] = [], removing removed: [String] = []
    ) throws(StoreError) -> [String] {
        let added = try Tag.distinct(added)
        let removed = try Tag.distinct(removed).filter { tag in !added.contains { $0.folded == tag.folded } }
        return try writeDurably { database in
            let key = try require(database, id).key
            let before = try tagNames(database, of: key).count
            try removeTags(database, removed, of: key)
            try addTags(database, added, to: key)
            let names = try tagNames(database, of: key)
            if let last = added.last, names.count > max(Tag.countLimit, before) {
                throw StoreError.invalidTag(
                    last.name, reason: "is one more than the \(Tag.countLimit) of a conversation")
            }
            return names
        }
    }

    /// The tags of all conversations, in their order.
    ///
    /// - Returns: each tag once, with the number of its conversations.
    /// - Throws: ``StoreError`` if the file cannot be read.
    public func tags() throws(StoreError) -> [TagCount] {
        try read { database in
            // SQLite takes `name` of the row that has the minimum (sqlite.org/lang_select.html#bareagg).
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT name, MIN(key), COUNT(*) AS conversations FROM conversation_tag GROUP BY folded ORDER BY folded
                    """)
            return rows.map { TagCount(tag: $0["name"], conversations: $0["conversations"]) }
        }
    }
}

extension Store {
    /// SQL for the tags of the conversation `c` in their order, with blanks between them; NULL where there are none.
    static let tagsSelection = """
        (SELECT group_concat(name, ' ') FROM
            (SELECT name FROM conversation_tag t WHERE t.conversation = c.key ORDER BY t.folded))
        """

    /// The tags of a row's `tags`, see ``tagsSelection``.
    static func tagNames(_ text: String?) -> [String] { text?.split(separator: " ").map(String.init) ?? [] }

    func tagNames(_ database: Database, of key: Int64) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(
                sql: "SELECT name FROM conversation_tag WHERE conversation = ? ORDER BY folded"),
            arguments: [key])
    }

    func setLocalName(_ database: Database, of conversation: ConversationRow, to name: String?) throws {
        var names = conversation.names
        try unindex(database, conversation: conversation.key, names)
        names.localName = name
        try database.cachedStatement(sql: "UPDATE conversation SET local_name = ? WHERE key = ?")
            .execute(arguments: [name, conversation.key])
        try index(database, conversation: conversation.key, names)
    }

    /// Adds tags; those that the conversation has stay as they are.
    ///
    /// - Returns: whether one is new.
    @discardableResult
    func addTags(_ database: Database, _ tags: [Tag], to key: Int64) throws -> Bool {
        let insert = try database.cachedStatement(
            sql: "INSERT INTO conversation_tag (conversation, name, folded) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
        let before = database.totalChangesCount
        for tag in tags { try insert.execute(arguments: [key, tag.name, tag.folded]) }
        return database.totalChangesCount > before
    }

    private func removeTags(_ database: Database, _ tags: [Tag], of key: Int64) throws {
        let delete = try database.cachedStatement(
            sql: "DELETE FROM conversation_tag WHERE conversation = ? AND folded = ?")
        for tag in tags { try delete.execute(arguments: [key, tag.folded]) }
    }

    /// Gives a conversation what an archive calls it, where the person has not named it here, and the archive's tags.
    ///
    /// - Returns: whether anything is new.
    func fillLabels(
        _ database: Database, of conversation: ConversationRow, from facts: ArchivedConversation.Facts
    ) throws -> Bool {
        let isTagged = try addTags(database, Tag.distinct(facts.tags), to: conversation.key)
        guard conversation.names.localName == nil, let name = facts.localName else { return isTagged }
        try setLocalName(database, of: conversation, to: name)
        return true
    }

    /// Moves the labels of a row that goes to the one that stays, whose own name counts.
    func moveLabels(_ database: Database, from twin: Int64, to ours: Int64) throws {
        try database.execute(
            sql: """
                UPDATE conversation SET local_name = (SELECT local_name FROM conversation WHERE key = ?1)
                WHERE key = ?2 AND local_name IS NULL
                """, arguments: [twin, ours])
        try database.execute(
            sql: """
                INSERT INTO conversation_tag (conversation, name, folded)
                SELECT ?2, name, folded FROM conversation_tag WHERE conversation = ?1 ON CONFLICT DO NOTHING
                """, arguments: [twin, ours])
    }
}
