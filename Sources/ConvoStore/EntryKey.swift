import CSQLite
import ConvoModel
import ConvoSQLite

/// The keys of entries, which are the row ids of the index too: the minute in which an entry was made, or a free
/// number soon after it. Finer ones would make the index larger.
///
/// So whatever order histories come in, the newest hits of a word are the last of its list, and a search that wants
/// the newest thousand, or those of one month, reads no others.
enum EntryKey {
    /// From here on row ids of the index are queued writes: the newest of all.
    static let firstOperation: Int64 = 1 << 60
    static let unitMicroseconds: Int64 = 60_000_000
    static let unitsPerYear = 365.0 * 1440
    private static let limit: Int64 = 1 << 59
    /// Tries in a row; each looks in a stretch twice as long as the one before.
    private static let tries = 40

    static func of(_ moment: Timestamp) -> Int64 { min(max(moment.microseconds / unitMicroseconds, 1), limit) }

    /// A key that no entry has. Several entries of one minute keep their order as long as there is room; the copies
    /// that a restart makes come after what they are copied from.
    static func free(_ database: Database, for moment: Timestamp, _ environment: StoreDependencies) throws -> Int64 {
        let first = of(moment)
        let isTaken = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE key = ?)")
        for attempt in 0..<tries {
            let offset = attempt < 12 ? UInt64(attempt) : environment.randomBits() & ((1 << UInt64(attempt)) - 1)
            let key = first + Int64(offset)
            if try Bool.fetchOne(isTaken, arguments: [key]) == false { return key }
        }
        throw DatabaseError(code: SQLITE_FULL, message: "too many entries of one minute")
    }
}

/// The moments that a query asks for, as keys: every entry made in between has one of these. A few others have, too.
struct RowIDRange: Equatable {
    /// A key may be later than its moment where many entries were made at once.
    private static let slack: Int64 = 1440

    private(set) var first: Int64 = 0
    private(set) var last: Int64 = .max

    init(_ conditions: [SearchCondition]) {
        for condition in conditions {
            switch (condition.field, condition.isExcluded) {
            case (.after(let moment), false), (.before(let moment), true): first = max(first, EntryKey.of(moment))
            case (.before(let moment), false), (.after(let moment), true):
                last = min(last, EntryKey.of(moment) + RowIDRange.slack)
            default: break
            }
        }
    }
}
