import ConvoModel
import SeededRandom

/// Makes ids as the server does: a prefix and 32 hexadecimal digits of a UUIDv7, in either of its two layouts.
struct IDMint: Hashable, Sendable {
    private var random: SplitMix64
    private let mintsOldLayout: Bool

    init(random: SplitMix64, mintsOldLayout: Bool) {
        self.random = random
        self.mintsOldLayout = mintsOldLayout
    }

    mutating func conversation(at instant: VirtualInstant) -> RemoteID { RemoteID("conv_" + hex(at: instant)) }
    mutating func entry(_ type: EntryType, at instant: VirtualInstant) -> EntryID {
        EntryID(IDMint.prefix(of: type) + hex(at: instant))
    }

    /// Makes the id of a tool call: nine letters and digits.
    mutating func toolCall() -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        return String((0..<9).compactMap { _ in random.element(of: letters) })
    }

    private static func prefix(of type: EntryType) -> String {
        switch type {
        case .toolExecution: "tool_exec_"
        case .functionCall: "fc_"
        case .functionResult: "fr_"
        case .agentHandoff: "handoff_"
        default: "msg_"
        }
    }

    private mutating func hex(at instant: VirtualInstant) -> String {
        let digits =
            if mintsOldLayout, random.chance(perMille: 250) {
                // 36 bits of seconds, 12 + 12 bits of fraction, a fixed clock sequence, 48 random bits.
                IDMint.hex(UInt64(instant.microseconds) / 1_000_000, 9)
                    + IDMint.hex(random.next() & 0xFFF, 3) + "7" + IDMint.hex(random.next() & 0xFFF, 3) + "8000"
                    + IDMint.hex(random.next() & 0xFFFF_FFFF_FFFF, 12)
            } else {
                // RFC 9562: 48 bits of milliseconds, then random bits.
                IDMint.hex(UInt64(instant.microseconds) / 1000, 12) + "7" + IDMint.hex(random.next() & 0xFFF, 3)
                    + IDMint.hex(0x8000_0000_0000_0000 | random.next() >> 2, 16)
            }
        return digits
    }

    private static func hex(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits.suffix(width)
    }
}
