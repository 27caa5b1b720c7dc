import CSQLite
import ConvoSQLite

/// Functions of FTS5 for SQL, which only a search uses.
///
/// - `relevance(index, kept, now, weight of phrase 1, …)`: the score of the current row (``Ranking``), as a real number. It is
///   NULL if `kept` rows of the same statement have better ones, and the integer 0 if that is certain of every older row as
///   well. With 0 for `kept`, every row has a score.
/// - `indexed_rows(index)`: how many rows the index has.
///
/// SQLite's own `bm25()` counts every row of every word before the first score, and reads every row's length, which takes as
/// long as reading them all.
enum Relevance {
    static func register(in database: Database) throws {
        let api = try database.fts5()
        let codes = [
            api.pointee.xCreateFunction(
                api, "relevance", nil,
                { api, row, result, count, values in
                    guard let api, let row, let ranking = Relevance.ranking(api, row, count, values) else {
                        return sqlite3_result_error_nomem(result)
                    }
                    switch ranking.value.find(api.pointee, row) {
                    case .score(let score): sqlite3_result_double(result, score)
                    case .none: sqlite3_result_null(result)
                    case .end: sqlite3_result_int(result, 0)
                    }
                }, nil),
            api.pointee.xCreateFunction(
                api, "indexed_rows", nil,
                { api, row, result, _, _ in
                    var rows: Int64 = 0
                    _ = api?.pointee.xRowCount(row, &rows)
                    sqlite3_result_int64(result, rows)
                }, nil),
        ]
        if let code = codes.first(where: { $0 != SQLITE_OK }) {
            throw DatabaseError(code: code, message: "no function for relevance")
        }
    }

    /// Boxes a ranking, so that FTS5 can hold it by a pointer.
    private final class Box {
        var value: Ranking
        init(_ value: Ranking) { self.value = value }
    }

    /// The ranking of the statement that runs: FTS5 keeps it from the first row to the last.
    private static func ranking(
        _ api: UnsafePointer<Fts5ExtensionApi>, _ row: OpaquePointer, _ count: CInt,
        _ values: UnsafeMutablePointer<OpaquePointer?>?
    ) -> Box? {
        if let kept = api.pointee.xGetAuxdata(row, 0) { return Unmanaged<Box>.fromOpaque(kept).takeUnretainedValue() }
        guard count >= 2, let values else { return nil }
        let ranking = Box(
            Ranking(
                api.pointee, row, kept: Int(sqlite3_value_int64(values[0])), now: sqlite3_value_int64(values[1]),
                weights: (2..<Int(count)).map { sqlite3_value_double(values[$0]) }))
        // FTS5 calls the destructor itself where it fails.
        let code = api.pointee.xSetAuxdata(row, Unmanaged.passRetained(ranking).toOpaque()) { ranking in
            if let ranking { Unmanaged<Box>.fromOpaque(ranking).release() }
        }
        return code == SQLITE_OK ? ranking : nil
    }
}
