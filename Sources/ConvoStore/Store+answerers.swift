// One query, which completions ask.

import ConvoSQLite

extension Store {
    /// The models and the agents of the conversations here, the most used first: a hundred of each at most.
    ///
    /// - Returns: the names as the server gives them.
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func answerers() throws(StoreError) -> (models: [String], agents: [String]) {
        try read { database in
            func mostUsed(_ column: String) throws -> [String] {
                try String.fetchAll(
                    database,
                    sql: """
                        SELECT \(column) FROM conversation WHERE \(column) IS NOT NULL AND hidden = 0
                        GROUP BY \(column) ORDER BY count(*) DESC, \(column) LIMIT 100
                        """)
            }
            return (try mostUsed("model"), try mostUsed("agent_id"))
        }
    }
}
