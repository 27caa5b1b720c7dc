import Dispatch
import Synchronization

/// Hands items from one thread to another, which takes them in their order; few wait at a time.
package final class HandoverQueue<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var giverWaits = false
        var isStopped = false
    }

    private let capacity: Int
    private let state = Mutex(State())
    private let itemAdded = DispatchSemaphore(value: 0)
    private let spaceFreed = DispatchSemaphore(value: 0)

    /// - Parameter capacity: how many items may wait, at least one.
    package init(capacity: Int) { self.capacity = capacity }

    /// Whether no item waits.
    package var isEmpty: Bool { state.withLock { $0.items.isEmpty } }

    /// Adds an item, and blocks while there is no space; for one thread.
    ///
    /// - Returns: whether it was added; `false` once the queue is stopped.
    package func put(_ item: Item) -> Bool {
        while true {
            let isPut: Bool? = state.withLock { state in
                guard !state.isStopped else { return false }
                state.giverWaits = state.items.count >= capacity
                guard !state.giverWaits else { return nil }
                state.items.append(item)
                return true
            }
            if let isPut {
                if isPut { itemAdded.signal() }
                return isPut
            }
            spaceFreed.wait()
        }
    }

    /// Takes the oldest item, and blocks until there is one; for one thread.
    package func take() -> Item {
        itemAdded.wait()
        let (item, giverWaited) = state.withLock { state in
            defer { state.giverWaits = false }
            return (state.items.removeFirst(), state.giverWaits)
        }
        if giverWaited { spaceFreed.signal() }
        return item
    }

    /// Has ``put(_:)`` return `false` from now on.
    package func stop() {
        state.withLock { $0.isStopped = true }
        spaceFreed.signal()
    }
}
