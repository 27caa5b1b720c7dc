internal import Synchronization

/// A repeating, level-triggered event that tasks can wait for.
///
/// Each notification begins a new generation. A waiting task names the latest generation that it knows; any later
/// notification ends the wait at once, even one that came before the wait began. So no notification is lost between two
/// waits, and several tasks can wait for the same one.
package final class AsyncEvent: Sendable {
    /// The number of notifications so far.
    package struct Generation: Hashable, Comparable, Sendable {
        fileprivate let count: UInt64

        /// Whether `left` is the earlier generation of the same event.
        package static func < (left: Generation, right: Generation) -> Bool { left.count < right.count }
    }

    private struct State {
        var generation = Generation(count: 0)
        var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Creates an event that has not been notified yet.
    package init() {}

    /// The current generation.
    ///
    /// Take it before the check that a later ``wait(after:)`` should cover.
    package var generation: Generation { state.withLock { $0.generation } }

    /// Begins a new generation and resumes every waiting task.
    ///
    /// Callable from any thread; never blocks for long.
    package func notify() {
        let waiting = state.withLock { state in
            defer { state.waiting.removeAll() }
            state.generation = Generation(count: state.generation.count + 1)
            return state.waiting
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// Suspends the task until there is a later generation than `known`, or the task is cancelled.
    ///
    /// - Parameter known: the latest generation whose effects the caller has seen.
    /// - Returns: the latest generation; `known` if the task was cancelled before there was a later one.
    @discardableResult
    package func wait(after known: Generation) async -> Generation {
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
