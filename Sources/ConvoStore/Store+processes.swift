public import ConvoIPC

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the processes that share a database need from each other.
extension Store {
    /// Takes one of the database's locks.
    ///
    /// - Parameter purpose: which lock.
    /// - Returns: the lock, which is held until it is released; `nil` if another process holds it.
    /// - Throws: ``StoreError/diskFull(path:)`` or ``StoreError/notWritable(path:detail:)`` if the lock's file cannot be
    ///   made.
    public func tryLock(_ purpose: FileLock.Purpose) throws(StoreError) -> FileLock? {
        do throws(SidecarError) {
            return try FileLock.tryLock(purpose, beside: path)
        } catch { throw StoreError(error) }
    }

    /// Looks who holds one of the database's locks, and does not take it.
    ///
    /// - Parameter purpose: which lock.
    /// - Returns: the process that holds the lock; `nil` if no process does.
    public func lockHolder(_ purpose: FileLock.Purpose) -> FileLock.Holder? {
        FileLock.holder(of: purpose, beside: path)
    }

    /// Wakes the process that listens to this database, if there is one. It never waits and never fails.
    public func notifyListener() { WakeupChannel.notify(beside: path) }

    /// Begins to listen for writes that other processes queue.
    ///
    /// - Returns: the listener, which hears of each write from now on.
    /// - Throws: ``StoreError/diskFull(path:)`` or ``StoreError/notWritable(path:detail:)`` if the file to watch cannot be
    ///   made.
    public func listener() throws(StoreError) -> WakeupChannel.Listener {
        do throws(SidecarError) {
            return try WakeupChannel.Listener(beside: path)
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
