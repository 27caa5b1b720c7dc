import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoSync
import ConvoTerminal
import Dispatch
import Synchronization

/// Watches an open database's files on a thread of its own, because waiting for them blocks, and a thread of the
/// concurrency pool must not block.
final class DatabaseWatcher: Sendable {
    /// How long a moved or removed file goes unnoticed at most.
    private static let lookMilliseconds: Int32 = 2000

    /// Notified when another process has queued something.
    let queued = AsyncEvent()
    /// Notified once, when the path names another file or none.
    let replaced = AsyncEvent()
    private let isStopped = Mutex(false)

    /// Starts to watch.
    ///
    /// Notices whatever is queued from now on.
    ///
    /// - Throws: ``StoreError`` if the watched file cannot be made.
    init(_ store: Store) throws(StoreError) {
        let listener = try store.listener()
        // The thread ends at most ``lookMilliseconds`` after `stop()`.
        DispatchQueue(label: "convod.watching").async { [self] in
            while !isStopped.withLock(\.self) {
                if listener.wait(milliseconds: DatabaseWatcher.lookMilliseconds) { queued.notify() }
                guard store.isReplaced else { continue }
                return replaced.notify()
            }
        }
    }

    func stop() { isStopped.withLock { $0 = true } }
}

/// A database that was moved, removed or replaced while it was served, until it is clear what takes its place.
struct ReplacedDatabase {
    /// How often the path is checked at most.
    ///
    /// A file that is being copied into place grows for a while: it counts as complete when two checks find it
    /// unchanged.
    private static let looks = 12
    private static let lookInterval = Duration.milliseconds(500)

    let path: String

    private struct Snapshot: Equatable {
        let file: FileIdentity
        let size: Int64
        let changedAt: Int64

        init?(_ path: String) {
            var status = stat()
            guard let file = FileIdentity(of: path), stat(path, &status) == 0 else { return nil }
            self.file = file
            size = Int64(status.st_size)
            changedAt = Int64(status.modified.tv_sec) * 1_000_000_000 + Int64(status.modified.tv_nsec)
        }
    }

    /// Returns when there is a file that can be opened.
    ///
    /// - Throws: a ``CLIError`` if no file appears; `CancellationError`.
    func waitForSuccessor() async throws {
        var last: Snapshot?
        for _ in 0..<ReplacedDatabase.looks {
            let present = Snapshot(path)
            if present != nil, present == last { return }
            last = present
            try await Task.sleep(for: ReplacedDatabase.lookInterval)
        }
        guard last == nil else { return }
        throw CLIError(
            .diskError, code: "database_gone",
            message: "The database \(path) was moved or removed, and nothing is in its place.",
            hint: "Put it back; or start convod again, which makes a new one.")
    }
}
