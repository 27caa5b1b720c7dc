import CSQLite
import ConvoSQLite

/// The SQL function `relevance(index, weight of phrase 1, …)`: BM25 with weights that the caller gives.
///
/// SQLite's own `bm25()` counts every row of every word before the first score, which takes as long as reading them
/// all. Here the weights come from counts that stop at a bound, and the rest of the formula looks at one row.
enum Relevance {
    private static let saturation = 1.2
    private static let lengthShare = 0.75
    /// Occurrences of a phrase in one row beyond this number do not raise the score.
    private static let occurrenceLimit = 32

    static func register(in database: Database) throws {
        let api = try database.fts5()
        let code = api.pointee.xCreateFunction(
            api, "relevance", nil,
            { api, row, result, count, weights in
                guard let api, let row else { return sqlite3_result_double(result, 0) }
                sqlite3_result_double(
                    result,
                    Relevance.score(api.pointee, row) { phrase in
                        phrase < count ? sqlite3_value_double(weights?[Int(phrase)]) : 1
                    })
            }, nil)
        guard code == SQLITE_OK else { throw DatabaseError(code: code, message: "no function `relevance`") }
    }

    private static func score(
        _ api: Fts5ExtensionApi, _ row: OpaquePointer, weight: (CInt) -> Double
    ) -> Double {
        var tokens: Int64 = 0
        var rows: Int64 = 0
        var length: CInt = 0
        _ = api.xColumnTotalSize(row, -1, &tokens)
        _ = api.xRowCount(row, &rows)
        _ = api.xColumnSize(row, -1, &length)
        let average = max(1, Double(tokens) / Double(max(1, rows)))
        let norm = saturation * (1 - lengthShare + lengthShare * Double(length) / average)
        var score = 0.0
        for phrase in 0..<api.xPhraseCount(row) {
            let frequency = Double(occurrences(api, row, phrase))
            score += weight(phrase) * frequency * (saturation + 1) / (frequency + norm)
        }
        return score
    }

    private static func occurrences(_ api: Fts5ExtensionApi, _ row: OpaquePointer, _ phrase: CInt) -> Int {
        var iterator = Fts5PhraseIter()
        var column: CInt = 0
        var offset: CInt = 0
        var count = 0
        guard api.xPhraseFirst(row, phrase, &iterator, &column, &offset) == SQLITE_OK else { return 0 }
        while column >= 0, count < occurrenceLimit {
            count += 1
            api.xPhraseNext(row, &iterator, &column, &offset)
        }
        return count
    }
}
