package import ConvoModel

/// A moment of the simulated world, in microseconds since 1970, by the server's clock.
package struct VirtualInstant: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// Where every simulation starts: 2026-10-05T14:00:00Z.
    package static let start = VirtualInstant(microseconds: 1_791_208_800_000_000)
    /// Later than anything that a simulation reaches.
    package static let never = VirtualInstant(microseconds: .max)

    package var timestamp: Timestamp { Timestamp(microseconds: microseconds) }
    package var description: String { timestamp.text }

    package static func < (left: VirtualInstant, right: VirtualInstant) -> Bool {
        left.microseconds < right.microseconds
    }
    package static func + (instant: VirtualInstant, span: Duration) -> VirtualInstant {
        VirtualInstant(microseconds: instant.microseconds + span.microseconds)
    }
    package static func - (left: VirtualInstant, right: VirtualInstant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// The span in whole microseconds; a fraction is cut off.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
