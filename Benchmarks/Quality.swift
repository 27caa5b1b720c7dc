import ConvoJSON
import ConvoModel
import ConvoSQLite
import ConvoStore
import SeededRandom

/// How good the first hits of a search are, beside the ranking of all hits by FTS5's own `bm25()`.
///
/// FTS5's function is the judge because it is not ours: it counts every hit of every word, and reads every row. A
/// search that reads less must find what it finds. Age is judged apart, as the search fades old entries on purpose.
struct Quality {
    /// How many hits are compared.
    private static let depth = 10
    /// The bounds of the classes: how many entries a query finds.
    private static let bounds = [10, 100, 1000, 10_000, Int.max]
    private static let drawLimit = 20_000

    private let store: Store
    private let pool: DatabasePool
    private let perClass: Int
    private var generator: SplitMix64

    private struct Query {
        let text: String
        let hits: Int
    }

    /// One query's result.
    private struct Judgement {
        /// The sum of the scores of our hits, divided by that of the best.
        let share: Double
        /// The same with each score faded by the entry's age, as the search does.
        let agedShare: Double
        let microseconds: Double
    }

    init(_ path: String, perClass: Int, seed: UInt64) throws {
        store = try Store(path: path)
        pool = try DatabasePool(path: path, busyTimeoutSeconds: 10) { _ in }
        self.perClass = perClass
        generator = SplitMix64(seed: seed)
    }

    /// Prints a line of JSON for each number of words and each class.
    mutating func run() throws {
        for words in 1...2 {
            for (lower, queries) in zip(Quality.bounds, try draw(words: words)) where !queries.isEmpty {
                let found = try queries.map { try judged($0) }
                func mean(_ value: (Judgement) -> Double) -> Double {
                    found.map(value).reduce(0, +) / Double(found.count)
                }
                let times = found.map { "\(Int($0.microseconds))" }.joined(separator: ",")
                print(
                    "{\"words\":\(words),\"from\":\(lower),\"queries\":\(found.count),\"quality\":\(mean(\.agedShare)),"
                        + "\"quality_without_age\":\(mean(\.share)),\"worst\":\(found.map(\.agedShare).min() ?? 0),"
                        + "\"microseconds\":[\(times)]}")
            }
        }
    }

    /// Draws queries whose words stand in one entry, until each class is full or enough was tried.
    private mutating func draw(words count: Int) throws -> [[Query]] {
        var classes = Quality.bounds.dropLast().map { _ in [Query]() }
        var seen: Set<String> = []
        try pool.read { database in
            let last = try database.count(sql: "SELECT MAX(key) FROM entry")
            let first = try database.count(sql: "SELECT MIN(key) FROM entry")
            for _ in 0..<Quality.drawLimit where classes.contains(where: { $0.count < perClass }) {
                let raw = try String.fetchOne(
                    database, sql: "SELECT raw FROM entry WHERE key >= ? ORDER BY key LIMIT 1",
                    arguments: [generator.int(in: first...last)])
                guard let raw else { continue }
                let words = Quality.words(of: SearchText.of(try JSONText(raw)))
                var text: Set<String> = []
                for _ in 0..<count { if let word = words.randomElement(using: &generator) { text.insert(word) } }
                let query = text.sorted().joined(separator: " ")
                guard text.count == count, seen.insert(query).inserted else { continue }
                let hits = try database.count(
                    sql: "SELECT COUNT(*) FROM entry_fts WHERE entry_fts MATCH ?",
                    arguments: [Quality.expression(query)])
                guard let place = Quality.bounds.lastIndex(where: { $0 <= hits }), classes[place].count < perClass
                else { continue }
                classes[place].append(Query(text: query, hits: hits))
            }
        }
        return classes
    }

    /// The words of a text that every tokenizer reads alike.
    private static func words(of text: String) -> [String] {
        text.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            .filter { word in word.utf8.count > 1 && word.utf8.allSatisfy { (0x61...0x7A).contains($0) } }
    }

    private static func expression(_ query: String) -> String {
        query.split(separator: " ").map { "\"\($0)\"" }.joined(separator: " AND ")
    }

    private func judged(_ query: Query) throws -> Judgement {
        _ = try store.search(query.text)  // whoever comes first reads the disk
        let start = monotonicSeconds()
        _ = try store.search(query.text)
        let microseconds = (monotonicSeconds() - start) * 1e6
        // Names are hits too, come first, and are not judged.
        let hits = try store.search(query.text, limit: 25 * Quality.depth).hits.filter { $0.entry != nil }
        return try pool.read { database in
            let scores = try Quality.scores(database, query.text)
            let ours = try hits.prefix(Quality.depth).map { hit in
                try database.count(
                    sql: """
                        SELECT e.key FROM entry e JOIN conversation c ON c.key = e.conversation WHERE c.id = ? AND e.id = ?
                        """, arguments: [hit.conversation.rawValue, hit.entry?.rawValue])
            }
            func share(_ value: (Int) -> Double) throws -> Double {
                let best = try Quality.best(scores.keys.sorted { value($0) > value($1) }, database)
                return ours.map(value).reduce(0, +) / best.map(value).reduce(0, +)
            }
            let now = Quality.minutesNow()
            return Judgement(
                share: try share { scores[$0] ?? 0 },
                agedShare: try share { key in
                    let years = max(0, now - Double(key)) / (365 * 1440)
                    return (scores[key] ?? 0) * (0.5 + 0.5 / (1 + years))
                },
                microseconds: microseconds)
        }
    }

    /// The score of every entry that the query finds, by its key.
    private static func scores(_ database: Database, _ query: String) throws -> [Int: Double] {
        let rows = try Row.fetchCursor(
            database,
            sql:
                "SELECT rowid AS key, -bm25(entry_fts) AS score FROM entry_fts WHERE entry_fts MATCH ? AND rowid < 1 << 60",
            arguments: [expression(query)])
        var scores: [Int: Double] = [:]
        while let row = try rows.next() { scores[row["key"]] = row["score"] }
        return scores
    }

    /// The first ones that differ: copies of a message in branches are one hit.
    private static func best(_ keys: [Int], _ database: Database) throws -> [Int] {
        var seen: Set<String> = []
        var best: [Int] = []
        for key in keys where best.count < depth {
            let id = try String.fetchOne(database, sql: "SELECT id FROM entry WHERE key = ?", arguments: [key])
            if seen.insert(id ?? "").inserted { best.append(key) }
        }
        return best
    }

    /// The minutes since 1970, on the scale of the keys of entries.
    private static func minutesNow() -> Double { wallClockSeconds() / 60 }
}
