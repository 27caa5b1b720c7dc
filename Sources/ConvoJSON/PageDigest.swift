/// A digest of one page of the list, by which a page that the server sends again unchanged is recognised.
///
/// It is a polynomial over the field of 2⁶¹ − 1 whose coefficients are the bytes by sevens, at a point drawn at random
/// (Carter and Wegman, "Universal classes of hash functions", 1979). Two different texts of n bytes share their value
/// at n/7 + 1 points at most: one chance in 10¹⁴ for a page of a hundred conversations, whatever they say.
package struct PageDigest: Hashable, Sendable {
    private static let prime: UInt64 = 1 << 61 - 1
    private static let limbBytes = 7
    private static let limbMask: UInt64 = 1 << 56 - 1

    /// The point at which the polynomial is evaluated, drawn at random for each new digest.
    package let point: UInt64
    /// The polynomial's value at ``point``, below 2⁶¹ − 1.
    package let value: UInt64

    /// Restores a digest that was stored.
    ///
    /// - Parameters:
    ///   - point: the stored ``point``.
    ///   - value: the stored ``value``.
    package init(point: UInt64, value: UInt64) {
        self.point = point
        self.value = value
    }

    /// Digests the bytes of a page at a point drawn at random.
    package init(of bytes: UnsafeRawBufferPointer) {
        point = UInt64.random(in: 2..<PageDigest.prime)
        value = PageDigest.value(of: bytes, at: point)
    }

    /// Whether the digest was made of these bytes; wrong with a chance of one in 10¹⁴ for a page of the usual size.
    package func describes(_ bytes: UnsafeRawBufferPointer) -> Bool { PageDigest.value(of: bytes, at: point) == value }

    private static func value(of bytes: UnsafeRawBufferPointer, at point: UInt64) -> UInt64 {
        let point = point % prime
        let second = reduced(product(point, point))
        let (third, fourth) = (reduced(product(second, point)), reduced(product(second, second)))
        var sum: UInt64 = 0
        var offset = 0
        func limb(_ number: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + number * limbBytes, as: UInt64.self))
                & limbMask
        }
        // Four at a time: their products do not depend on each other. Each load reads a byte more than it uses, so the
        // last limb is left to the loop below.
        while offset + 4 * limbBytes < bytes.count {
            sum = reduced(
                product(sum, fourth) + product(limb(0), third) + product(limb(1), second) + product(limb(2), point)
                    + UInt128(limb(3)))
            offset += 4 * limbBytes
        }
        while offset < bytes.count {
            let rest = bytes[offset..<min(offset + limbBytes, bytes.count)]
            sum = reduced(product(sum, point) + UInt128(rest.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
            offset += limbBytes
        }
        // The length tells apart two texts that differ only in the number of zero bytes at their end.
        return reduced(product(sum, point) + UInt128(UInt64(bytes.count) & limbMask))
    }

    private static func product(_ one: UInt64, _ other: UInt64) -> UInt128 { UInt128(one) &* UInt128(other) }

    /// The remainder modulo the prime of a number below 2¹²⁴.
    private static func reduced(_ number: UInt128) -> UInt64 {
        var rest = UInt64(truncatingIfNeeded: number) & prime + UInt64(truncatingIfNeeded: number >> 61)
        rest = rest & prime + rest >> 61
        return rest >= prime ? rest - prime : rest
    }
}
