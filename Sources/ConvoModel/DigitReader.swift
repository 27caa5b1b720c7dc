/// Reads the parts of a written moment from left to right: runs of digits of a given length, and what stands between
/// them.
///
/// Only ASCII digits are digits. A part that is not there is left unread.
package struct DigitReader {
    private let bytes: [UInt8]
    private var index = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var isAtEnd: Bool { index == bytes.count }

    package mutating func digits(_ count: Int) -> Int64? {
        guard index + count <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[index..<index + count] {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        index += count
        return value
    }

    package mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    /// Reads one digit or more as a fraction of a second, in microseconds; digits after the sixth are cut off.
    package mutating func fraction() -> Int64? {
        var value: Int64 = 0
        var count = 0
        while let digit = digits(1) {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Reads `Z` or `±HH:MM`.
    ///
    /// - Parameter needsColon: whether `±HHMM` is refused.
    /// - Returns: the offset in minutes; `nil` unless it ends the text.
    package mutating func offset(needsColon: Bool = true) -> Int64? {
        if skip("Z") || skip("z") { return isAtEnd ? 0 : nil }
        let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = digits(2), skip(":") || !needsColon, let minutes = digits(2), hours < 24,
            minutes < 60, isAtEnd
        else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
