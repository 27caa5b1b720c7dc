internal import CSQLite

/// The row ids that a connection's statements have inserted into some tables, or updated there.
///
/// SQLite tells them through a hook, which costs a statement nothing of what a trigger does.
public final class RowRecorder {
    /// A table whose rows are recorded.
    public struct Table: Sendable {
        let name: StaticString
        let includesUpdates: Bool

        /// - Parameters:
        ///   - name: the table's name; the table has row ids, and its rows are not replaced.
        ///   - includesUpdates: whether updates are recorded, and not insertions alone.
        public init(_ name: StaticString, includesUpdates: Bool) {
            self.name = name
            self.includesUpdates = includesUpdates
        }
    }

    private let tables: [Table]
    private var rows: [[Int64]]

    init(_ tables: [Table]) {
        self.tables = tables
        rows = tables.map { _ in [] }
    }

    /// The row ids since the last call, by table; those of statements that were taken back are among them.
    public func take() -> [[Int64]] {
        defer { for place in rows.indices { rows[place].removeAll(keepingCapacity: rows[place].count < 4096) } }
        return rows
    }

    fileprivate func note(_ kind: Int32, _ table: UnsafePointer<CChar>, _ row: Int64) {
        guard kind != SQLITE_DELETE else { return }
        for (place, known) in tables.enumerated() where kind == SQLITE_INSERT || known.includesUpdates {
            let isSame = known.name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) { sqlite3_stricmp($0.baseAddress, table) == 0 }
            }
            if isSame, rows[place].last != row { rows[place].append(row) }
        }
    }
}

extension Database {
    /// Begins to record the rows of tables.
    ///
    /// - Parameter tables: the tables.
    /// - Returns: the recorder, which the connection holds as well; to be used only while the caller has the connection.
    @discardableResult
    public func recordRows(of tables: [RowRecorder.Table]) -> RowRecorder {
        let recorder = RowRecorder(tables)
        self.recorder = recorder
        // The connection holds the recorder, and is closed before it lets go of it.
        sqlite3_update_hook(
            handle,
            { recorder, kind, _, table, row in
                guard let recorder, let table else { return }
                Unmanaged<RowRecorder>.fromOpaque(recorder).takeUnretainedValue().note(kind, table, row)
            }, Unmanaged.passUnretained(recorder).toOpaque())
        return recorder
    }
}
