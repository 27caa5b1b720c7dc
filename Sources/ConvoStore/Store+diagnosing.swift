// One file for each user of the store's package interface.

import CSQLite
import ConvoSQLite

/// What a diagnosis asks of a store, and nobody else.
extension Store {
    /// The version of the SQLite that this process uses, such as `3.40.1`.
    package static var sqliteVersion: String { String(cString: sqlite3_libversion()) }

    /// Whether this file is the database that it says it is, and not a copy or a restored backup, whose open writes are held
    /// before one is sent.
    ///
    /// - Throws: ``StoreError`` if the file cannot be read.
    package func isOriginal() throws(StoreError) -> Bool { try read { try isOriginal($0) } }
}
