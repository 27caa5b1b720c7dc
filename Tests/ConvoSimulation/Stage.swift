import Synchronization

/// The runtime of one process of ours: its waits follow the world's clock, and it dies at the point that it is given.
package final class Stage: Pace, Sendable {
    private struct Waiter {
        let id: Int
        let until: VirtualInstant
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var waiters: [Waiter] = []
        var count = 0
        var isDead = false
        var points: CrashPoints
        var crash: Crash?
    }

    package let world: SharedWorld
    private let state: Mutex<State>
    private let observe: @Sendable (Place) -> Void

    /// - Parameters:
    ///   - world: the world whose clock the process waits on.
    ///   - points: where the process dies.
    ///   - observe: called with each point that the process passes.
    package init(
        _ world: SharedWorld, points: CrashPoints = CrashPoints(),
        observe: @escaping @Sendable (Place) -> Void = { _ in }
    ) {
        self.world = world
        self.observe = observe
        state = Mutex(State(points: points))
    }

    /// Where the process died; `nil` while it lives.
    package var crash: Crash? { state.withLock { $0.crash } }
    /// How many points at which it could have died the process has passed.
    package var passed: Int { state.withLock { $0.points.passed } }
    /// The earliest moment that a task of the process waits for; `nil` if none waits.
    package var next: VirtualInstant? { state.withLock { $0.waiters.map(\.until).min() } }

    package func reach(_ place: Place) async throws(CancellationError) {
        let dies = state.withLock { state -> Bool in
            guard !state.isDead, state.crash == nil else { return true }
            do throws(Crash) { try state.points.pass("\(place)") } catch { state.crash = error }
            return state.crash != nil
        }
        if dies { return try await wait(until: .never) }
        observe(place)
    }

    package func wait(until instant: VirtualInstant) async throws(CancellationError) {
        let id = state.withLock { state in
            state.count += 1
            return state.count
        }
        do {
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { continuation in
                    let isOver = state.withLock { state -> Bool in
                        if state.isDead || Task.isCancelled { return true }
                        state.waiters.append(Waiter(id: id, until: instant, continuation: continuation))
                        return false
                    }
                    if isOver { continuation.resume(throwing: CancellationError()) }
                }
            } onCancel: {
                take { $0.id == id }?.continuation.resume(throwing: CancellationError())
            }
        } catch { throw CancellationError() }  // nothing else is thrown above
    }

    /// Resumes the waiter whose time came first, if the time of any has come; says whether it resumed one.
    package func wakeOne() -> Bool {
        let now = world.now
        let due = take { $0.until <= now }
        due?.continuation.resume()
        return due != nil
    }

    /// Ends the process: every wait throws `CancellationError`, and each later one does so at once.
    package func bury() {
        let waiters = state.withLock { state in
            state.isDead = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: CancellationError()) }
    }

    private func take(_ condition: (Waiter) -> Bool) -> Waiter? {
        state.withLock { state in
            let matching = state.waiters.indices.filter { condition(state.waiters[$0]) }
            let first = matching.min {
                (state.waiters[$0].until, state.waiters[$0].id) < (state.waiters[$1].until, state.waiters[$1].id)
            }
            return first.map { state.waiters.remove(at: $0) }
        }
    }
}
