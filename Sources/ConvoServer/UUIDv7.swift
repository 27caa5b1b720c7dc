/// An identifier that begins with its moment: RFC 9562, version 7.
public struct UUIDv7: Hashable, Sendable {
    /// 32 lowercase hexadecimal digits, as the API's ids carry them.
    public let hex: String

    /// - Parameter microseconds: since 1970; the id keeps the milliseconds.
    public init(microseconds: Int64) {
        let milliseconds = UInt64(max(0, microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF)
        let low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF)
        hex = UUIDv7.digits(high) + UUIDv7.digits(low)
    }

    /// The same with dashes: `8-4-4-4-12`.
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
