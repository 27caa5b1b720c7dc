import ConvoModel
import ConvoStore

/// Rules of real zones around the moments at which their clocks are set, as values: no test needs the system's zone
/// files, or sets `TZ`.
extension LocalTimeZone {
    /// A zone that is ahead of UTC by so many minutes, and from each of the moments on by so many.
    private static func fixed(
        _ name: String, _ minutes: Int64, _ changes: KeyValuePairs<String, Int64> = [:]
    ) -> LocalTimeZone {
        let changes = changes.map { (Timestamp(lenient: $0)?.microseconds ?? 0, $1) }
        return LocalTimeZone(name: { _ in name }) { seconds in
            (changes.last { $0.0 <= seconds * 1_000_000 }?.1 ?? minutes) * 60
        }
    }

    static let tokyo = fixed("Asia/Tokyo", 540)
    static let kathmandu = fixed("Asia/Kathmandu", 345)
    static let auckland = fixed(
        "Pacific/Auckland", 780, ["2026-04-04T14:00:00": 720, "2026-09-26T14:00:00": 780])
    static let losAngeles = fixed(
        "America/Los_Angeles", -480, ["2026-03-08T10:00:00": -420, "2026-11-01T09:00:00": -480])
    /// Its clocks were set forward at midnight: 2018-11-04 began at 01:00.
    static let saoPaulo = fixed(
        "America/Sao_Paulo", -180, ["2018-11-04T03:00:00": -120, "2019-02-17T02:00:00": -180])
    /// Its clocks are set forward at midnight: 2026-03-29 begins at 01:00.
    static let beirut = fixed("Asia/Beirut", 120, ["2026-03-28T22:00:00": 180, "2026-10-24T21:00:00": 120])
    /// Its clocks are set back at 01:00: midnight of 2026-11-01 comes twice.
    static let havana = fixed("America/Havana", -240, ["2026-11-01T05:00:00": -300])
    /// Its clocks were set back at 00:01: 2010-11-07 began, lasted a minute, and began again an hour later.
    static let stJohns = fixed("America/St_Johns", -150, ["2010-11-07T02:31:00": -210])
    /// It had no 2011-12-30.
    static let apia = fixed("Pacific/Apia", -600, ["2011-12-30T10:00:00": 840])
}
