import ConvoJSON
import ConvoModel
import ConvoPlatform
import ConvoSQLite
import ConvoStore

/// The parts of the benchmark that run our own code; `Benchmarks/run` runs them and what they are compared with.
///
///     convo-bench corpus ENTRIES SEED       prints conversations with their histories, one a line, as JSON
///     convo-bench ingest DATABASE [PART]    stores such lines from standard input, and says how far it is after each PART
///                                           entries
///     convo-bench search DATABASE           runs queries from standard input, one a line, and prints the microseconds
///                                           of each
///     convo-bench quality DATABASE N SEED   compares the first hits of queries with the ranking of all hits: N queries
///                                           of each number of words and each number of hits
///     convo-bench nearby DATABASE           looks for alternatives to such queries, which find nothing
///     convo-bench rebuild DATABASE          makes the search index anew
///     convo-bench sql DATABASE              prints the rows of such lines in the database as SQL for the sqlite3 shell
@main
struct Bench {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard !arguments.isEmpty else { return usage() }
        let verb = arguments.removeFirst()
        Store.configureProcess()
        switch (verb, arguments.count) {
        case ("corpus", 2): corpus(entries: Int(arguments[0]) ?? 0, seed: UInt64(arguments[1]) ?? 1)
        case ("ingest", 1), ("ingest", 2):
            try Ingest.run(Store(path: arguments[0]), part: arguments.count == 2 ? Int(arguments[1]) : nil)
        case ("search", 1): try search(Store(path: arguments[0]))
        case ("quality", 3):
            var quality = try Quality(
                arguments[0], perClass: Int(arguments[1]) ?? 0, seed: UInt64(arguments[2]) ?? 1)
            try quality.run()
        case ("nearby", 1): try nearby(Store(path: arguments[0]))
        case ("rebuild", 1): try rebuild(Store(path: arguments[0]))
        case ("sql", 1): try ShellScript.run(arguments[0])
        default: usage()
        }
    }

    private static func usage() {
        print(
            "usage: convo-bench corpus ENTRIES SEED | quality DATABASE N SEED | (ingest | search | nearby | rebuild | sql) DATABASE"
        )
    }

    private static func corpus(entries: Int, seed: UInt64) {
        var corpus = Corpus(entries: entries, seed: seed)
        var count = 0
        while count < entries {
            let chat = corpus.next()
            count += chat.entryCount
            print("[\(chat.conversation.text),\(chat.history.text)]")
        }
    }

    private static func nearby(_ store: Store) throws {
        while let query = readLine() {
            let start = monotonicSeconds()
            let alternatives = try store.alternatives(to: query)
            let microseconds = (monotonicSeconds() - start) * 1e6
            print("\(Int(microseconds))\t\(alternatives.count)\t\(alternatives.first?.query ?? "")\t\(query)")
        }
    }

    private static func rebuild(_ store: Store) throws {
        let start = monotonicSeconds()
        try store.restartIndex()
        var (steps, longest, last) = (0, 0.0, start)
        while try store.rebuildIndex() {
            let now = monotonicSeconds()
            (steps, longest, last) = (steps + 1, max(longest, now - last), now)
        }
        print(#"{"seconds":\#(monotonicSeconds() - start),"steps":\#(steps),"longest":\#(longest)}"#)
    }

    private static func search(_ store: Store) throws {
        while let query = readLine() {
            let start = monotonicSeconds()
            let results = try store.search(query)
            let microseconds = (monotonicSeconds() - start) * 1e6
            print("\(Int(microseconds))\t\(results.total)\t\(results.hits.count)\t\(query)")
        }
    }
}

/// The lines of a corpus on standard input, each as a conversation and its history.
struct Lines: Sequence, IteratorProtocol {
    mutating func next() -> (conversation: JSONText, history: JSONText)? {
        guard let line = readLine(), let pair = (try? JSONText(line))?.elements, pair.count == 2 else { return nil }
        return (pair[0], pair[1])
    }
}

/// Does with the database what a first sync does.
enum Ingest {
    private static let batch = 128

    static func run(_ store: Store, part: Int?) throws {
        let start = monotonicSeconds()
        var storing = 0.0
        var (entries, goal) = (0, part ?? .max)
        var conversations: [Conversation] = []
        var histories: [FetchedHistory] = []
        func flush() throws {
            let start = monotonicSeconds()
            _ = try store.ingest(conversations)
            entries += try store.ingest(histories)
            storing += monotonicSeconds() - start
            conversations.removeAll(keepingCapacity: true)
            histories.removeAll(keepingCapacity: true)
        }
        for line in Lines() {
            let conversation = try Conversation(raw: line.conversation)
            conversations.append(conversation)
            histories.append(
                FetchedHistory(try ConversationHistory(raw: line.history), version: conversation.updatedAt.text))
            if histories.count == batch { try flush() }
            guard entries >= goal else { continue }
            goal += part ?? 0
            say(entries, seconds: monotonicSeconds() - start, storing: storing)
        }
        try flush()
        while try store.mergeIndex(hasMoreToCome: false) {}
        say(entries, seconds: monotonicSeconds() - start, storing: storing)
    }

    private static func say(_ entries: Int, seconds: Double, storing: Double) {
        var usage = rusage()
        getrusage(0, &usage)  // RUSAGE_SELF
        print(
            "{\"entries\": \(entries), \"seconds\": \(seconds), \"storing_seconds\": \(storing), "
                + "\"peak_kb\": \(usage.ru_maxrss)}")
        fflush(nil)
    }
}

/// Prints what a database holds of a corpus on standard input, as SQL for the sqlite3 shell.
///
/// It prints the database's own rows, a thousand conversations to a transaction, and for the index the entries' texts
/// in the order of their keys.
enum ShellScript {
    private static let conversationsPerTransaction = 1000

    static func run(_ path: String) throws {
        let pool = try DatabasePool(path: path, busyTimeoutSeconds: 10) { _ in }
        try pool.read { database in
            let rows = try Rows(database)
            var (number, index): (Int, [(key: Int64, text: String)]) = (0, [])
            func flush() {
                for (key, text) in index.sorted(by: { $0.key < $1.key }) where !text.isEmpty {
                    print("INSERT INTO entry_fts (rowid, text) VALUES (\(key), \(quote(text)));")
                }
                index = []
            }
            print("BEGIN;")
            for line in Lines() {
                let described = try Conversation(raw: line.conversation)
                let key = try rows.print(described)
                let texts = try ConversationHistory(raw: line.history).entries.map { SearchText.of($0.raw) }
                index += zip(try rows.printEntries(of: key), texts).map { ($0, $1) }
                number += 1
                guard number % conversationsPerTransaction == 0 else { continue }
                flush()
                print("COMMIT; BEGIN;")
            }
            flush()
            print("COMMIT;")
        }
    }

    private struct Rows {
        let database: Database
        let conversation: String
        let entry: String

        init(_ database: Database) throws {
            self.database = database
            func values(_ table: String) throws -> String {
                try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
                    .map { "quote(\($0))" }.joined(separator: " || ',' || ")
            }
            conversation = try values("conversation")
            entry = try values("entry")
        }

        func print(_ described: Conversation) throws -> Int64 {
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT key, \(conversation) AS line FROM conversation WHERE remote_id = ?"),
                arguments: [described.id.rawValue])
            guard let row else { throw Missing(id: described.id.rawValue) }
            let key: Int64 = row["key"]
            Swift.print("INSERT INTO conversation VALUES (\(row["line"] as String));")
            if let name = described.name {
                Swift.print(
                    "INSERT INTO conversation_fts (rowid, name, description) VALUES (\(key), \(quote(name)), '');")
            }
            return key
        }

        /// Prints the rows of a conversation's entries.
        ///
        /// - Returns: the keys of the entries.
        func printEntries(of conversation: Int64) throws -> [Int64] {
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT key, \(entry) AS line FROM entry WHERE conversation = ? ORDER BY position"),
                arguments: [conversation])
            return rows.map { row in
                Swift.print("INSERT INTO entry VALUES (\(row["line"] as String));")
                return row["key"]
            }
        }
    }

    private struct Missing: Error {
        let id: String
    }

    private static func quote(_ text: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "'")]
        for byte in text.utf8 where byte != 0 {
            if byte == UInt8(ascii: "'") { bytes.append(byte) }
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self) + "'"
    }
}
