/// A moment said the way people do: `now`, `5 min ago`, `3 h ago`, `2 days ago`, and the date beyond a month.
public enum RelativeTime {
    /// - Parameters:
    ///   - microseconds: the moment, since 1970.
    ///   - now: the moment from which it is seen, since 1970.
    ///   - date: what is said of a moment further away than a month, either way.
    public static func text(_ microseconds: Int64, now: Int64, date: String) -> String {
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
