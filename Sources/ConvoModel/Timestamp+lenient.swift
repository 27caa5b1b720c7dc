extension Timestamp {
    /// Years 0000 to 9999, which is what the text of a moment can say.
    private static let writable: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// In a text, a lower number may be a year.
    private static let leastSeconds = 1e8

    /// Reads a moment that is not written as the API promises: without a zone (UTC is meant), with `+0200` in place of
    /// `+02:00`, or as a number of seconds since 1970. `nil` for anything else.
    ///
    /// Its ``text`` is the server's own where that is RFC 3339, else the same moment as the API would write it.
    public init?(lenient json: JSONText) {
        switch json.kind {
        case .string:
            guard let text = json.string else { return nil }
            self.init(lenient: text)
        case .number:
            guard let seconds = json.double else { return nil }
            self.init(seconds: seconds)
        default: return nil
        }
    }

    /// The same of a text, which may hold the number too.
    public init?(lenient text: String) {
        if let strict = Timestamp(text) {
            self = strict
        } else if let moment = Timestamp(Timestamp.completed(text)) {
            self.init(writable: moment.microseconds)
        } else if text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), let seconds = Double(text),
            seconds >= Timestamp.leastSeconds
        {
            self.init(seconds: seconds)
        } else {
            return nil
        }
    }

    private init?(seconds: Double) {
        guard seconds.magnitude < 1e12 else { return nil }
        self.init(writable: Int64((seconds * 1_000_000).rounded()))
    }

    private init?(writable microseconds: Int64) {
        guard Timestamp.writable.contains(microseconds) else { return nil }
        self.init(microseconds: microseconds)
    }

    /// With `Z` where there is no zone, and with the colon that its offset lacks.
    private static func completed(_ text: String) -> String {
        let digits = text.utf8.suffix(4)
        let isOffset = text.utf8.count > 20 && digits.allSatisfy { (0x30...0x39).contains($0) }
        guard isOffset, let sign = text.utf8.dropLast(4).last, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        else { return text + "Z" }
        return String(text.dropLast(2)) + ":" + String(text.suffix(2))
    }
}
