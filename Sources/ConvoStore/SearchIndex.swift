import ConvoSQLite
import ConvoWords

/// The rules by which this program makes the full-text index.
enum SearchIndex {
    /// The version of the rules. A file records the version by which its index was made; a program with a higher version
    /// makes the index anew.
    ///
    /// It goes up with ``fingerprint``.
    static let version = 4
    /// The rules on which the words of a text depend: the version and checksum of the tables of characters, the version of the
    /// scanner, and the version of ``SearchText``. A test compares it with what this program has.
    static let fingerprint = "Unicode 15.0.0 76ce239b, words 2, text 3"

    static var ownFingerprint: String {
        "Unicode \(UnicodeTables.version) \(String(UnicodeTables.checksum, radix: 16)), words \(WordScanner.version), text \(SearchText.indexVersion)"
    }
}

/// The two full-text indexes: of the texts of entries and queued writes, and of conversations' names.
enum IndexTable: String, CaseIterable {
    case entries = "entry_fts"
    case conversations = "conversation_fts"

    /// The index that a rebuild makes beside the one that searches read.
    var rebuilt: String { rawValue + "_new" }
    /// The index that a rebuild has replaced, until it is removed.
    var replaced: String { rawValue + "_old" }

    private var columns: String { self == .entries ? "text" : "name, description" }

    /// Makes an empty index.
    func create(_ database: Database, named name: String) throws {
        try database.execute(
            sql: "CREATE VIRTUAL TABLE \(name) USING fts5 (\(columns), content = '', tokenize = 'unicode61')")
        guard self == .entries else { return }
        // As the first migration does; it has the reasons.
        try database.execute(
            sql: """
                INSERT INTO \(name) (\(name), rank)
                VALUES ('hashsize', 4194304), ('automerge', 0), ('usermerge', 16), ('crisismerge', 256)
                """)
    }

    func isEmpty(_ database: Database) throws -> Bool {
        try !database.isTrue(sql: "SELECT EXISTS (SELECT 1 FROM \(rawValue)_docsize)")
    }

    func insert(_ database: Database, into index: String, _ key: Int64, _ words: [IndexedWords]) throws {
        try change(database, "INSERT INTO \(index) (rowid, \(columns))", [key], words)
    }

    /// Removes a row with the texts that were inserted.
    func remove(_ database: Database, from index: String, _ key: Int64, _ texts: [String]) throws {
        let words = texts.map { IndexedWords(of: $0) }
        guard self == .conversations || words.contains(where: { !$0.text.isEmpty }) else { return }
        try change(database, "INSERT INTO \(index) (\(index), rowid, \(columns))", ["delete", key], words)
    }

    private func change(
        _ database: Database, _ sql: String, _ head: StatementArguments, _ words: [IndexedWords]
    ) throws {
        let arguments = head + StatementArguments(words.map(\.text))
        try database.cachedStatement(sql: "\(sql) VALUES (\(arguments.placeholders))").execute(arguments: arguments)
    }

    static func exists(_ database: Database, _ name: String) throws -> Bool {
        try database.isTrue(sql: "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)", arguments: [name])
    }
}

/// By which rules the index was made, and how far another one is made beside it, in one state of the file.
struct IndexState: Equatable {
    /// How a change of the index is made.
    enum Mode: Equatable {
        /// In the index, whose rules are ours.
        case direct
        /// In the index that searches read, which nobody removes a row from any more, and in the one that is made beside
        /// it by our rules, if that has come so far.
        case beside
        /// Not in an index of newer rules: another process makes the change, or ours where the index is replaced soon.
        case deferred
    }

    /// The rows that a rebuild has brought into the new indexes.
    struct Progress: Equatable {
        let version: Int
        let entryKey: Int64?
        let conversationKey: Int64?

        func covers(_ table: IndexTable, _ key: Int64) -> Bool {
            (table == .entries ? entryKey : conversationKey).map { key <= $0 } ?? false
        }
    }

    /// The version of the rules of this program.
    let own: Int
    /// The version of the rules of the index that searches read.
    let version: Int
    /// The rebuild that is under way.
    let rebuild: Progress?
    /// Whether changes wait that a process with older rules has left.
    let hasDebts: Bool

    var mode: Mode {
        if let rebuild { return rebuild.version == own && !hasDebts ? .beside : .deferred }
        return version == own && !hasDebts ? .direct : .deferred
    }

    static func load(_ database: Database, own: Int) throws -> IndexState {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT version, rebuilt_version, entry_key, conversation_key,
                        EXISTS (SELECT 1 FROM index_debt) AS has_debts FROM index_state
                    """))
        guard let row else { return IndexState(own: own, version: own, rebuild: nil, hasDebts: false) }
        return IndexState(
            own: own, version: row["version"],
            rebuild: (row["rebuilt_version"] as Int?).map {
                Progress(version: $0, entryKey: row["entry_key"], conversationKey: row["conversation_key"])
            },
            hasDebts: row["has_debts"])
    }
}
