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
        let shared = neighbours.compactMap { $0.map { sharedLength(id, $0) } }.max() ?? 0
        return String(String.UnicodeScalarView(id.unicodeScalars.prefix(max(minimum, shared + 1))))
    }

    /// How many scalars two texts begin with alike.
    fileprivate static func sharedLength(_ one: String, _ other: String) -> Int {
        zip(one.unicodeScalars, other.unicodeScalars).prefix { $0 == $1 }.count
    }

    fileprivate mutating func add(_ id: LocalID, _ reference: String) { conversations[id] = reference }
    fileprivate mutating func add(_ id: OperationID, _ reference: String) { writes[id] = reference }
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
            if !conversations.isEmpty {
                let remote = try RemoteBeginning(database)
                for id in conversations {
                    let neighbours =
                        try neighbours(database, of: id.rawValue, in: "conversation", "id")
                        + remote.neighbours(database, of: id.rawValue)
                    references.add(id, References.shortest(of: id.rawValue, besides: neighbours))
                }
            }
            for id in writes {
                let neighbours = try neighbours(database, of: id.rawValue, in: "operation", "id")
                    .map { $0.map { OperationID($0).withoutPrefix } }
                references.add(id, References.shortest(of: id.withoutPrefix, besides: neighbours))
            }
            return references
        }
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

/// The ids in a column next to a text, before and behind it.
private func neighbours(
    _ database: Database, of text: String, in table: String, _ column: String
) throws -> [String?] {
    let statement = try database.cachedStatement(
        sql: """
            SELECT (SELECT MAX(\(column)) FROM \(table) WHERE \(column) < ?1) AS before,
                (SELECT MIN(\(column)) FROM \(table) WHERE \(column) > ?1) AS behind
            """)
    return try Row.fetchOne(statement, arguments: [text]).map { [$0["before"], $0["behind"]] } ?? []
}

/// What all ids of the server begin with, `conv_` as a rule.
///
/// A local id that goes on otherwise shares no more than that with any of them, so they need not be asked for it.
private struct RemoteBeginning {
    /// The first and the last id, which tell what all of them share; `nil` if there is none.
    private let shared: String?

    init(_ database: Database) throws {
        let ends = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT (SELECT MIN(remote_id) FROM conversation) AS first,
                        (SELECT MAX(remote_id) FROM conversation) AS last
                    """))
        guard let ends, let first = ends["first"] as String?, let last = ends["last"] as String? else {
            shared = nil
            return
        }
        shared = String(
            String.UnicodeScalarView(first.unicodeScalars.prefix(References.sharedLength(first, last))))
    }

    func neighbours(_ database: Database, of id: String) throws -> [String?] {
        guard let shared else { return [] }
        let isApart = References.sharedLength(id, shared) < shared.unicodeScalars.count
        return isApart ? [shared] : try ConvoStore.neighbours(database, of: id, in: "conversation", "remote_id")
    }
}
