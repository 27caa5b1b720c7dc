/// The simulated death of our process.
package struct Crash: Error, Hashable, Sendable {
    /// Which interaction it was, from 1.
    package let step: Int
    package let place: String
}

/// Counts the client's interactions with the world and the disk, and lets it die at one of them.
package struct CrashPoints: Sendable {
    package private(set) var passed = 0
    private let deadly: Int?

    /// - Parameter deadly: the interaction that kills, from 1; `nil` for none, to count how many there are.
    package init(deadly: Int? = nil) { self.deadly = deadly }

    /// Stands before and after each call of the API and of the store.
    package mutating func pass(_ place: String) throws(Crash) {
        passed += 1
        if passed == deadly { throw Crash(step: passed, place: place) }
    }
}
