import ConvoSQLite

@testable import ConvoStore

/// A digest of all that a database holds, as the promised views tell it (docs/schema.md).
///
/// It has the columns of views version 1. So it stays the same through later migrations, which may add columns, and change the tables.
struct ContentDigest: Equatable {
    /// A line for each view: its name, how many rows it has, and the SHA-256 of them.
    let lines: [String]

    /// Each view with its columns, and what puts its rows in an order.
    ///
    /// Left out: `key`, which is a table's own number, and `tags` of `conversations`, whose order nothing promises (the view
    /// `tags` has them).
    private static let views: [(name: String, columns: String, order: String)] = [
        (
            "conversations",
            """
            id, remote_id, name, description, model, agent_id, created_at, updated_at, active_at, entry_count, pending_count, \
            parent_id, parent_entry_id, parent_inferred, deleted_remotely_at, local_only, raw, local_name
            """, "id"
        ),
        ("tags", "conversation_id, tag", "conversation_id, tag"),
        (
            "entries",
            """
            conversation_id, id, position, type, role, created_at, model, agent_id, tool, tool_call_id, value, completed_at, \
            dropped_at, local_only, raw
            """, "conversation_id, position, id"
        ),
        (
            "messages",
            "conversation_id, conversation, branch_of, id, position, role, created_at, model, text, dropped_at",
            "conversation_id, position, id"
        ),
        (
            "files",
            "conversation_id, entry_id, place, name, declared_type, state, reason, size, media_type, sha256, stored_at",
            "conversation_id, entry_id, place"
        ),
        (
            "outbox",
            """
            sequence, id, operation, conversation_id, conversation, state, attempts, next_attempt_at, reason_code, \
            reason_message, created_at, request, response
            """, "sequence"
        ),
    ]

    /// Reads all rows of the views.
    ///
    /// - Parameter store: the database.
    /// - Throws: ``StoreError`` if it cannot be read.
    init(of store: Store) throws {
        lines = try store.read { database in
            try ContentDigest.views.map { view in
                let count = view.columns.count { $0 == "," } + 1
                let cursor = try Row.fetchCursor(
                    database.cachedStatement(
                        sql: "SELECT \(view.columns) FROM \(view.name) ORDER BY \(view.order)"))
                var (hasher, rows) = (SHA256.Hasher(), 0)
                while try cursor.advance() {
                    rows += 1
                    for column in 0..<count {
                        Array(ContentDigest.text(of: cursor.value(at: column)).utf8).withUnsafeBytes {
                            hasher.update($0)
                        }
                    }
                }
                return "\(view.name) \(rows) \(hasher.hex())"
            }
        }
    }

    /// A value with its kind and its length, so that no two rows of values have the same text.
    private static func text(of value: DatabaseValue) -> String {
        switch value {
        case .null: "n;"
        case .integer(let number): "i\(number);"
        case .real(let number): "r\(number);"
        case .text(let text): "t\(text.utf8.count):\(text);"
        case .blob(let bytes): "b\(bytes.count):\(SHA256.hex(String(decoding: bytes, as: UTF8.self)));"
        }
    }
}
