import ConvoModel
import ConvoPlatform

// The C library's zone: the store links no Foundation.

extension LocalTimeZone {
    /// The zone of this process: the one that the environment's `TZ` names, or else the system's.
    ///
    /// The C library reads `TZ` and the zone's file here, and reads them again if they have changed since. Where it
    /// cannot read them, it counts in UTC.
    package static func ofThisProcess() -> LocalTimeZone {
        tzset()
        return LocalTimeZone(
            name: { identifierOfThisProcess() ?? name(of: clock(at: $0.microseconds / 1_000_000)) },
            offset: { clock(at: $0).offset })
    }

    /// How the C library's clocks are set at a moment.
    struct Clock {
        /// In seconds; how far the clocks are ahead of UTC.
        let offset: Int64
        /// `NZDT`, or digits (`-03`) where people have no name for it.
        let abbreviation: String
    }

    private static func clock(at seconds: Int64) -> Clock {
        var parts = tm()
        guard var time = time_t(exactly: seconds), localtime_r(&time, &parts) != nil else {
            return Clock(offset: 0, abbreviation: "UTC")
        }
        return Clock(
            offset: Int64(parts.tm_gmtoff), abbreviation: parts.tm_zone.map { String(cString: $0) } ?? "")
    }

    /// `NZDT (+13:00)`; the offset alone where the abbreviation is missing, or is the offset too.
    static func name(of clock: Clock) -> String {
        let minutes = clock.offset.magnitude / 60
        func twoDigits(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let offset = "\(clock.offset < 0 ? "-" : "+")\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
        guard let first = clock.abbreviation.first, first != "+", first != "-" else { return offset }
        return "\(clock.abbreviation) (\(offset))"
    }
}

// MARK: - The IANA name

extension LocalTimeZone {
    private static let systemZone = "/etc/localtime"
    private static let pathLimit = 4096

    /// The zone's IANA name; `nil` where neither `TZ` nor the system's link tells it, or its file is not there: the C
    /// library counts in UTC then.
    private static func identifierOfThisProcess() -> String? {
        let variable = getenv("TZ").map { String(cString: $0) }
        guard let identifier = identifier(variable: variable, systemLink: target(of: systemZone)) else { return nil }
        let folder = getenv("TZDIR").map { String(cString: $0) } ?? "/usr/share/zoneinfo"
        return isFile(variable == nil ? systemZone : "\(folder)/\(identifier)") ? identifier : nil
    }

    /// The IANA name in the value of `TZ`, or where that is not set, in the target of the system's link.
    ///
    /// - Returns: `nil` for a path to a file outside of a folder `zoneinfo`, for an empty `TZ`, and for rules in POSIX's
    ///   form that contain a comma or a point; `NZST-12NZDT` looks like a name, and no file has it.
    static func identifier(variable: String?, systemLink: String?) -> String? {
        guard var value = variable ?? systemLink else { return nil }
        if variable != nil, value.hasPrefix(":") { value.removeFirst() }
        if variable != nil, value == systemZone { value = systemLink ?? "" }
        let parts = value.split(separator: "/")
        if let folder = parts.lastIndex(of: "zoneinfo") { value = parts[(folder + 1)...].joined(separator: "/") }
        return value.first.map { $0 != "/" } == true && value.utf8.allSatisfy(isOfIdentifier) ? value : nil
    }

    private static func isOfIdentifier(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "/"):
            true
        default: false
        }
    }

    private static func target(of link: String) -> String? {
        var characters = [CChar](repeating: 0, count: pathLimit)
        let count = readlink(link, &characters, characters.count)
        guard count > 0 else { return nil }
        return String(decoding: characters.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
