import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Keeps the part of an answer that arrived before its stream broke.
///
/// The entries can be read until the outcome of the write is known; the history brings the whole answer, under the same
/// ids. Until then the entries count as local only, and the operation's `response` lists them.
extension Store {
    /// Stores the entries that arrived before a stream broke; the write's state stays as it is.
    ///
    /// Durable if the server does not store the exchange (`store: false`). If there is neither an entry nor a
    /// conversation's id, nothing is changed.
    ///
    /// - Parameters:
    ///   - id: the write whose answer was streamed.
    ///   - remoteID: the conversation that the stream named; `nil` if it named none.
    ///   - entries: the outputs as far as they have arrived.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func keepPartial(
        of id: OperationID, conversation remoteID: RemoteID?, entries: [Entry]
    ) throws(StoreError) {
        guard !entries.isEmpty || remoteID != nil else { return }
        try write(durablyIf: { try isUnstored($0, id) }) { database in
            guard
                let item = try OutboxItem.fetchOne(
                    database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue]),
                let conversation = try ConversationRow.fetch(database, id: item.conversation)
            else { return }
            if let remoteID { try name(database, conversation, remoteID, after: item.kind) }
            // The history brings the inputs, which come before the answer.
            let inputs = (try? Inputs(json: item.inputs))?.asEntries.count ?? 0
            guard item.request["store"]?.bool != false else {  // no history will ever bring more
                return try addUnstored(database, entries, to: conversation.key)
            }
            try add(database, entries, to: conversation.key, isLocalOnly: true, behind: inputs)
            try database.execute(
                sql: "UPDATE operation SET response = ? WHERE id = ?",
                arguments: [JSONText.object(["outputs": .array(entries.map(\.raw))]).text, id.rawValue])
        }
    }

    /// The ids of the outputs in the operation's `response`; `nil` if it has none.
    func partial(_ database: Database, of id: OperationID) throws -> [String]? {
        try String.fetchOne(
            database, sql: "SELECT response FROM operation WHERE id = ?", arguments: [id.rawValue]
        ).map { JSONText.stored($0)["outputs"]?.elements.compactMap { $0["id"]?.string } ?? [] }
    }

    /// Marks the kept entries that no history has brought by now as dropped, so that they are no longer shown.
    func drop(_ database: Database, _ partial: [String], of id: OperationID) throws {
        for entry in partial {
            try database.execute(
                sql: """
                    UPDATE entry SET local_only = 0, dropped_at = ? WHERE id = ? AND local_only = 1
                        AND conversation = (SELECT conversation FROM operation WHERE id = ?)
                    """,
                arguments: [environment.now().text, entry, id.rawValue])
        }
        try database.execute(
            sql: "UPDATE operation SET response = NULL WHERE id = ? AND state <> 'delivered'",
            arguments: [id.rawValue])
    }
}
