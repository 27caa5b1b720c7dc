import ConvoModel

/// The value that a person writes after `before:`, `after:`, `since:` or `on:`. The parser reads it without a clock and
/// a time zone.
///
/// ``SearchCalendar`` says which moments are meant.
enum SearchMoment: Equatable {
    /// A unit of an amount of time; a month has 30 days and a year 365.
    enum Unit: UInt8 {
        case hour = 0x68  // h
        case day = 0x64  // d
        case week = 0x77  // w
        case month = 0x6D  // m
        case year = 0x79  // y

        var seconds: Int64 {
            switch self {
            case .hour: 3600
            case .day: 86_400
            case .week: 7 * 86_400
            case .month: 30 * 86_400
            case .year: 365 * 86_400
            }
        }
    }

    /// The whole of a year: `2026`.
    case year(Int64)
    /// The whole of a month: `2026-03`.
    case month(year: Int64, month: Int64)
    /// The whole of a day: `2026-03-11`.
    case day(CivilDate)
    /// The whole of the day that many days before today: `today` (0) or `yesterday` (1).
    case daysAgo(Int64)
    /// An amount of time before now: `12h`, `7d`.
    case ago(Int64, Unit)
    /// The time that local clocks show, in microseconds since they showed 1970-01-01 00:00:00: `2026-03-11T10:00`.
    case clock(microseconds: Int64)
    /// A date and time with its zone: `2026-03-11T10:00Z`.
    case instant(Timestamp)

    /// The largest number before a unit.
    static let countLimit: Int64 = 100_000

    /// Reads a text.
    ///
    /// - Throws: ``UnreadableMoment`` if the text is none of the above, or names a date or a time that does not exist.
    init(_ text: String) throws(UnreadableMoment) {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw .missing }
        if let day = SearchMoment.named(text) {
            self = day
        } else if let amount = try SearchMoment.amount(bytes) {
            self = amount
        } else {
            self = try SearchMoment.date(bytes)
        }
    }

    private static func named(_ text: String) -> SearchMoment? {
        switch text.lowercased() {
        case "today": .daysAgo(0)
        case "yesterday": .daysAgo(1)
        default: nil
        }
    }

    /// Reads `12h`; `nil` for what is not digits and a unit.
    private static func amount(_ bytes: [UInt8]) throws(UnreadableMoment) -> SearchMoment? {
        let digits = bytes.dropLast()
        guard let unit = bytes.last.flatMap(Unit.init), !digits.isEmpty,
            digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        guard let count = Int64(String(decoding: digits, as: UTF8.self)), count <= countLimit else {
            throw .tooMuch(limit: Int(countLimit))
        }
        return .ago(count, unit)
    }

    /// Reads a year, a month, a day, or a date and time.
    private static func date(_ bytes: [UInt8]) throws(UnreadableMoment) -> SearchMoment {
        var reader = DigitReader(bytes)
        guard let year = reader.digits(4) else { throw .unknown }
        if reader.isAtEnd {
            if year == 0 { throw .noSuchDate }
            return .year(year)
        }
        guard reader.skip("-"), let month = reader.digits(2) else { throw .unknown }
        if reader.isAtEnd {
            guard year > 0, (1...12).contains(month) else { throw .noSuchDate }
            return .month(year: year, month: month)
        }
        guard reader.skip("-"), let number = reader.digits(2) else { throw .unknown }
        let day = CivilDate(year: year, month: month, day: number)
        let moment = reader.isAtEnd ? SearchMoment.day(day) : try time(on: day, &reader)
        guard year > 0, day.isInCalendar else { throw .noSuchDate }
        return moment
    }

    /// Reads `T10:00`, `T10:00:00` or `T10:00:00.5`, and the zone, if there is one.
    private static func time(
        on day: CivilDate, _ reader: inout DigitReader
    ) throws(UnreadableMoment) -> SearchMoment {
        guard reader.skip("T") || reader.skip("t") || reader.skip(" "), let hour = reader.digits(2), reader.skip(":"),
            let minute = reader.digits(2)
        else { throw .unknown }
        var second: Int64 = 0
        var fraction: Int64 = 0
        if reader.skip(":") {
            guard let digits = reader.digits(2) else { throw .unknown }
            second = digits
            if reader.skip(".") {
                guard let digits = reader.fraction() else { throw .unknown }
                fraction = digits
            }
        }
        let isLocal = reader.isAtEnd
        guard let offset = isLocal ? 0 : reader.offset(needsColon: false) else { throw .unknown }
        // RFC 3339 allows the second 60.
        guard hour < 24, minute < 60, second <= 60 else { throw .noSuchTime }
        let seconds = ((day.daysSince1970 * 24 + hour) * 60 + minute - offset) * 60 + second
        let microseconds = seconds * 1_000_000 + fraction
        return isLocal ? .clock(microseconds: microseconds) : .instant(Timestamp(microseconds: microseconds))
    }
}

/// Why the value of a query's `before:`, `after:`, `since:` or `on:` cannot be read as a moment.
public enum UnreadableMoment: Error, Sendable, Hashable {
    /// There is no value.
    case missing
    /// The value is not a date, a time or an amount of time, as far as the reader knows.
    case unknown
    /// The calendar has no such date: `2026-02-30`, or a year before 0001.
    case noSuchDate
    /// No day has such a time: `25:00`.
    case noSuchTime
    /// The amount of time has a number above the limit.
    case tooMuch(limit: Int)
    /// The value is a time or a number of hours, where `on:` takes a whole day, month or year.
    case notADay
}
