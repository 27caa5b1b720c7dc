import ConvoStore
import ConvoSync
import Foundation
import Synchronization

/// Watches an open database's files on a thread of its own: to wait for them blocks, and a thread of the concurrency pool
/// must not.
final class DatabaseWatcher: Sendable {
    /// The longest that a moved or removed file goes unnoticed.
    private static let lookMilliseconds: Int32 = 2000

    /// Notified when another process has queued something.
    let queued = AsyncEvent()
    /// Notified, once, when the file is no longer the one of that name.
    let replaced = AsyncEvent()
    private let isStopped = Mutex(false)

    /// What is queued from now on is heard of.
    ///
    /// - Throws: ``StoreError`` where the file that is watched can't be made.
    init(_ store: Store) throws(StoreError) {
        let listener = try WakeupChannel.Listener(beside: store.path)
        // Ends at the latest a look after `stop()`.
        Thread.detachNewThread { [self] in
            while !isStopped.withLock(\.self) {
                if listener.wait(milliseconds: DatabaseWatcher.lookMilliseconds) { queued.notify() }
                guard store.isReplaced else { continue }
                return replaced.notify()
            }
        }
    }

    func stop() { isStopped.withLock { $0 = true } }
}
