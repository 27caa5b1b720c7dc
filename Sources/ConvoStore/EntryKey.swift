import CSQLite
import ConvoModel
import ConvoSQLite
import Synchronization

/// The keys of entries, which are also the row ids of the full-text index.
///
/// An entry's key is the minute in which it was made, counted from 1970, or the next free number after that. A finer unit
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

    static func of(_ moment: Timestamp) -> Int64 { min(max(moment.microseconds / unitMicroseconds, 1), limit) }

    /// How far from its entry's minute a key of the database may be.
    ///
    /// The database keeps it: where many entries are made at once, keys run ahead, and the server may change an entry's
    /// time, but not its key.
    struct Distances {
        /// How much later than its entry a key may be without a note.
        static let usualDelay: Int64 = 1440

        /// How much later a key may be, in minutes.
        let delay: Int64
        /// How much earlier a key may be, in minutes.
        let lead: Int64

        /// Reads the database's notes; where one is lost, any distance is possible.
        init(_ database: Database) throws {
            delay = try StoreMetadataKey.text(database, .entryKeyDelay).flatMap { Int64($0) } ?? .max
            lead = try StoreMetadataKey.text(database, .entryKeyLead).flatMap { Int64($0) } ?? .max
        }

        /// Notes what the entries show, in the place of what was noted; reads all of them.
        static func measure(_ database: Database) throws {
            let minute = "MAX(created / \(unitMicroseconds), 1)"
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT MAX(\(usualDelay), IFNULL(MAX(key - \(minute)), 0)) AS delay,
                        MAX(0, IFNULL(MAX(\(minute) - key), 0)) AS lead FROM entry
                    """)
            guard let row else { return }
            try StoreMetadataKey.set(database, .entryKeyDelay, String(row["delay"] as Int64))
            try StoreMetadataKey.set(database, .entryKeyLead, String(row["lead"] as Int64))
        }

        /// Notes in the transaction that stores an entry how far its key is from its minute.
        static func note(_ database: Database, key: Int64, of moment: Timestamp) throws {
            let delay = key - EntryKey.of(moment)
            guard !(0...usualDelay).contains(delay) else { return }
            let known = try Distances(database)
            // Twice as far as needed, so that it is seldom written.
            if delay > known.delay { try StoreMetadataKey.set(database, .entryKeyDelay, String(2 * delay)) }
            if -delay > known.lead { try StoreMetadataKey.set(database, .entryKeyLead, String(-2 * delay)) }
        }
    }
}

/// Finds keys that no entry has.
///
/// Where a program made thousands of entries in a minute, their keys are one long run that begins at that minute. The
/// allocator looks for the end of the run in steps of growing length, and remembers it.
final class EntryKeyAllocator: Sendable {
    /// How many keys are tried one by one.
    private static let tries: Int64 = 8

    /// Keys that were all taken when the last of them was given.
    private let run = Mutex<Range<Int64>?>(nil)

    /// Finds the key for an entry that is inserted in the same transaction.
    ///
    /// The copies that a restart makes come after the entries that they are copied from.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - moment: when the entry was made.
    ///   - other: a key that the new one has to be larger than.
    /// - Returns: a free key. A search for days finds it: a key that is much later than its entry is noted.
    /// - Throws: ``DatabaseError`` (`SQLITE_FULL`) if there is none.
    func free(_ database: Database, for moment: Timestamp, behind other: Int64 = 0) throws -> Int64 {
        let first = max(EntryKey.of(moment), other + 1)
        let key = try free(database, from: first)
        guard key < EntryKey.firstOperation else {
            throw DatabaseError(code: SQLITE_FULL, message: "too many entries of one minute")
        }
        try EntryKey.Distances.note(database, key: key, of: moment)
        return key
    }

    private func free(_ database: Database, from first: Int64) throws -> Int64 {
        let query = try database.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM entry WHERE key = ?)")
        func isTaken(_ key: Int64) throws -> Bool { try Bool.fetchOne(query, arguments: [key]) ?? false }
        var known = run.withLock { $0 }.flatMap { $0.contains(first) ? $0 : nil }
        if let end = known?.upperBound, try !isTaken(end - 1) { known = nil }  // rolled back, or deleted
        if known == nil {
            for key in first..<first + EntryKeyAllocator.tries where try !isTaken(key) { return key }
        }
        var last = (known?.upperBound ?? first + EntryKeyAllocator.tries) - 1
        var step: Int64 = 1
        while last + step < EntryKey.firstOperation, try isTaken(last + step) {
            last += step
            step *= 2
        }
        var free = last + step
        while free - last > 1 {
            let middle = last + (free - last) / 2
            if try isTaken(middle) { last = middle } else { free = middle }
        }
        run.withLock { [start = known?.lowerBound ?? first] in $0 = start..<free + 1 }
        return free
    }
}

/// The range of keys that a query's `before:`, `after:` and `on:` allow.
///
/// It also holds the keys of some entries that were made outside of the query's moments.
struct RowIDRange: Equatable {
    private(set) var first: Int64 = 0
    private(set) var last: Int64 = .max

    init(_ conditions: [SearchCondition], _ distances: EntryKey.Distances) {
        func start(_ moment: Timestamp) -> Int64 { max(0, EntryKey.of(moment) - distances.lead) }
        func end(_ moment: Timestamp) -> Int64 {
            let (sum, isTooLarge) = EntryKey.of(moment).addingReportingOverflow(distances.delay)
            return isTooLarge ? .max : sum
        }
        for condition in conditions {
            switch (condition.field, condition.isExcluded) {
            case (.after(let moment), false), (.before(let moment), true): first = max(first, start(moment))
            case (.within(let period), false):
                first = max(first, start(period.lowerBound))
                last = min(last, end(period.upperBound))
            case (.before(let moment), false), (.after(let moment), true):
                last = min(last, end(moment))
            default: break
            }
        }
    }
}
