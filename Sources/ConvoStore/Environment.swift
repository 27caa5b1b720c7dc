public import ConvoModel

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the store takes from outside itself, so that a simulation can put its own clock and chance there.
public struct Environment: Sendable {
    public let now: @Sendable () -> Timestamp
    public let randomBits: @Sendable () -> UInt64

    public init(now: @escaping @Sendable () -> Timestamp, randomBits: @escaping @Sendable () -> UInt64) {
        self.now = now
        self.randomBits = randomBits
    }

    public static let live = Environment(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
        },
        randomBits: { UInt64.random(in: .min ... .max) })

    /// A short random name, in letters and digits that are hard to confuse: 16 of them hold 80 bits.
    func makeName(prefix: String = "") -> String {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        let first = randomBits()
        let second = randomBits()
        let letters = (0..<16).map { place in
            let bits = place < 12 ? first >> UInt64(place * 5) : second >> UInt64((place - 12) * 5)
            return alphabet[Int(bits & 31)]
        }
        return prefix + String(decoding: letters, as: UTF8.self)
    }
}
