// The process throws it, and the scenario counts by it.

/// The simulated death of our process.
package struct Crash: Error, Hashable, Sendable {
    /// The number of the point at which the process died, from 1.
    package let step: Int
    package let place: String
}

/// Counts the points at which a process can die, and has it die at one of them.
package struct CrashPoints: Sendable {
    package private(set) var passed = 0
    private let deadly: Int?

    /// - Parameter deadly: the number of the point at which the process dies, from 1; `nil` to only count the points.
    package init(deadly: Int? = nil) { self.deadly = deadly }

    /// Passes the next point: before, during or after a request (see ``Place``).
    package mutating func pass(_ place: String) throws(Crash) {
        passed += 1
        if passed == deadly { throw Crash(step: passed, place: place) }
    }
}
