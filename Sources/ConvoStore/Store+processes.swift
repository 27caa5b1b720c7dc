import CSQLite
package import ConvoIPC
import ConvoPlatform
import ConvoSQLite

/// What the processes that share a database need from each other.
extension Store {
    /// Takes one of the database's locks.
    ///
    /// - Parameter purpose: which lock.
    /// - Returns: the lock, which is held until it is released; `nil` if another process holds it.
    /// - Throws: ``StoreError/diskFull(path:)`` or ``StoreError/notWritable(path:detail:)`` if the lock's file cannot be
    ///   made.
    package func tryLock(_ purpose: FileLock.Purpose) throws(StoreError) -> FileLock? {
        do throws(SidecarError) {
            return try FileLock.tryLock(purpose, beside: path)
        } catch { throw StoreError(error) }
    }

    /// Looks who holds one of the database's locks, and does not take it.
    ///
    /// - Parameter purpose: which lock.
    /// - Returns: the process that holds the lock; `nil` if no process does.
    package func lockHolder(_ purpose: FileLock.Purpose) -> FileLock.Holder? {
        FileLock.holder(of: purpose, beside: path)
    }

    /// Wakes the process that listens to this database, if there is one. It never waits and never fails.
    package func notifyListener() { WakeupChannel.notify(beside: path) }

    /// Begins to listen for writes that other processes queue.
    ///
    /// - Returns: the listener, which hears of each write from now on.
    /// - Throws: ``StoreError/diskFull(path:)`` or ``StoreError/notWritable(path:detail:)`` if the file to watch cannot be
    ///   made.
    package func listener() throws(StoreError) -> WakeupChannel.Listener {
        do throws(SidecarError) {
            return try WakeupChannel.Listener(beside: path)
        } catch { throw StoreError(error) }
    }

    /// Begins to listen for transactions of this process and of others.
    ///
    /// - Returns: the listener, which hears of each transaction from now on.
    /// - Throws: as ``listener()``.
    package func changeListener() throws(StoreError) -> WakeupChannel.Listener {
        do throws(SidecarError) {
            return try WakeupChannel.Listener(beside: path, for: .changes)
        } catch { throw StoreError(error) }
    }
}

extension StoreError {
    init(_ error: SidecarError) {
        self = .unusable(path: error.path, code: error.code, detail: error.detail)
    }

    /// The error for a file that the operating system does not let us make or write.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - code: the `errno`.
    ///   - detail: the reason in words; `nil` for the operating system's own words.
    /// - Returns: the error, which tells a full disk from other reasons.
    static func unusable(path: String, code: Int32, detail: String? = nil) -> StoreError {
        code == ENOSPC || code == EDQUOT
            ? .diskFull(path: path) : .notWritable(path: path, detail: detail ?? String(cString: strerror(code)))
    }
}

extension Store {
    /// Whether no other connection has a database file open, of this process or of another.
    ///
    /// Brings the write-ahead log into the file, as the last connection does that closes it. Blocks for file I/O, and for up to a
    /// second where the file is in use. A file too damaged to tell counts as unused.
    ///
    /// - Parameter path: the canonical path of the file.
    /// - Throws: ``StoreError`` if the file cannot be opened.
    /// - Returns: `false` if another connection has it.
    package static func isUnused(_ path: String) throws(StoreError) -> Bool {
        do {
            let pool = try DatabasePool(path: path, access: .readWriteExisting, busyTimeoutSeconds: 1) { database in
                // In this mode, SQLite takes the whole file for itself: each open connection has a shared lock on it.
                // > "exclusive locking mode is set prior to the first WAL-mode database access" sqlite.org/wal.html
                try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            }
            try pool.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE; ROLLBACK") }
            return true
        } catch let error as DatabaseError where [SQLITE_BUSY, SQLITE_LOCKED].contains(error.code) {
            return false
        } catch let error as DatabaseError where [SQLITE_CORRUPT, SQLITE_NOTADB].contains(error.code) {
            return true
        } catch {
            throw .wrap(error, path: path)
        }
    }
}
