import Synchronization

/// How the simulated client spends virtual time, and where it may die.
package protocol Pace: Sendable {
    /// The client has come to a point at which a process can die.
    ///
    /// - Throws: `CancellationError` if the process died there.
    func reach(_ place: Place) async throws(CancellationError)
    /// Returns when the world's clock has reached `instant`.
    ///
    /// - Throws: `CancellationError` if the task is cancelled or the process dies meanwhile.
    func wait(until instant: VirtualInstant) async throws(CancellationError)
}

/// A point at which a process can die.
package enum Place: Hashable, Sendable, CustomStringConvertible {
    /// The request has not been sent yet.
    case before(SimulatedRequest)
    /// The request has been sent; the answer is still to come.
    case during(SimulatedRequest)
    /// The answer has come; the process has done nothing with it yet.
    case after(SimulatedRequest)

    package var description: String {
        switch self {
        case .before(let request): "before \(request.name)"
        case .during(let request): "during \(request.name)"
        case .after(let request): "after \(request.name)"
        }
    }
}

/// A pace for one request after another: each wait moves the world's clock.
package struct Striding: Pace {
    let world: SharedWorld
    package init(_ world: SharedWorld) { self.world = world }
    package func reach(_ place: Place) {}
    package func wait(until instant: VirtualInstant) { world.state.withLock { $0.advance(to: instant) } }
}
