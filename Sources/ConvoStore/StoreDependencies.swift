public import ConvoModel

#if canImport(Glibc)
import Glibc
private let bootClock = CLOCK_BOOTTIME
#else
import Darwin
private let bootClock = CLOCK_MONOTONIC  // which counts while the machine sleeps, there
#endif

/// What the store takes from outside itself, so that a simulation can put its own clock and chance there.
public struct StoreDependencies: Sendable {
    public let now: @Sendable () -> Timestamp
    /// The clock that nobody sets.
    public let uptime: @Sendable () -> Uptime
    public let randomBits: @Sendable () -> UInt64
    /// Where the database of that path lives: another answer than before makes it a copy.
    public let location: @Sendable (_ path: String) -> DatabaseLocation
    // What only a test of a test changes.
    /// Whether what survives a power cut is waited for.
    var syncsDurableCommits = true
    /// Whether that holds for an answer that the server does not keep.
    var syncsUnstoredAnswers = true
    /// Whether each history is taken for the newest: what it leaves out is dropped at once, and it is not read again.
    var believesEachHistory = false

    public init(
        now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Uptime,
        randomBits: @escaping @Sendable () -> UInt64,
        location: @escaping @Sendable (_ path: String) -> DatabaseLocation = { DatabaseLocation(of: $0) }
    ) {
        self.now = now
        self.uptime = uptime
        self.randomBits = randomBits
        self.location = location
    }

    public static let live = StoreDependencies(
        now: { Timestamp(microseconds: microseconds(of: CLOCK_REALTIME)) },
        uptime: { Uptime(boot: boot, microseconds: microseconds(of: bootClock)) },
        randomBits: { UInt64.random(in: .min ... .max) })

    private static func microseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The kernel's name for this start of the machine. Where it can't be read, each process takes itself for the only
    /// one since its own start, which is the careful thing to believe.
    private static let boot: String = {
        var bytes = [UInt8](repeating: 0, count: 36)
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        defer { if file >= 0 { close(file) } }
        guard file >= 0, read(file, &bytes, bytes.count) == bytes.count else {
            return "unknown \(UInt64.random(in: .min ... .max))"
        }
        return String(decoding: bytes, as: UTF8.self)
    }()

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
