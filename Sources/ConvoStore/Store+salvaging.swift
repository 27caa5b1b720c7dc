import CSQLite
import ConvoModel
import ConvoSQLite

/// What was saved of a damaged database, table by table.
package struct SalvageReport: Sendable, Hashable {
    /// One table of the database.
    package struct Table: Sendable, Hashable {
        /// Its name.
        package let name: String
        /// How many rows were saved.
        package internal(set) var saved = 0
        /// The ranges of row ids that cannot be read, from the first that may be lost to the last; a range may hold few
        /// rows, or none.
        package internal(set) var unreadable: [ClosedRange<Int64>] = []
        /// The ids of the rows that were read, and that no table of Convo's would have.
        package internal(set) var refused: [Int64] = []

        /// Whether every row was saved.
        package var isWhole: Bool { unreadable.isEmpty && refused.isEmpty }
    }

    /// The tables, those without any loss included.
    package internal(set) var tables: [Table] = []
    /// How many conversations were lost whose entries or writes were saved; each has a new conversation, kept here only.
    package internal(set) var replacedConversations = 0

    /// Whether nothing was lost but what is made anew: the index, and what is known of pages of the list.
    package var isWhole: Bool { tables.allSatisfy(\.isWhole) && replacedConversations == 0 }
}

extension Store {
    /// Tables that a new database has for itself, or that are only a cache.
    private static let madeAnew: Set<String> = ["change", "index_state", "index_debt", "listed_page"]

    /// Saves what can still be read of a damaged database into a new one.
    ///
    /// Each table is read by its keys; where a page can't be read, reading goes on behind it. The new database has the
    /// schema of this program and an index of its own. If anything was lost, the next pull fetches all histories anew. The
    /// damaged file is not changed. Blocks for file I/O, in proportion to the file's size.
    ///
    /// - Parameters:
    ///   - path: the damaged file.
    ///   - target: the path of the new file, which must not exist.
    /// - Returns: what was saved, and what was not.
    /// - Throws: ``StoreError/corrupt(path:detail:)`` if not even the list of the tables can be read;
    ///   ``StoreError/olderSchema(path:version:)`` if a migration was left half-way; ``StoreError`` of the new file.
    package static func salvage(_ path: String, to target: String) throws(StoreError) -> SalvageReport {
        let store = try Store(path: target)
        var report = SalvageReport()
        var isSaved = false
        do {
            let boundaries = try boundaries(of: path)
            let damaged = try DatabasePool(path: path, access: .readOnly, busyTimeoutSeconds: 1) {
                try readWhatIsThere($0)
                try Schema.check($0, path: path)
            }
            try damaged.read { source in
                try store.pool.writeWithoutTransaction { copy in
                    try copy.execute(sql: "PRAGMA foreign_keys = OFF")
                    defer { try? copy.execute(sql: "PRAGMA foreign_keys = ON") }
                    try copy.inTransaction(.immediate) {
                        for table in try tables(of: copy) {
                            var salvage = try Salvage(source, copy, table, boundaries[table] ?? [])
                            report.tables.append(try salvage.run())
                        }
                        report.replacedConversations = try replaceLostConversations(copy, at: store.environment.now())
                        try EntryKey.Distances.measure(copy)
                        if !report.isWhole {
                            try copy.execute(sql: "UPDATE conversation SET history_version = NULL")
                        }
                    }
                }
                isSaved = true
            }
        } catch {
            // SQLite tells the damage once more where the transaction ends that has read it.
            if !isSaved { throw .wrap(error, path: path) }
        }
        try store.restartIndex(evenIfEmpty: true)
        while try store.rebuildIndex() {}
        try store.checkIntegrity()
        store.finishCheckpoints()
        return report
    }

    /// Has SQLite read a file that is shorter than its header says, which it refuses otherwise.
    @Sendable private static func readWhatIsThere(_ database: Database) throws {
        try database.execute(sql: "PRAGMA writable_schema = ON")
    }

    /// Where the pages of each table end, as far as that can be read; nobody else has the file open.
    private static func boundaries(of path: String) throws -> [String: [Int64]] {
        let roots = try {
            let pool = try DatabasePool(
                path: path, access: .readOnly, busyTimeoutSeconds: 1, prepare: readWhatIsThere)
            return try pool.read {
                try Row.fetchAll(
                    $0, sql: "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
                )
                .map { ($0["name"] as String, $0["rootpage"] as Int64) }
            }
        }()
        guard let file = TableBoundaries(path: path) else { return [:] }
        return Dictionary(roots.map { ($0, file.keys(root: $1)) }) { first, _ in first }
    }

    private static func tables(of database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: """
                SELECT name FROM sqlite_schema
                WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite%' AND name NOT GLOB '*_fts*'
                ORDER BY rowid
                """
        ).filter { !madeAnew.contains($0) }
    }

    /// Gives entries and writes whose conversation was lost a new one, and removes all else that names a lost row.
    ///
    /// - Returns: how many conversations were made.
    private static func replaceLostConversations(_ database: Database, at now: Timestamp) throws -> Int {
        try database.execute(
            sql: """
                INSERT INTO conversation (key, id, name, created_at, updated_at, activity, local_only)
                SELECT conversation, lower(hex(randomblob(8))), 'Saved entries of a lost conversation', ?1, ?1, ?2, 1
                FROM (SELECT conversation FROM entry UNION SELECT conversation FROM operation)
                WHERE conversation NOT IN (SELECT key FROM conversation)
                """,
            arguments: [now.text, now.microseconds])
        let made = database.changesCount
        try database.execute(
            sql: "UPDATE conversation SET parent = NULL WHERE parent NOT IN (SELECT key FROM conversation)")
        let rows = try Row.fetchAll(
            database, sql: "SELECT \"table\" AS name, rowid AS id FROM pragma_foreign_key_check WHERE rowid IS NOT NULL"
        )
        for row in rows {
            let (name, id): (String, Int64) = (row["name"], row["id"])
            try database.execute(sql: "DELETE FROM \"\(name)\" WHERE rowid = ?", arguments: [id])
        }
        return made
    }
}

/// Copies one table row by row, in the order of its keys, and jumps over what can't be read.
private struct Salvage {
    private enum Look { case row, end, damage }

    /// After so many gaps the rest of a table counts as unreadable: the order of its pages is damaged, too.
    private static let gapLimit = 100_000

    private let source: Database
    private let copy: Database
    private var report: SalvageReport.Table
    private let columns: [String]
    /// The last row ids of the table's pages, in ascending order.
    private let boundaries: [Int64]

    init(_ source: Database, _ copy: Database, _ table: String, _ boundaries: [Int64]) throws {
        (self.source, self.copy, self.boundaries) = (source, copy, boundaries)
        report = SalvageReport.Table(name: table)
        let sql = "SELECT name FROM pragma_table_info(?)"
        let known = try Set(String.fetchAll(source, sql: sql, arguments: [table]))
        columns = try String.fetchAll(copy, sql: sql, arguments: [table]).filter(known.contains)
    }

    mutating func run() throws -> SalvageReport.Table {
        var next = Int64.min
        while true {
            let (last, isDamaged) = try copyRows(from: next)
            guard isDamaged, last != .max else { return report }
            let gap = last.map { $0 + 1 } ?? next
            guard report.unreadable.count < Salvage.gapLimit else { return closing(at: gap) }
            // Where the row has a row id, only its own text is damaged, or what lies on other pages of it.
            if let row = try firstRowID(from: gap) {
                report.unreadable.append(row...row)
                guard row < .max else { return report }
                next = row + 1
            } else {
                guard let behind = try firstReadable(behind: gap) else { return closing(at: gap) }
                report.unreadable.append(gap...(behind - 1))
                next = behind
            }
        }
    }

    /// The report where nothing can be read from `gap` on.
    private mutating func closing(at gap: Int64) -> SalvageReport.Table {
        report.unreadable.append(gap...Int64.max)
        return report
    }

    /// Copies rows up to the end of the table or to the first that can't be read.
    private mutating func copyRows(from first: Int64) throws -> (last: Int64?, isDamaged: Bool) {
        let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
        let values = columns.map { _ in "?" }.joined(separator: ", ")
        // A table without a key of its own keeps its row ids, which nothing names.
        // A new database has facts already; the damaged one's go before them.
        let verb = report.name == "fact" ? "INSERT OR REPLACE" : "INSERT"
        let insert = try copy.cachedStatement(
            sql: "\(verb) INTO \"\(report.name)\" (rowid, \(names)) VALUES (?, \(values))")
        var last: Int64?
        do {
            let rows = try Row.fetchCursor(
                source,
                sql: "SELECT rowid AS salvaged_rowid, \(names) FROM \"\(report.name)\" WHERE rowid >= ? ORDER BY rowid",
                arguments: [first])
            while let row = try rows.next() {
                let id: Int64 = row["salvaged_rowid"]
                // In a damaged page, rows may be out of order.
                guard id >= first, last.map({ id > $0 }) ?? true else { return (last, true) }
                last = id
                do {
                    let content = columns.map { row[$0] as DatabaseValue }
                    try insert.execute(arguments: StatementArguments([id.databaseValue] + content))
                    report.saved += 1
                } catch let error as DatabaseError
                    where [SQLITE_CONSTRAINT, SQLITE_MISMATCH].contains(error.code)
                {
                    report.refused.append(id)
                }
            }
            return (last, false)
        } catch let error as DatabaseError where Salvage.isDamage(error) {
            return (last, true)
        }
    }

    private static func isDamage(_ error: DatabaseError) -> Bool {
        [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR].contains(error.code)
    }

    /// The smallest row id above `gap` from which on a row can be read: in the page that `gap` is in, or else at the
    /// beginning of the first page behind it that can be read; `nil` if there is none.
    private func firstReadable(behind gap: Int64) throws -> Int64? {
        for end in boundaries[firstBoundary(from: gap)...] where end < .max {
            if let found = try firstReadable(behind: gap, upTo: end + 1) { return found }
        }
        return try firstReadable(behind: gap, upTo: .max)
    }

    /// The place of the first boundary that is not below a row id.
    private func firstBoundary(from id: Int64) -> Int {
        var places = 0..<boundaries.count
        while !places.isEmpty {
            let middle = places.lowerBound + places.count / 2
            places = boundaries[middle] < id ? middle + 1..<places.upperBound : places.lowerBound..<middle
        }
        return places.lowerBound
    }

    /// The smallest row id above `gap` and up to `end` from which on a row, or the table's end, can be read: first in
    /// growing steps, then between the last two.
    private func firstReadable(behind gap: Int64, upTo end: Int64) throws -> Int64? {
        var (bad, step) = (gap, UInt64(1))
        var good: Int64?
        while good == nil {
            let room = UInt64(bitPattern: end &- bad)
            guard room > 0, bad < end else { return nil }
            let probe = bad &+ Int64(bitPattern: min(step, room))
            if try look(from: probe) == .damage { bad = probe } else { good = probe }
            step = step > UInt64.max / 2 ? step : step * 2
        }
        guard var found = good else { return nil }
        while UInt64(bitPattern: found &- bad) > 1 {
            let middle = bad &+ Int64(bitPattern: UInt64(bitPattern: found &- bad) / 2)
            if try look(from: middle) == .damage { bad = middle } else { found = middle }
        }
        return found
    }

    /// The first row id that is not below `id`; `nil` where its page can't be read, or there is none.
    private func firstRowID(from id: Int64) throws -> Int64? {
        do {
            let sql = "SELECT rowid FROM \"\(report.name)\" WHERE rowid >= ? ORDER BY rowid LIMIT 1"
            return try Int64.fetchOne(source, sql: sql, arguments: [id]).flatMap { $0 >= id ? $0 : nil }
        } catch let error as DatabaseError where Salvage.isDamage(error) {
            return nil
        }
    }

    private func look(from id: Int64) throws -> Look {
        do {
            let names = columns.map { "\"\($0)\"" }.joined(separator: ", ")
            let rows = try Row.fetchCursor(
                source, sql: "SELECT \(names) FROM \"\(report.name)\" WHERE rowid >= ? ORDER BY rowid LIMIT 1",
                arguments: [id])
            return try rows.next() == nil ? .end : .row
        } catch let error as DatabaseError where Salvage.isDamage(error) {
            return .damage
        }
    }
}
