public import ConvoModel
import ConvoSQLite

/// What came of an answer whose stream broke. It can be read until it is known what became of the write; the history
/// brings the whole of it, under the same ids.
///
/// No history vouches for such entries: they are marked as ours alone, and the operation's `response` lists them.
extension Store {
    /// Keeps it. The operation stays where it is. What the server does not store survives a power cut.
    public func keepPartial(
        of id: OperationID, conversation remoteID: RemoteID?, entries: [Entry]
    ) throws(StoreError) {
        guard !entries.isEmpty || remoteID != nil else { return }
        try write(isDurable: isUnstored(id)) { database in
            guard
                let item = try OutboxItem.fetchOne(
                    database, sql: OutboxItem.selection + " WHERE o.id = ?", arguments: [id.rawValue]),
                let conversation = try ConversationRow.fetch(database, id: item.conversation)
            else { return }
            if let remoteID { try name(database, conversation, remoteID) }
            // These come before it, with the history.
            let inputs = (try? Inputs(json: item.inputs))?.asEntries.count ?? 0
            try add(database, entries, to: conversation.key, isLocalOnly: true, behind: inputs)
            guard item.request["store"]?.bool != false else { return }  // no history will ever bring more
            try database.execute(
                sql: "UPDATE operation SET response = ? WHERE id = ?",
                arguments: [JSONText.object(["outputs": .array(entries.map(\.raw))]).text, id.rawValue])
        }
    }

    /// The ids of the entries that have come of an answer; `nil` where none has come.
    func partial(_ database: Database, of id: OperationID) throws -> [String]? {
        try String.fetchOne(
            database, sql: "SELECT response FROM operation WHERE id = ?", arguments: [id.rawValue]
        ).map { JSONText.stored($0)["outputs"]?.elements.compactMap { $0["id"]?.string } ?? [] }
    }

    /// What no history has brought by now is no longer shown.
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
