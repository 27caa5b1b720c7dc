import ConvoModel
import ConvoStore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The parts of the benchmark that are ours to run; `Benchmarks/run` starts them beside their peers.
///
///     convo-bench corpus ENTRIES SEED       one chat a line, as JSON, on standard output
///     convo-bench ingest DATABASE           takes such lines in from standard input
///     convo-bench search DATABASE           queries from standard input, one a line: microseconds of each
///     convo-bench sql                       the lines of a corpus as SQL for the sqlite3 shell
@main
struct Bench {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        guard !arguments.isEmpty else { return usage() }
        let verb = arguments.removeFirst()
        switch (verb, arguments.count) {
        case ("corpus", 2): corpus(entries: Int(arguments[0]) ?? 0, seed: UInt64(arguments[1]) ?? 1)
        case ("ingest", 1): try Ingest.run(Store(path: arguments[0]))
        case ("search", 1): try search(Store(path: arguments[0]))
        case ("sql", 0): try ShellScript.run()
        default: usage()
        }
    }

    private static func usage() {
        print("usage: convo-bench corpus ENTRIES SEED | ingest DATABASE | search DATABASE | sql")
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

    private static func search(_ store: Store) throws {
        while let query = readLine() {
            let start = monotonicSeconds()
            let results = try store.search(query)
            let microseconds = (monotonicSeconds() - start) * 1e6
            print("\(Int(microseconds))\t\(results.total)\t\(results.hits.count)\t\(query)")
        }
    }
}

/// Lines of a corpus, as what the API's client would hand on.
struct Lines: Sequence, IteratorProtocol {
    mutating func next() -> (conversation: JSONText, history: JSONText)? {
        guard let line = readLine(), let pair = (try? JSONText(line))?.elements, pair.count == 2 else { return nil }
        return (pair[0], pair[1])
    }
}

/// What a first sync does with the database.
enum Ingest {
    private static let batch = 128

    static func run(_ store: Store) throws {
        let start = monotonicSeconds()
        var storing = 0.0
        var entries = 0
        var conversations: [Conversation] = []
        var histories: [HistoryIntake] = []
        func flush() throws {
            let start = monotonicSeconds()
            _ = try store.takeIn(conversations)
            entries += try store.takeIn(histories)
            storing += monotonicSeconds() - start
            conversations.removeAll(keepingCapacity: true)
            histories.removeAll(keepingCapacity: true)
        }
        for line in Lines() {
            let conversation = try Conversation(raw: line.conversation)
            conversations.append(conversation)
            histories.append(
                HistoryIntake(try ConversationHistory(raw: line.history), version: conversation.updatedAt.text))
            if histories.count == batch { try flush() }
        }
        try flush()
        let seconds = monotonicSeconds() - start
        var usage = rusage()
        getrusage(0, &usage)  // RUSAGE_SELF
        print(
            "{\"entries\": \(entries), \"seconds\": \(seconds), \"storing_seconds\": \(storing), "
                + "\"peak_kb\": \(usage.ru_maxrss)}")
    }
}

/// The same rows for the sqlite3 shell: tables and indexes of the same shape, and FTS5 with SQLite's own tokenizer.
enum ShellScript {
    private static let conversationsPerTransaction = 1000

    static func run() throws {
        print(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE conversation (key INTEGER PRIMARY KEY, id TEXT UNIQUE, raw TEXT, name TEXT, updated_at TEXT);
            CREATE TABLE entry (key INTEGER PRIMARY KEY, conversation INTEGER, id TEXT, position INTEGER, raw TEXT,
                UNIQUE (id, conversation));
            CREATE INDEX entry_by_position ON entry (conversation, position);
            CREATE INDEX conversation_by_update ON conversation (updated_at);
            CREATE VIRTUAL TABLE entry_index USING fts5 (text, content = '', tokenize = 'unicode61');
            BEGIN;
            """)
        var conversation = 0
        var key = 0
        for line in Lines() {
            conversation += 1
            let described = try Conversation(raw: line.conversation)
            print(
                "INSERT INTO conversation VALUES (\(conversation), \(quote(described.id.rawValue)), "
                    + "\(quote(described.raw.text)), \(described.name.map(quote) ?? "NULL"), "
                    + "\(quote(described.updatedAt.text)));")
            for (position, entry) in try ConversationHistory(raw: line.history).entries.enumerated() {
                key += 1
                print(
                    "INSERT INTO entry VALUES (\(key), \(conversation), \(quote(entry.id?.rawValue ?? "")), "
                        + "\(position), \(quote(entry.raw.text)));\n"
                        + "INSERT INTO entry_index (rowid, text) VALUES (\(key), \(quote(SearchText.of(entry.raw))));")
            }
            if conversation % conversationsPerTransaction == 0 { print("COMMIT; BEGIN;") }
        }
        print("COMMIT;")
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
