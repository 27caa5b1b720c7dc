internal import ConvoHTTP
internal import ConvoModel

/// How long a server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date.
enum RetryAfter {
    /// - Parameter now: for a date, where the answer has no `Date` of its own. The server's clock is the one that the
    ///   date was meant for.
    static func wait(_ headers: HTTPHeaders, now: () -> Timestamp) -> Duration? {
        if let text = headers["retry-after-ms"], let value = number(text) { return .seconds(value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = number(text) { return .seconds(seconds) }
        guard let date = HTTPDate.timestamp(text) else { return nil }
        let reference = headers["date"].flatMap(HTTPDate.timestamp) ?? now()
        let (wait, overflow) = date.microseconds.subtractingReportingOverflow(reference.microseconds)
        return overflow || wait <= 0 ? nil : .microseconds(wait)
    }

    /// Above zero and below a hundred years.
    private static func number(_ text: String) -> Double? {
        let isNumber = text.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E }
        guard isNumber, let value = Double(text), value > 0, value < 3.2e12 else { return nil }
        return value
    }
}
