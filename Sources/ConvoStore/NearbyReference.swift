import ConvoModel
import ConvoSQLite

/// Conversations that a person may have meant.
extension Store {
    /// The conversations whose names have a text in them, then those with an id that begins nearly as it does, newest activity
    /// first: where two characters are exchanged, or one is missing, added or another one; of a text from six
    /// characters on, two of these.
    ///
    /// Reads all ids, for an error that a person sees. Those that were deleted here are left out.
    ///
    /// - Parameters:
    ///   - name: what a person called the conversation.
    ///   - limit: the largest number of conversations to return.
    /// - Returns: the conversations.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func conversations(near name: String, limit: Int) throws(StoreError) -> [StoredConversation] {
        guard (2...NearbyReference.longest).contains(name.unicodeScalars.count), limit > 0 else { return [] }
        let found = try read { database in
            let named = try String.fetchAll(
                database,
                sql: """
                    SELECT id FROM conversation
                    WHERE hidden = 0 AND (name LIKE ?1 ESCAPE '\\' OR local_name LIKE ?1 ESCAPE '\\')
                    ORDER BY activity DESC, key DESC LIMIT ?2
                    """,
                arguments: ["%" + SearchSource.pattern(name), limit])
            var near: [(id: String, distance: Int)] = []
            let rows = try Row.fetchCursor(
                database,
                sql: "SELECT id, remote_id FROM conversation WHERE hidden = 0 ORDER BY activity DESC, key DESC")
            let reference = NearbyReference(name)
            while try rows.advance() {
                let ids = [rows[0] as String?, rows[1] as String?].compactMap(\.self)
                guard let distance = ids.compactMap({ reference.distance(to: $0) }).min() else { continue }
                near.append((rows[0], distance))
            }
            let nearest = near.enumerated().sorted {
                ($0.element.distance, $0.offset) < ($1.element.distance, $1.offset)
            }
            return named + nearest.map(\.element.id).filter { !named.contains($0) }.prefix(limit)
        }
        let conversations = try self.conversations(found.prefix(limit).map { LocalID($0) })
        return found.compactMap { conversations[LocalID($0)] }
    }
}

extension Store {
    /// The writes that are not delivered whose ids begin nearly as a text does, as ``conversations(near:limit:)`` finds
    /// conversations.
    ///
    /// - Parameters:
    ///   - name: what a person called the write, with or without the `op_`.
    ///   - limit: the largest number of writes to return.
    /// - Returns: the writes, nearest first.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func operations(near name: String, limit: Int) throws(StoreError) -> [OutboxItem] {
        let name = OperationID(name).withoutPrefix
        guard (2...NearbyReference.longest).contains(name.unicodeScalars.count) else { return [] }
        let reference = NearbyReference(name)
        let near = try outbox().compactMap { item in
            reference.distance(to: item.id.withoutPrefix).map { (item: item, distance: $0) }
        }
        return near.sorted { ($0.distance, $0.item.sequence) < ($1.distance, $1.item.sequence) }.prefix(limit)
            .map(\.item)
    }
}

/// A reference as a person wrote it, compared with the beginnings of ids.
struct NearbyReference {
    /// Longer texts are compared with no id.
    static let longest = 64

    private let letters: [Unicode.Scalar]
    private let limit: Int

    init(_ text: String) {
        letters = Array(text.unicodeScalars)
        limit = letters.count < 6 ? 1 : 2
    }

    /// How many characters at least were left out, added, replaced, or exchanged with their neighbour, so that the text
    /// became a beginning of the id; `nil` if that is more than the text allows, or nothing.
    func distance(to id: String) -> Int? {
        let others = Array(id.unicodeScalars.prefix(letters.count + limit))
        var before: [Int] = []
        var last = Array(0...others.count)
        for (row, letter) in letters.enumerated() {
            var next = [row + 1]
            for (column, other) in others.enumerated() {
                var cost = min(last[column + 1] + 1, next[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == others[column - 1], letters[row - 1] == other {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            // No later row is nearer than the nearest of this one.
            guard next.contains(where: { $0 <= limit }) else { return nil }
            (before, last) = (last, next)
        }
        let least = last.min() ?? .max
        return least > 0 && least <= limit ? least : nil
    }
}
