import ConvoModel
import SeededRandom
import Testing

@testable import ConvoStore

/// `2026-03-11T10:00`, in UTC; with the seconds where they are not 0.
private func text(_ moment: Timestamp) -> String {
    let text = moment.text.dropLast(8)
    return String(text.hasSuffix(":00") ? text.dropLast(3) : text)
}

extension SearchCalendar {
    /// A calendar at `2026-03-11T10:30:00Z`, unless the test names another moment.
    fileprivate init(_ zone: LocalTimeZone, now: String = "2026-03-11T10:30:00Z") {
        self.init(now: Timestamp(now) ?? Timestamp(microseconds: 0), zone: zone)
    }
}

@Suite struct `The whole of a period` {
    private func period(_ text: String, _ calendar: SearchCalendar) throws -> Range<Timestamp> {
        try calendar.period(of: SearchMoment(text))
    }

    @Test(
        arguments: [
            ("2026-03-11", .utc, "2026-03-11T00:00", "2026-03-12T00:00"),
            ("2026-03-11", .tokyo, "2026-03-10T15:00", "2026-03-11T15:00"),
            ("2026-03-11", .kathmandu, "2026-03-10T18:15", "2026-03-11T18:15"),
            ("2026-03-11", .auckland, "2026-03-10T11:00", "2026-03-11T11:00"),
            ("2026-03-11", .losAngeles, "2026-03-11T07:00", "2026-03-12T07:00"),
            // A month's and a year's end, and a leap day.
            ("2026-03", .utc, "2026-03-01T00:00", "2026-04-01T00:00"),
            ("2026-04", .auckland, "2026-03-31T11:00", "2026-04-30T12:00"),
            ("2026-11", .losAngeles, "2026-11-01T07:00", "2026-12-01T08:00"),
            ("2025-12", .auckland, "2025-11-30T11:00", "2025-12-31T11:00"),
            ("2026", .losAngeles, "2026-01-01T08:00", "2027-01-01T08:00"),
            ("2026", .auckland, "2025-12-31T11:00", "2026-12-31T11:00"),
            ("2024-02", .utc, "2024-02-01T00:00", "2024-03-01T00:00"),
            ("2024-02-29", .tokyo, "2024-02-28T15:00", "2024-02-29T15:00"),
            ("2000-02-29", .utc, "2000-02-29T00:00", "2000-03-01T00:00"),
            ("0001-01-01", .utc, "0001-01-01T00:00", "0001-01-02T00:00"),
            ("9999", .utc, "9999-01-01T00:00", "10000-01-01T00:00"),
            ("1969-12-31", .losAngeles, "1969-12-31T08:00", "1970-01-01T08:00"),
        ] as [(String, LocalTimeZone, String, String)])
    func `begins and ends with a day of the zone`(asked: String, zone: LocalTimeZone, first: String, end: String) throws
    {
        let period = try period(asked, SearchCalendar(zone))
        #expect(text(period.lowerBound) == first)
        #expect(text(period.upperBound) == end)
    }

    @Test(
        arguments: [
            // It is still the 11th in Auckland at 10:30 in UTC, and the 12th half an hour later.
            ("today", .auckland, "2026-03-11T10:30:00Z", "2026-03-10T11:00"),
            ("today", .auckland, "2026-03-11T11:00:00Z", "2026-03-11T11:00"),
            ("yesterday", .auckland, "2026-03-11T11:00:00Z", "2026-03-10T11:00"),
            ("today", .losAngeles, "2026-03-11T06:59:59Z", "2026-03-10T07:00"),
            ("TODAY", .utc, "2026-03-11T06:59:59Z", "2026-03-11T00:00"),
            ("Yesterday", .utc, "2026-01-01T00:00:00Z", "2025-12-31T00:00"),
            ("7d", .auckland, "2026-03-11T11:00:00Z", "2026-03-04T11:00"),
            ("0d", .utc, "2026-03-11T11:00:00Z", "2026-03-11T00:00"),
            ("2w", .utc, "2026-03-11T11:00:00Z", "2026-02-25T00:00"),
            ("3m", .utc, "2026-03-11T11:00:00Z", "2025-12-11T00:00"),
            ("1y", .utc, "2026-03-11T11:00:00Z", "2025-03-11T00:00"),
            // The clocks were set forward on the 8th: the day a week before 00:30 is the 5th, not the 4th at 23:30.
            ("7d", .losAngeles, "2026-03-12T07:30:00Z", "2026-03-05T08:00"),
        ] as [(String, LocalTimeZone, String, String)])
    func `counts from today in the zone`(asked: String, zone: LocalTimeZone, now: String, first: String) throws {
        #expect(text(try period(asked, SearchCalendar(zone, now: now)).lowerBound) == first)
    }

    @Test(
        arguments: [
            ("2026-04-05", .auckland, 25, "2026-04-04T11:00"), ("2026-09-27", .auckland, 23, "2026-09-26T12:00"),
            ("2026-03-08", .losAngeles, 23, "2026-03-08T08:00"), ("2026-11-01", .losAngeles, 25, "2026-11-01T07:00"),
            ("2018-11-04", .saoPaulo, 23, "2018-11-04T03:00"), ("2018-11-03", .saoPaulo, 24, "2018-11-03T03:00"),
            ("2019-02-16", .saoPaulo, 25, "2019-02-16T02:00"), ("2019-02-17", .saoPaulo, 24, "2019-02-17T03:00"),
            ("2026-03-29", .beirut, 23, "2026-03-28T22:00"), ("2026-10-24", .beirut, 25, "2026-10-23T21:00"),
            ("2026-11-01", .havana, 25, "2026-11-01T04:00"), ("2010-11-07", .stJohns, 25, "2010-11-07T02:30"),
            ("2011-12-29", .apia, 24, "2011-12-29T10:00"), ("2011-12-30", .apia, 0, "2011-12-30T10:00"),
            ("2011-12-31", .apia, 24, "2011-12-30T10:00"),
        ] as [(String, LocalTimeZone, Int64, String)])
    func `is shorter or longer where the clocks are set`(
        asked: String, zone: LocalTimeZone, hours: Int64, first: String
    ) throws {
        let period = try period(asked, SearchCalendar(zone))
        #expect(text(period.lowerBound) == first)
        #expect(period.upperBound.microseconds - period.lowerBound.microseconds == hours * 3_600_000_000)
    }

    @Test(arguments: [
        LocalTimeZone.utc, .kathmandu, .auckland, .losAngeles, .saoPaulo, .beirut, .havana, .apia,
    ])
    func `holds the moments that the zone's calendars show as its day, and borders on the next`(zone: LocalTimeZone)
        throws
    {
        let calendar = SearchCalendar(zone)
        for (year, days) in [(2011, 360...364), (2018, 300...312), (2019, 40...50), (2026, 0...364)] {
            let first = CivilDate(year: Int64(year), month: 1, day: 1).daysSince1970
            var end: Timestamp?
            for day in days.map({ first + Int64($0) }) {
                let period = try calendar.period(of: .day(CivilDate(daysSince1970: day)))
                #expect(end == nil || end == period.lowerBound)
                end = period.upperBound
                let moments = stride(
                    from: period.lowerBound.microseconds, to: period.upperBound.microseconds, by: 900_000_000)
                #expect(moments.allSatisfy { zone.day(at: Timestamp(microseconds: $0)) == day })
            }
        }
    }

    @Test(arguments: ["12h", "0h", "2026-03-11T10:00", "2026-03-11T10:00Z"])
    func `is not that of a time or of hours`(asked: String) throws {
        let moment = try SearchMoment(asked)
        #expect(throws: UnreadableMoment.notADay) { try SearchCalendar(.utc).period(of: moment) }
    }
}

@Suite struct `A moment` {
    @Test(
        arguments: [
            ("2026", .auckland, "2025-12-31T11:00"), ("2026-03", .auckland, "2026-02-28T11:00"),
            ("2026-03-11", .losAngeles, "2026-03-11T07:00"), ("today", .auckland, "2026-03-10T11:00"),
            ("yesterday", .tokyo, "2026-03-09T15:00"), ("2018-11-04", .saoPaulo, "2018-11-04T03:00"),
            // An amount of time is the same everywhere.
            ("12h", .auckland, "2026-03-10T22:30"), ("7d", .auckland, "2026-03-04T10:30"),
            ("2w", .utc, "2026-02-25T10:30"),
            ("3m", .tokyo, "2025-12-11T10:30"), ("1y", .utc, "2025-03-11T10:30"), ("0h", .utc, "2026-03-11T10:30"),
            ("0000007d", .utc, "2026-03-04T10:30"),
            // A time is the zone's, or that of the zone behind it.
            ("2026-03-11T10:00", .auckland, "2026-03-10T21:00"),
            ("2026-03-11t10:00:30", .losAngeles, "2026-03-11T17:00:30"),
            ("2026-03-11 10:00", .tokyo, "2026-03-11T01:00"), ("2026-03-11T10:00Z", .auckland, "2026-03-11T10:00"),
            ("2026-03-11T10:00z", .tokyo, "2026-03-11T10:00"), ("2026-03-11T10:00+13:00", .utc, "2026-03-10T21:00"),
            ("2026-03-11T10:00-0330", .auckland, "2026-03-11T13:30"),
            ("2026-03-11T10:00:05.5Z", .utc, "2026-03-11T10:00:05"),
            ("2026-03-11T10:00:60Z", .utc, "2026-03-11T10:01"), ("2026-01-01T00:00+23:59", .utc, "2025-12-31T00:01"),
            // The clocks show no 02:30, and 01:30 twice.
            ("2026-03-08T02:30", .losAngeles, "2026-03-08T10:00"),
            ("2026-03-08T03:00", .losAngeles, "2026-03-08T10:00"),
            ("2026-03-08T01:59", .losAngeles, "2026-03-08T09:59"),
            ("2026-11-01T01:30", .losAngeles, "2026-11-01T08:30"),
            ("2026-11-01T02:00", .losAngeles, "2026-11-01T10:00"), ("2026-04-05T02:30", .auckland, "2026-04-04T13:30"),
            ("2018-11-04T00:30", .saoPaulo, "2018-11-04T03:00"),
        ] as [(String, LocalTimeZone, String)])
    func `is read in the zone`(asked: String, zone: LocalTimeZone, expected: String) throws {
        #expect(text(SearchCalendar(zone).start(of: try SearchMoment(asked))) == expected)
    }

    @Test func `keeps microseconds`() throws {
        for asked in ["2026-03-11T10:00:05.1234567", "2026-03-11T10:00:05.123456Z"] {
            #expect(SearchCalendar(.utc).start(of: try SearchMoment(asked)).text == "2026-03-11T10:00:05.123456Z")
        }
    }

    @Test(
        arguments: [
            ("", .missing), ("tomorow", .unknown), ("tomorrow", .unknown), ("x", .unknown), ("h", .unknown),
            ("-7d", .unknown), ("+7d", .unknown), ("7", .unknown), ("7D", .unknown), ("7 d", .unknown),
            ("7.5d", .unknown),
            ("202", .unknown), ("20266", .unknown), ("2026-", .unknown), ("2026-3", .unknown), ("2026-03-", .unknown),
            ("2026-03-1", .unknown), ("2026-03-111", .unknown), ("2026/03/11", .unknown), ("11.03.2026", .unknown),
            ("2026-03-11T", .unknown), ("2026-03-11T10", .unknown), ("2026-03-11T10:0", .unknown),
            ("2026-03-11T10:00:", .unknown), ("2026-03-11T10:00:00.", .unknown), ("2026-03-11T10:00 Z", .unknown),
            ("2026-03-11T10:00+13", .unknown), ("2026-03-11T10:00+1:00", .unknown),
            ("2026-03-11T10:00+24:00", .unknown),
            ("2026-03-11T10:00Zulu", .unknown), ("2026-03-11Z", .unknown), ("2026-03-11\u{301}", .unknown),
            ("２０２６", .unknown), ("٢٠٢٦-٠٣-١١", .unknown), ("٧d", .unknown), ("−7d", .unknown), ("today!", .unknown),
            ("2026-13", .noSuchDate), ("2026-00", .noSuchDate), ("2026-13-45", .noSuchDate),
            ("2026-02-30", .noSuchDate),
            ("2026-02-29", .noSuchDate), ("2100-02-29", .noSuchDate), ("2026-04-31", .noSuchDate),
            ("2026-03-00", .noSuchDate),
            ("0000", .noSuchDate), ("0000-01", .noSuchDate), ("0000-01-01", .noSuchDate),
            ("2026-02-30T10:00", .noSuchDate), ("0000-01-01T00:00Z", .noSuchDate), ("2026-03-11T24:00", .noSuchTime),
            ("2026-03-11T10:60", .noSuchTime), ("2026-03-11T10:00:61Z", .noSuchTime),
            ("100001h", .tooMuch(limit: 100_000)),
            ("99999999999999999999999y", .tooMuch(limit: 100_000)),
        ] as [(String, UnreadableMoment)])
    func `is not read where the text is none`(asked: String, expected: UnreadableMoment) {
        #expect(throws: expected) { try SearchMoment(asked) }
    }

    @Test func `of any text, clock and zone is one or an error`() throws {
        let pieces = [
            "2026", "0000", "9999", "-", "03", "11", "T", "t", " ", ":", "10", "60", ".", "5", "Z", "+13:00", "-2359",
            "d",
            "h", "y", "100000", "today", "99999999999", "\u{301}", "é", "\u{0}",
        ]
        let zones: [LocalTimeZone] = [
            .utc, .auckland, .apia, LocalTimeZone(name: { _ in "" }, offset: { _ in .max }),
            LocalTimeZone(name: { _ in "" }, offset: { _ in .min }),
            LocalTimeZone(name: { _ in "" }, offset: { $0 &* 7919 }),
        ]
        var generator = SplitMix64(seed: 7)
        for _ in 0..<rounds(3000) {
            let text = (0..<Int.random(in: 1...7, using: &generator)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }.joined()
            guard let moment = try? SearchMoment(text) else { continue }
            for zone in zones {
                for now in [0, 1_800_000_000_000_000, .max, .min] as [Int64] {
                    let calendar = SearchCalendar(now: Timestamp(microseconds: now), zone: zone)
                    _ = calendar.start(of: moment)
                    _ = try? calendar.period(of: moment)
                }
            }
        }
    }
}
