import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// What a person calls conversations and writes: each by the shortest beginning of its id that no other one shares.
///
/// A conversation is called by the beginning of its local id, a write by that of its id without the `op_`. Both kinds of
/// ids are random from their first character, so that four characters are enough for most. What this value was not
/// made for is called by its whole id.
package struct References: Sendable, Hashable {
    /// The fewest characters of a reference: shorter ones would soon be shared by a new conversation.
    static let minimum = 4

    private var conversations: [LocalID: String] = [:]
    private var writes: [OperationID: String] = [:]

    /// Makes a value that calls everything by its whole id.
    package init() {}

    /// The reference of a conversation.
    package subscript(id: LocalID) -> String { conversations[id] ?? id.rawValue }

    /// The reference of a write.
    package subscript(id: OperationID) -> String { writes[id] ?? id.rawValue }

    /// The shortest beginning of an id that no other id shares; at least four characters, and the whole id if it is shorter
    /// or another one begins with it.
    ///
    /// - Parameters:
    ///   - id: the id.
    ///   - neighbours: the ids next to it in the order of their bytes: no other id shares more with it than these.
    /// - Returns: the beginning.
    static func shortest(of id: String, besides neighbours: [String?]) -> String {
        var shared = 0
        for case let neighbour? in neighbours { shared = max(shared, sharedLength(id, neighbour)) }
        // In bytes; a reference ends behind a whole character.
        let end =
            id.utf8.index(id.startIndex, offsetBy: max(minimum, shared + 1), limitedBy: id.endIndex) ?? id.endIndex
        return String(id[..<(id.unicodeScalars.indices.first { $0 >= end } ?? id.endIndex)])
    }

    /// How many bytes two texts begin with alike.
    fileprivate static func sharedLength(_ one: String, _ other: String) -> Int {
        var (rest, count) = (other.utf8.makeIterator(), 0)
        for byte in one.utf8 {
            guard byte == rest.next() else { break }
            count += 1
        }
        return count
    }
}

extension OperationID {
    /// The id without what the ids of all writes begin with.
    var withoutPrefix: String {
        rawValue.hasPrefix(OperationID.prefix) ? String(rawValue.dropFirst(OperationID.prefix.count)) : rawValue
    }

    /// What the ids of all writes begin with.
    static let prefix = "op_"
}

extension Store {
    /// The references of conversations and writes, which are those of this moment: a new conversation may make one longer.
    ///
    /// Asks the index of the ids for the two neighbours of each, so that the time does not depend on how many there are.
    ///
    /// - Parameters:
    ///   - conversations: local ids; those that are not here are called by their whole ids.
    ///   - writes: ids of writes.
    /// - Returns: the references.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func references(
        of conversations: [LocalID], _ writes: [OperationID] = []
    ) throws(StoreError) -> References {
        var references = References()
        guard !conversations.isEmpty || !writes.isEmpty else { return references }
        return try read { database in
            if !conversations.isEmpty { try references.add(conversations, database) }
            if !writes.isEmpty { try references.add(writes, database) }
            return references
        }
    }
}

extension References {
    /// The ids of the parameter's JSON array, each with the ids of a table next to it, before and behind.
    private static func neighbours(in table: String, and more: String = "") -> String {
        """
        SELECT wanted.value, (SELECT MAX(id) FROM \(table) WHERE id < wanted.value),
            (SELECT MIN(id) FROM \(table) WHERE id > wanted.value)\(more)
        FROM json_each(?) AS wanted
        """
    }

    fileprivate mutating func add(_ ids: [LocalID], _ database: Database) throws {
        // Of the server's ids, the first and the last one tell what all of them begin with: `conv_` as a rule. A local id that
        // goes on otherwise shares no more than that with any of them.
        let ends = """
            , (SELECT MIN(remote_id) FROM conversation), (SELECT MAX(remote_id) FROM conversation)
            """
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: References.neighbours(in: "conversation", and: ends)),
            arguments: [JSONText.array(ids.map { .string($0.rawValue) }).text])
        while try rows.advance() {
            let id: String = rows[0]
            var neighbours: [String?] = [rows[1], rows[2]]
            if let shared = References.sharedBeginning(rows[3], rows[4]) {
                let isApart = References.sharedLength(id, shared) < shared.utf8.count
                neighbours += isApart ? [shared] : try References.remoteNeighbours(of: id, database)
            }
            conversations[LocalID(id)] = References.shortest(of: id, besides: neighbours)
        }
    }

    fileprivate mutating func add(_ ids: [OperationID], _ database: Database) throws {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: References.neighbours(in: "operation")),
            arguments: [JSONText.array(ids.map { .string($0.rawValue) }).text])
        while try rows.advance() {
            let id = OperationID(rows[0])
            let neighbours = [rows[1] as String?, rows[2]].map { $0.map { OperationID($0).withoutPrefix } }
            writes[id] = References.shortest(of: id.withoutPrefix, besides: neighbours)
        }
    }

    /// What two texts begin with; `nil` where one of them is missing.
    private static func sharedBeginning(_ one: String?, _ other: String?) -> String? {
        guard let one, let other else { return nil }
        return String(decoding: one.utf8.prefix(sharedLength(one, other)), as: UTF8.self)
    }

    /// The server's ids next to a text, before and behind it.
    private static func remoteNeighbours(of id: String, _ database: Database) throws -> [String?] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT (SELECT MAX(remote_id) FROM conversation WHERE remote_id < ?1) AS before,
                    (SELECT MIN(remote_id) FROM conversation WHERE remote_id >= ?1) AS behind
                """)
        return try Row.fetchOne(statement, arguments: [id]).map { [$0["before"], $0["behind"]] } ?? []
    }
}

extension Store {
    /// The numbers of entries in their conversations, as of one moment.
    ///
    /// - Parameter entries: the entries, each with its conversation.
    /// - Returns: one number for each, in their order; `nil` for one that is dropped, or not here.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func entryNumbers(
        of entries: [(conversation: LocalID, entry: EntryID)]
    ) throws(StoreError) -> [Int?] {
        guard !entries.isEmpty else { return [] }
        return try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT (SELECT COUNT(*) FROM entry e WHERE e.conversation = own.conversation
                            AND (e.position, e.key) <= (own.position, own.key))
                        - (SELECT COUNT(*) FROM entry e WHERE e.conversation = own.conversation
                            AND e.dropped_at IS NOT NULL AND (e.position, e.key) <= (own.position, own.key))
                    FROM entry own WHERE own.id = ?2 AND own.dropped_at IS NULL
                        AND own.conversation = (SELECT key FROM conversation WHERE id = ?1)
                    """)
            return try entries.map {
                try Int.fetchOne(statement, arguments: [$0.conversation.rawValue, $0.entry.rawValue])
            }
        }
    }
}
