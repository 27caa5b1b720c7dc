package import ConvoJSON

/// A moment as the server wrote it (RFC 3339), with the microseconds that it stands for.
///
/// The text is what is stored and shown; the number is for comparing. Foundation's parser keeps milliseconds only,
/// and the server tells two changes apart by microseconds.
///
/// `==` compares the text too, so two texts of one moment are neither equal nor ordered.
public struct Timestamp: Hashable, Sendable, CustomStringConvertible {
    /// The moment in RFC 3339, as the server wrote it, or as the server would write it where the text was made here.
    public let text: String
    /// The moment in microseconds since 1970-01-01T00:00:00Z, negative before; further digits are cut off.
    public let microseconds: Int64

    /// Whether this stands for a time that the server did not tell, as in ``Conversation/createdAt``.
    package var isUnknown: Bool { microseconds == 0 }

    /// The moment's text.
    public var description: String { text }

    /// Reads `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; `nil` for anything else.
    ///
    /// As RFC 3339 allows, `t`, `z`, a space in place of `T` and the second 60 are read. A day that its month does not
    /// have (February 30) counts on into the next month.
    public init?(_ text: String) {
        guard let microseconds = Timestamp.parse(Array(text.utf8)) else { return nil }
        self.text = text
        self.microseconds = microseconds
    }

    /// Writes a moment the way the server does: UTC, six digits, `Z`.
    ///
    /// - Parameter microseconds: since 1970-01-01T00:00:00Z; the text is RFC 3339 for the years 0000 to 9999 only.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
        let (days, inDay) = microseconds.quotientAndRemainder(floored: 86_400_000_000)
        let date = CivilDate(daysSince1970: days)
        let (second, fraction) = inDay.quotientAndRemainder(dividingBy: 1_000_000)
        // Bytes and not an interpolated text: every row that is written and each step of the simulation makes one.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        func write(_ value: Int64, _ width: Int, then separator: Unicode.Scalar) {
            if (0..<100).contains(value), width == 2 {
                bytes.append(UInt8(ascii: "0") + UInt8(value / 10))
                bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
            } else {
                let digits = String(value).utf8
                bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count)))
                bytes.append(contentsOf: digits)
            }
            bytes.append(UInt8(ascii: separator))
        }
        write(date.year, 4, then: "-")
        write(date.month, 2, then: "-")
        write(date.day, 2, then: "T")
        write(second / 3600, 2, then: ":")
        write(second / 60 % 60, 2, then: ":")
        write(second % 60, 2, then: ".")
        write(fraction, 6, then: "Z")
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Keeps the text of a time that was stored as it came.
    ///
    /// - Parameter text: the text; ``isUnknown`` if it cannot be read as a time, leniently.
    package init(stored text: String) {
        microseconds = Timestamp(lenient: text)?.microseconds ?? 0
        self.text = text
    }

    private static func parse(_ bytes: [UInt8]) -> Int64? {
        var reader = DigitReader(bytes)
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.digits(2), reader.skip(":"), let minute = reader.digits(2), reader.skip(":"),
            let second = reader.digits(2), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        guard let fraction = reader.skip(".") ? reader.fraction() : 0, let offset = reader.offset() else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        return ((days * 24 + hour) * 60 + minute - offset) * 60_000_000 + second * 1_000_000 + fraction
    }
}

extension Timestamp: Comparable {
    /// Whether one moment is earlier than the other, whatever their texts.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    /// The moment that is a span later, or earlier for a negative span, cut to whole microseconds.
    public static func + (moment: Timestamp, span: Duration) -> Timestamp {
        let (seconds, attoseconds) = span.components
        return Timestamp(microseconds: moment.microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }
}

extension Timestamp {
    /// The microseconds of the years 0000 to 9999, the only ones that RFC 3339 can express.
    package static let writable: ClosedRange<Int64> = -62_167_219_200_000_000...253_402_300_799_999_999

    /// The lowest number of seconds that is read from a text: a lower number may be a year.
    private static let leastSeconds = 1e8

    /// Reads a moment that is not written as the API promises: without a zone (UTC is meant), with `+0200` in place of
    /// `+02:00`, or as a number of seconds since 1970; `nil` for anything else.
    ///
    /// The ``text`` is the server's own where that is RFC 3339, or else the same moment as the API would write it.
    package init?(lenient json: JSONText) {
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

    /// Reads a moment from a text that is not written as the API promises; `nil` for anything else.
    ///
    /// The text may also hold the number of seconds, from 100,000,000 on: a lower number may be a year.
    package init?(lenient text: String) {
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

    /// The text with `Z` where it has no zone, and with a colon in an offset that lacks it.
    private static func completed(_ text: String) -> String {
        let digits = text.utf8.suffix(4)
        let isOffset = text.utf8.count > 20 && digits.allSatisfy { (0x30...0x39).contains($0) }
        guard isOffset, let sign = text.utf8.dropLast(4).last, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        else { return text + "Z" }
        return String(text.dropLast(2)) + ":" + String(text.suffix(2))
    }
}

/// A moment on the clock that runs from the machine's start, also while it sleeps, and that nobody can set.
///
/// It measures that time has really passed, where a wall clock could have been set.
package struct Uptime: Sendable, Hashable {
    /// The id of the machine's start from which the clock counts.
    package let boot: String
    /// The time since that start, in microseconds.
    public let microseconds: Int64

    /// Creates a moment on the clock of one start of a machine.
    ///
    /// - Parameters:
    ///   - boot: the id of the machine's start.
    ///   - microseconds: the time since that start.
    package init(boot: String, microseconds: Int64) {
        self.boot = boot
        self.microseconds = microseconds
    }

    /// How much later this moment is, negative where it is earlier.
    ///
    /// - Returns: `nil` where the two moments count from different starts, or on different machines.
    package func since(_ earlier: Uptime) -> Duration? {
        boot == earlier.boot ? .microseconds(microseconds - earlier.microseconds) : nil
    }

    /// How long the machine had been running at this moment.
    package var sinceBoot: Duration { .microseconds(microseconds) }
}
