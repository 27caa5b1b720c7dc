import ConvoJSON
import Testing

@Suite struct `A page's digest` {
    private func digest(_ bytes: [UInt8]) -> PageDigest { bytes.withUnsafeBytes { PageDigest(of: $0) } }
    private func does(_ digest: PageDigest, describe bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { digest.describes($0) }
    }

    @Test func `describes what it was made of, at whatever length and point`() {
        for count in 0..<130 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            let (one, other) = (digest(bytes), digest(bytes))
            #expect(does(one, describe: bytes) && does(other, describe: bytes))
            #expect(does(PageDigest(point: one.point, value: one.value), describe: bytes))
            #expect(one.point != other.point)
        }
    }

    @Test func `does not describe what differs in one bit, one place or one length`() {
        let bytes = (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 5) }
        let known = digest(bytes)
        for place in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[place] ^= 1 << UInt8(bit)
                #expect(!does(known, describe: other))
            }
            if place > 0 {
                var other = bytes
                other.swapAt(place, place - 1)
                #expect(!does(known, describe: other))
            }
            #expect(!does(known, describe: Array(bytes[..<place])))
            #expect(!does(known, describe: bytes + bytes[...place]))
        }
        let zeros = digest(Array(repeating: 0, count: 28))
        for count in 0..<64 where count != 28 { #expect(!does(zeros, describe: Array(repeating: 0, count: count))) }
    }

    /// The expected value is computed limb by limb with 128-bit integers, for a text of two limbs and its length.
    @Test func `is the polynomial that it claims to be`() {
        let bytes: [UInt8] = Array("abcdefgh".utf8)
        let limbs: [UInt128] = [0x67_6665_6463_6261, 0x68, 8]
        let prime: UInt128 = (1 << 61) - 1
        let made = digest(bytes)
        let expected = limbs.reduce(UInt128(0)) { ($0 * UInt128(made.point) + $1) % prime }
        #expect(UInt128(made.value) == expected)
    }

    @Test func `adds four limbs at once as it does one after the other`() {
        let bytes = (0..<999).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 3) }
        let prime: UInt128 = (1 << 61) - 1
        let made = digest(bytes)
        var expected: UInt128 = 0
        for start in stride(from: 0, to: bytes.count, by: 7) {
            let limb = bytes[start..<min(start + 7, bytes.count)].reversed().reduce(UInt128(0)) {
                $0 << 8 | UInt128($1)
            }
            expected = (expected * UInt128(made.point) + limb) % prime
        }
        expected = (expected * UInt128(made.point) + UInt128(bytes.count)) % prime
        #expect(UInt128(made.value) == expected)
    }
}
