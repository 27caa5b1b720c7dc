import Synchronization

/// Wakes whoever waits; a ring while nobody waits is kept for the next one.
public final class WakeSignal: Sendable {
    private struct State {
        var isRung = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())

    public init() {}

    public func ring() {
        let waiting = state.withLock { state in
            defer { state.waiting.removeAll() }
            if state.waiting.isEmpty { state.isRung = true }
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns at the next ring, or as soon as the task is cancelled.
    public func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isRung || Task.isCancelled {
                        state.isRung = false
                        return true
                    }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }
}
