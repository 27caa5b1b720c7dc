import ConvoModel
import ConvoPlatform
import ConvoStore
import ConvoTerminal

/// Formats times relative to now, in the person's own time zone.
struct LocalTimeFormatter: Sendable {
    let now: Timestamp
    /// The offset from UTC in force at a moment, in seconds.
    let offset: @Sendable (Timestamp) -> Int64

    /// A formatter with the system's clock, to the second, and the process's time zone, whose days a search asks for too.
    static func here() -> LocalTimeFormatter {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let zone = LocalTimeZone.ofThisProcess()
        return LocalTimeFormatter(now: Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000)) { moment in
            zone.offset(moment.microseconds.quotientAndRemainder(floored: 1_000_000).quotient)
        }
    }

    /// `2026-10-05 14:45`; the text of what is not a time.
    func dateAndTime(_ moment: Timestamp) -> String {
        if moment.isUnknown { return moment.text }
        var bytes = Array(local(moment).utf8.prefix(16))  // a history has many times: no characters, no interpolation
        bytes[10] = UInt8(ascii: " ")
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `5 min ago`, or the date; the text of what is not a time.
    func ago(_ moment: Timestamp) -> String {
        if moment.isUnknown { return moment.text }
        return RelativeTime.text(
            moment.microseconds, now: now.microseconds, date: String(dateAndTime(moment).prefix(10)))
    }

    /// The time at the end of a wait: `14:05 (10 min)`, or `14:05:07 (7 s)` under two minutes.
    ///
    /// The date stands before it where it is not today's. A wait over a year counts as a year.
    func time(in wait: Duration) -> String {
        let (seconds, fraction) = wait.components
        let rounded = min(seconds + (fraction > 0 ? 1 : 0), LocalTimeFormatter.longestWait)
        let then = Timestamp(microseconds: now.microseconds + rounded * 1_000_000)
        let (here, there) = (local(now), local(then))
        let time = there.dropFirst(11).prefix(rounded < 120 ? 8 : 5)
        let date = here.prefix(10) == there.prefix(10) ? "" : "\(there.prefix(10)) "
        let distance =
            switch rounded {
            case ..<120: "\(rounded) s"
            case ..<7200: "\((rounded + 30) / 60) min"
            default: "\((rounded + 1800) / 3600) h"
            }
        return "\(date)\(time) (\(distance))"
    }

    /// A year, in seconds.
    private static let longestWait: Int64 = 365 * 86_400

    private func local(_ moment: Timestamp) -> String {
        Timestamp(microseconds: moment.microseconds &+ offset(moment) * 1_000_000).text
    }
}
