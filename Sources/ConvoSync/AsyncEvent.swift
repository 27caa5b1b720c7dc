internal import Synchronization

/// Something that happens again and again, and that tasks wait for. It is level-triggered.
///
/// Each notification begins a new generation. Who waits says which one it knows: what was notified since then, whether
/// anybody waited or not, ends the wait at once. So nothing is lost between two waits, and nobody takes a notification
/// away from another.
public final class AsyncEvent: Sendable {
    /// How often it has happened.
    public struct Generation: Hashable, Comparable, Sendable {
        fileprivate let count: UInt64

        public static func < (left: Generation, right: Generation) -> Bool { left.count < right.count }
    }

    private struct State {
        var generation = Generation(count: 0)
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    public init() {}

    public var generation: Generation { state.withLock { $0.generation } }

    public func notify() {
        let waiting = state.withLock { state in
            defer { state.waiting.removeAll() }
            state.generation = Generation(count: state.generation.count + 1)
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Returns as soon as there is a later generation than `known`, or the task is cancelled.
    ///
    /// - Returns: the latest generation; `known` where the task was cancelled before there was one.
    @discardableResult
    public func wait(after known: Generation) async -> Generation {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.generation > known || Task.isCancelled { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
        return max(known, generation)
    }
}
