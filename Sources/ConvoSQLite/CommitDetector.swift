// One type, which the endpoint alone uses.

import Synchronization

/// Tells whether anything was committed to a database, by this process or by another one.
///
/// It has a connection of its own, which never writes: SQLite counts the commits of the others only
/// (sqlite.org/pragma.html#pragma_data_version).
public final class CommitDetector: Sendable {
    private let database: Mutex<Database>

    init(_ database: sending Database) { self.database = Mutex(database) }

    /// A number that differs from all earlier ones once another connection has committed something.
    ///
    /// It takes some microseconds, and waits for no lock of another process; other callers of the same detector wait for each
    /// other.
    ///
    /// - Returns: `nil` if it cannot be told at once.
    public var version: Int64? {
        database.withLock { database in
            database.withoutWaitingForLocks { try? Int64.fetchOne($0, sql: "PRAGMA data_version") }
        }
    }
}
