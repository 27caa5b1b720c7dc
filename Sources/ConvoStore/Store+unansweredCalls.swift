import ConvoJSON
import ConvoModel
import ConvoSQLite

/// Which function calls a conversation waits for, before an append is accepted.
extension Store {
    /// The `tool_call_id`s of the calls whose results a request brings.
    static func results(in request: JSONText) -> [String] {
        (request["inputs"]?.elements ?? []).compactMap { $0["tool_call_id"]?.string }
    }

    /// The function calls of the last turn for which neither the mirror nor the outbox holds a result or a confirmation.
    ///
    /// A call that a message follows is not asked about: the server takes a message only where no result is missing. Neither is a
    /// call of an exchange that the server did not store; it does count where an answer has broken off.
    func unansweredCalls(_ database: Database, in key: Int64) throws -> [String] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT type, raw FROM entry WHERE conversation = ?1 AND dropped_at IS NULL
                    AND (local_only = 0 OR EXISTS (SELECT 1 FROM operation
                        WHERE conversation = ?1 AND state IN ('sending', 'in_doubt') AND response IS NOT NULL))
                ORDER BY position DESC, key DESC
                """,
            arguments: [key])
        var (calls, answered): ([String], Set<String>) = ([], [])
        while let row = try rows.next() {
            let type: String = row["type"]
            if type == EntryType.messageInput.rawValue { break }
            guard [EntryType.functionCall, .functionResult].map(\.rawValue).contains(type),
                let call = row.json("raw")["tool_call_id"]?.string
            else { continue }
            if type == EntryType.functionCall.rawValue { calls.insert(call, at: 0) } else { answered.insert(call) }
        }
        calls.removeAll(where: answered.contains)
        guard !calls.isEmpty else { return [] }
        let requests = try Row.fetchCursor(
            database,
            sql: "SELECT request FROM operation WHERE conversation = ? AND state NOT IN ('cancelled', 'refused')",
            arguments: [key])
        while let row = try requests.next() {
            let request = row.json("request")
            answered.formUnion(Store.results(in: request))
            answered.formUnion(
                (request["tool_confirmations"]?.elements ?? []).compactMap { $0["tool_call_id"]?.string })
        }
        return calls.filter { !answered.contains($0) }
    }
}
