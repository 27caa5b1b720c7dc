package import ConvoModel
import ConvoPlatform

/// The clocks, the time zone, the random numbers and the file locations that the store uses, so that a simulation can replace them.
package struct StoreDependencies: Sendable {
    /// The present moment by the wall clock, which may be set.
    package let now: @Sendable () -> Timestamp
    /// The time since the machine's start, by a clock that nobody can set.
    package let uptime: @Sendable () -> Uptime
    /// 64 random bits, for names, salts and the keys of entries.
    package let randomBits: @Sendable () -> UInt64
    /// The location of the database with this path; another location than before means that the file is a copy.
    package let location: @Sendable (_ path: String) -> DatabaseLocation
    /// The time zone whose days a query asks for; each search asks for it anew.
    package let timeZone: @Sendable () -> LocalTimeZone
    /// Called while the store brings a large file of an older version up to date, which takes a while: after each megabyte.
    package var isUpgrading: @Sendable () -> Void = {}
    /// The most memory that each connection takes for pages of the file, in kilobytes: 4 MB hold the upper pages of every index, and
    /// the operating system caches the rest.
    package var cacheKilobytes = 4096
    // The simulation's deliberate mistakes, which its checkers must find, change these four.
    /// Whether durable transactions wait for the disk.
    var syncsDurableCommits = true
    /// Whether the answer to an exchange that the server does not store is committed durably.
    var syncsUnstoredAnswers = true
    /// Whether each history is taken for the newest: entries that it leaves out are marked as dropped at once, and an
    /// outdated history is not read again.
    var believesEachHistory = false
    /// Whether the message with which the history of a first turn ends is taken for its answer.
    var believesFirstMessages = false
    /// The version of the rules of the full-text index; a test opens a file as a program of another version does.
    var indexVersion = SearchIndex.version

    /// Makes dependencies of functions that may be called from any thread.
    package init(
        now: @escaping @Sendable () -> Timestamp, uptime: @escaping @Sendable () -> Uptime,
        randomBits: @escaping @Sendable () -> UInt64,
        location: @escaping @Sendable (_ path: String) -> DatabaseLocation = { DatabaseLocation(of: $0) },
        timeZone: @escaping @Sendable () -> LocalTimeZone = { .ofThisProcess() }
    ) {
        self.now = now
        self.uptime = uptime
        self.randomBits = randomBits
        self.location = location
        self.timeZone = timeZone
    }

    /// The operating system's clocks, time zone and random numbers, and the file system's locations.
    package static let live = StoreDependencies(
        now: { Timestamp(microseconds: microseconds(of: CLOCK_REALTIME)) },
        uptime: { Uptime(boot: boot, microseconds: microseconds(of: SystemClock.sinceBoot)) },
        randomBits: { UInt64.random(in: .min ... .max) })

    private static func microseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The kernel's name for this start of the machine.
    ///
    /// If it cannot be read, each process makes up a name of its own, and compares its uptime with no other process's.
    private static let boot = BootID.read() ?? "unknown \(UInt64.random(in: .min ... .max))"

    /// Makes a random name of 16 letters and digits that are hard to confuse, which hold 80 bits.
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
