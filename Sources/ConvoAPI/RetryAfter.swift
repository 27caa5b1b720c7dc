internal import ConvoHTTP
package import ConvoModel

/// Reads how long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
enum RetryAfter {
    /// The wait that the header fields ask for.
    ///
    /// - Parameters:
    ///   - headers: the answer's header fields.
    ///   - now: the present time, for a date if the answer has no `Date` field. Otherwise the server's clock counts,
    ///     for which the date was meant.
    /// - Returns: a wait above zero; `nil` if the fields ask for none.
    static func wait(_ headers: HTTPHeaders, now: () -> Timestamp) -> Duration? {
        if let text = headers["retry-after-ms"], let value = number(text) { return .seconds(value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = number(text) { return .seconds(seconds) }
        guard let date = HTTPDate.timestamp(text) else { return nil }
        let reference = headers["date"].flatMap(HTTPDate.timestamp) ?? now()
        let (wait, overflow) = date.microseconds.subtractingReportingOverflow(reference.microseconds)
        return overflow || wait <= 0 ? nil : .microseconds(wait)
    }

    /// A number above zero and below a hundred years in milliseconds.
    private static func number(_ text: String) -> Double? {
        let isNumber = text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E }
        guard isNumber, let value = Double(text), value > 0, value < 3.2e12 else { return nil }
        return value
    }
}

/// Reads a date as HTTP writes it, in the three forms that a recipient must understand (RFC 9110, 5.6.7).
package enum HTTPDate {
    /// The moment that a field such as `Date` names; `nil` for anything else than such a date.
    package static func timestamp(_ text: String) -> Timestamp? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
        switch words.count {
        // Sun, 06 Nov 1994 08:49:37 GMT, and Sunday, 06-Nov-94 08:49:37 GMT
        case 6 where words[5] == "GMT":
            return timestamp(year: words[3], month: words[2], day: words[1], time: words[4])
        // Sun Nov  6 08:49:37 1994
        case 5:
            return timestamp(year: words[4], month: words[1], day: words[2], time: words[3])
        default: return nil
        }
    }

    private static func timestamp(year: String, month: String, day: String, time: String) -> Timestamp? {
        guard let month = months.firstIndex(of: month), let year = fullYear(year) else { return nil }
        return Timestamp("\(year)-\(twoDigits(String(month + 1)))-\(twoDigits(day))T\(time)Z")
    }

    private static func fullYear(_ year: String) -> String? {
        guard year.utf8.count == 2 else { return year }
        return Int(year).map { $0 < 70 ? "20\(year)" : "19\(year)" }
    }

    private static func twoDigits(_ text: String) -> String { text.utf8.count == 1 ? "0\(text)" : text }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
