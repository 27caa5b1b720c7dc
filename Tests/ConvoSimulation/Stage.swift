import Synchronization

/// Where one process of ours lives: it waits on the world's clock, and dies where it is told to.
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
    ///   - points: where it dies.
    ///   - observe: told of each point that it passes.
    package init(
        _ world: SharedWorld, points: CrashPoints = CrashPoints(),
        observe: @escaping @Sendable (Place) -> Void = { _ in }
    ) {
        self.world = world
        self.observe = observe
        state = Mutex(State(points: points))
    }

    /// Where it died, if it has.
    package var crash: Crash? { state.withLock { $0.crash } }
    /// How many points it has passed.
    package var passed: Int { state.withLock { $0.points.passed } }
    /// The earliest moment that anything in it waits for.
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

    /// Lets one waiter go whose time has come: of several the one that waits longest.
    package func wakeOne() -> Bool {
        let now = world.now
        let due = take { $0.until <= now }
        due?.continuation.resume()
        return due != nil
    }

    /// Everything that still waits is told that it is over, and whatever comes later at once.
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
