internal import ConvoModel

/// A date as HTTP writes it, in the three forms that a recipient must understand (RFC 9110, 5.6.7).
enum HTTPDate {
    static func timestamp(_ text: String) -> Timestamp? {
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
