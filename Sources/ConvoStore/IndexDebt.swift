import ConvoJSON
import ConvoSQLite
import ConvoWords

/// Changes of the index that a process leaves to another one, because its rules are older than those of the index.
///
/// A row leaves the index by the words that it came with, and only a process with the same rules finds these.
enum IndexDebt {
    /// How many changes one transaction makes at most.
    private static let limit = 500

    /// Has a row added, with the text that it has when that is done.
    static func add(_ database: Database, _ table: IndexTable, _ key: Int64) throws {
        try database.execute(
            sql: "INSERT INTO index_debt (is_entry, key, is_removal) VALUES (?, ?, 0)",
            arguments: [table == .entries, key])
    }

    /// Has a row removed that has these texts; a row that was to be added is not.
    static func remove(_ database: Database, _ table: IndexTable, _ key: Int64, _ texts: [String]) throws {
        try database.execute(
            sql: "DELETE FROM index_debt WHERE is_entry = ? AND key = ? AND is_removal = 0",
            arguments: [table == .entries, key])
        guard database.changesCount == 0 else { return }
        try database.execute(
            sql: "INSERT INTO index_debt (is_entry, key, is_removal, text, description) VALUES (?, ?, 1, ?, ?)",
            arguments: [table == .entries, key, texts.first, texts.count > 1 ? texts[1] : nil])
    }

    /// Makes the changes in their order, as many as one transaction may.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - state: the state of the index, whose rules are this program's: of the one that is rebuilt, if one is.
    /// - Throws: ``DatabaseError``.
    static func settle(_ database: Database, _ state: IndexState) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT * FROM index_debt ORDER BY number LIMIT ?", arguments: [limit])
        for row in rows {
            let table: IndexTable = row["is_entry"] ? .entries : .conversations
            let index = state.rebuild == nil ? table.rawValue : table.rebuilt
            let key: Int64 = row["key"]
            if row["is_removal"] {
                var texts = [row["text"] as String? ?? ""]
                if table == .conversations { texts.append(row["description"] ?? "") }
                try table.remove(database, from: index, key, texts)
            } else if let texts = try table.texts(database, of: key) {
                let words = texts.map { IndexedWords(of: $0) }
                if table == .conversations || words.contains(where: { !$0.text.isEmpty }) {
                    try table.insert(database, into: index, key, words)
                }
            }
        }
        guard let last = rows.last else { return }
        try database.execute(sql: "DELETE FROM index_debt WHERE number <= ?", arguments: [last["number"] as Int64])
    }
}

extension IndexTable {
    /// The texts that a row of the index stands for; `nil` if it has none.
    func texts(_ database: Database, of key: Int64) throws -> [String]? {
        let row: Row?
        switch self {
        case .conversations:
            row = try Row.fetchOne(
                database,
                sql: """
                    SELECT \(SearchedNames.columns) FROM conversation WHERE key = ? AND \(SearchedNames.exist)
                    """, arguments: [key])
            return row.flatMap { SearchedNames(row: $0).texts }
        case .entries where key < EntryKey.firstOperation:
            row = try Row.fetchOne(database, sql: "SELECT raw FROM entry WHERE key = ?", arguments: [key])
            return row.map { [SearchText.of($0.json("raw"))] }
        case .entries:
            row = try Row.fetchOne(
                database, sql: "SELECT request FROM operation WHERE sequence = ?",
                arguments: [key - EntryKey.firstOperation])
            return try row.map { [Store.text(of: try JSONText($0["request"] as String))] }
        }
    }
}
