/// A moment relative to now: `now`, `5 min ago`, `in 3 h`, `2 days ago`, and the date from 31 days on.
package enum RelativeTime {
    /// Names a moment by its distance from now, cut to whole minutes, hours or days.
    ///
    /// - Parameters:
    ///   - microseconds: the moment, in microseconds since 1970.
    ///   - now: the moment from which it is seen, in microseconds since 1970.
    ///   - date: the text for a moment that is 31 days away or more, past or future.
    /// - Returns: the phrase; `now` for less than 45 seconds, past or future.
    package static func text(_ microseconds: Int64, now: Int64, date: String) -> String {
        let (seconds, overflow) = (now / 1_000_000).subtractingReportingOverflow(microseconds / 1_000_000)
        guard !overflow else { return date }
        let distance = seconds.magnitude
        let words: String
        switch distance {
        case 0..<45: return "now"
        case 45..<(60 * 60): words = "\(max(1, distance / 60)) min"
        case (60 * 60)..<(24 * 60 * 60): words = "\(distance / 3600) h"
        case (24 * 60 * 60)..<(31 * 24 * 60 * 60):
            let days = distance / 86_400
            words = days == 1 ? "1 day" : "\(days) days"
        default: return date
        }
        return seconds > 0 ? "\(words) ago" : "in \(words)"
    }
}
