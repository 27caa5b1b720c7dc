import ConvoModel

/// Draws ids as the server gives them: a prefix and the 32 hexadecimal digits of a UUID of version 7 (RFC 9562), which
/// begins with its time.
struct IDMint: Hashable, Sendable {
    private static let callAlphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

    private var random: SeededGenerator
    /// Whether one id in four has the layout from before September 2025.
    var mixesLayouts = false

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func conversation(at time: Timestamp) -> RemoteID { RemoteID("conv_" + digits(at: time)) }
    mutating func entry(_ prefix: String, at time: Timestamp) -> String { prefix + digits(at: time) }

    /// A file's id: a UUID with dashes.
    mutating func file(at time: Timestamp) -> String { dashed(digits(at: time)) }

    /// A function call's id: nine letters and digits, as Mistral's models give them.
    mutating func call() -> String {
        String((0..<9).compactMap { _ in IDMint.callAlphabet.randomElement(using: &random) })
    }

    private mutating func digits(at time: Timestamp) -> String {
        if mixesLayouts, random.next() % 4 == 0 { return oldDigits(at: time) }
        let milliseconds = UInt64(max(0, time.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | random.next() & 0xFFF
        let low = 0x8000_0000_0000_0000 | random.next() & 0x3FFF_FFFF_FFFF_FFFF
        return hexadecimal(high) + hexadecimal(low)
    }

    /// 36 bits of seconds, 12 and 12 bits of a fraction, a fixed clock sequence and 48 random bits.
    private mutating func oldDigits(at time: Timestamp) -> String {
        let seconds = hexadecimal(UInt64(max(0, time.microseconds / 1_000_000))).suffix(9)
        let fraction = hexadecimal(random.next()).suffix(6)
        return seconds + fraction.prefix(3) + "7" + fraction.suffix(3) + "8000" + hexadecimal(random.next()).suffix(12)
    }
}

/// The value in 16 hexadecimal digits.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// The 32 digits of a UUID with dashes, in groups of 8, 4, 4, 4 and 12.
func dashed(_ digits: String) -> String {
    var rest = digits[...]
    let groups = [8, 4, 4, 4, 12].map { length in
        defer { rest = rest.dropFirst(length) }
        return String(rest.prefix(length))
    }
    return groups.joined(separator: "-")
}
