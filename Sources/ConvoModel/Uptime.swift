/// A moment on the clock that runs from the machine's start, through its sleep too, and that nobody can set.
///
/// What must not be believed of a wall clock is measured with it: that some time has really passed.
public struct Uptime: Sendable, Hashable {
    /// Which start of the machine it counts from.
    public let boot: String
    public let microseconds: Int64

    public init(boot: String, microseconds: Int64) {
        self.boot = boot
        self.microseconds = microseconds
    }

    /// How much later this is; `nil` where the machine was started anew in between, or it is another one.
    public func since(_ earlier: Uptime) -> Duration? {
        boot == earlier.boot ? .microseconds(microseconds - earlier.microseconds) : nil
    }

    /// How long the machine has been running.
    public var sinceBoot: Duration { .microseconds(microseconds) }
}
