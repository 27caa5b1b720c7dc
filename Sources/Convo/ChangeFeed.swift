import ConvoIPC
import ConvoPlatform
import ConvoStore
import ConvoSync
import Synchronization

/// Listens on a thread of its own for transactions, and knows up to which one the database was changed.
///
/// While nothing is written, the thread sleeps in the kernel, without an end to its wait.
final class ChangeFeed: Sendable {
    private struct State {
        var position: ChangePosition
        var failure: StoreError?
        var isStopped = false
    }

    /// The shortest time between two looks at the database: what is committed within it is looked for together.
    private static let pauseMicroseconds: UInt32 = 5000
    /// The time until another look where the database could not be read.
    private static let retryMilliseconds: Int32 = 1000

    /// Notified when there is a new position, and when the feed has ended.
    let event = AsyncEvent()
    private let state: Mutex<State>
    private let listener: WakeupChannel.Listener

    /// Begins to listen; blocks for file I/O.
    ///
    /// - Parameter store: the open database.
    /// - Throws: ``StoreError`` if the database cannot be read, or the file to watch cannot be made.
    init(_ store: Store) throws(StoreError) {
        listener = try store.changeListener()
        // Behind the listener, so that no transaction is missed between the two.
        state = Mutex(State(position: try store.changePosition()))
        // A thread of the system's: Dispatch looks once a second whether its own are blocked.
        let thread = SystemThread { [weak self, listener] in
            var isCertain = true
            while true {
                // Also where the longest wait, which is some weeks, ends without a notification.
                _ = listener.wait(milliseconds: isCertain ? .max : ChangeFeed.retryMilliseconds)
                guard let self, !self.isStopped else { return }
                switch self.look(at: store) {
                case .replaced: return
                case .read: isCertain = true
                case .failed: isCertain = false
                }
                usleep(ChangeFeed.pauseMicroseconds)
            }
        }
        guard let thread else { throw .unexpected(path: store.path, detail: "the system gives no further thread") }
        thread.detach()
    }

    /// The place behind the last change that is known; the database may have been changed in the last milliseconds.
    var position: ChangePosition { state.withLock(\.position) }

    /// Why there will be no further changes; `nil` while there may be.
    var failure: StoreError? { state.withLock(\.failure) }

    func stop() {
        let wasStopped = state.withLock { state in
            defer { state.isStopped = true }
            return state.isStopped
        }
        guard !wasStopped else { return }
        listener.interrupt()
        event.notify()
    }

    private enum Look { case read, failed, replaced }

    private var isStopped: Bool { state.withLock(\.isStopped) }

    private func look(at store: Store) -> Look {
        do throws(StoreError) {
            if store.isReplaced { throw .replaced(path: store.path) }
            let position = try store.changePosition()
            let isNew = state.withLock { state in
                defer { state.position = position }
                return position != state.position
            }
            if isNew { event.notify() }
            return .read
        } catch {
            // Another look may find the disk in order again; a file that is gone does not come back.
            guard case .replaced = error else { return .failed }
            state.withLock { $0.failure = error }
            event.notify()
            return .replaced
        }
    }
}
