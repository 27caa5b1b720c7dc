public import ConvoModel

/// A moment of the simulated world, in microseconds since 1970, as the server's clock would say it.
public struct VirtualInstant: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Where every simulation starts: 2026-10-05T14:00:00Z.
    public static let start = VirtualInstant(microseconds: 1_791_208_800_000_000)
    /// Later than anything that a simulation reaches.
    public static let never = VirtualInstant(microseconds: .max)

    public var timestamp: Timestamp { Timestamp(microseconds: microseconds) }
    public var description: String { timestamp.text }

    public static func < (left: VirtualInstant, right: VirtualInstant) -> Bool {
        left.microseconds < right.microseconds
    }
    public static func + (instant: VirtualInstant, span: Duration) -> VirtualInstant {
        VirtualInstant(microseconds: instant.microseconds + span.microseconds)
    }
    public static func - (left: VirtualInstant, right: VirtualInstant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// Whole microseconds; what is finer is cut off.
    public var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
