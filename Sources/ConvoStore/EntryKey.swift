import CSQLite
import ConvoModel
import ConvoSQLite

/// The keys of entries, which are also the row ids of the full-text index.
///
/// An entry's key is the minute in which it was made, counted from 1970, or a free number soon after that. A finer unit
/// would make the index larger.
///
/// So the newest hits of a word are the last of its list in the index, in whatever order histories arrive, and a search
/// for the newest hits, or for those of one month, reads no others.
enum EntryKey {
    /// The first row id of queued writes: they come behind all entries.
    static let firstOperation: Int64 = 1 << 60
    static let unitMicroseconds: Int64 = 60_000_000
    static let unitsPerYear = 365.0 * 1440
    private static let limit: Int64 = 1 << 59
    /// How many keys are tried: twelve in a row, then random ones, each from a range twice as long as the one before.
    private static let tries = 40

    static func of(_ moment: Timestamp) -> Int64 { min(max(moment.microseconds / unitMicroseconds, 1), limit) }

    /// Finds a key that no entry has.
    ///
    /// Up to twelve entries of one minute get keys in the order of insertion. The copies that a restart makes come
    /// after the entries that they are copied from.
    ///
    /// - Throws: ``DatabaseError`` (`SQLITE_FULL`) if every key that was tried is taken.
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

/// The range of keys that a query's `before:`, `after:` and `on:` allow.
///
/// It also holds the keys of some entries that were made outside of the query's moments.
struct RowIDRange: Equatable {
    /// How much later than its entry a key may be, in minutes, where many entries were made at once.
    private static let slack: Int64 = 1440

    private(set) var first: Int64 = 0
    private(set) var last: Int64 = .max

    init(_ conditions: [SearchCondition]) {
        for condition in conditions {
            switch (condition.field, condition.isExcluded) {
            case (.after(let moment), false), (.before(let moment), true): first = max(first, EntryKey.of(moment))
            case (.within(let period), false):
                first = max(first, EntryKey.of(period.lowerBound))
                last = min(last, EntryKey.of(period.upperBound) + RowIDRange.slack)
            case (.before(let moment), false), (.after(let moment), true):
                last = min(last, EntryKey.of(moment) + RowIDRange.slack)
            default: break
            }
        }
    }
}
