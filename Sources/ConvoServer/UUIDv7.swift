/// A UUID of version 7 (RFC 9562), which begins with its time of creation.
public struct UUIDv7: Hashable, Sendable {
    /// The 32 lowercase hexadecimal digits, without dashes, as in the API's ids.
    public let hex: String

    /// Makes a UUID of a time and 74 random bits.
    ///
    /// - Parameter microseconds: the time in microseconds since 1970; the UUID keeps the milliseconds.
    public init(microseconds: Int64) {
        let milliseconds = UInt64(max(0, microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
        hex = UUIDv7.digits(high) + UUIDv7.digits(low)
    }

    /// The digits with dashes, in groups of 8, 4, 4, 4 and 12.
    public var dashed: String {
        var rest = hex[...]
        let groups = [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }
        return groups.joined(separator: "-")
    }

    private static func digits(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
