import ConvoModel
import Testing

@testable import ConvoStore

@Suite struct `The name of the process's time zone` {
    @Test(
        arguments: [
            ("Pacific/Auckland", nil, "Pacific/Auckland"), (":Pacific/Auckland", nil, "Pacific/Auckland"),
            ("UTC", nil, "UTC"),
            ("America/Argentina/Buenos_Aires", "/usr/share/zoneinfo/UTC", "America/Argentina/Buenos_Aires"),
            ("Etc/GMT+12", nil, "Etc/GMT+12"), ("/usr/share/zoneinfo/Europe/Berlin", nil, "Europe/Berlin"),
            (nil, "/usr/share/zoneinfo/Etc/UTC", "Etc/UTC"), (nil, "../usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
            (":/etc/localtime", "/etc/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ] as [(String?, String?, String)])
    func `is in TZ or in the system's link`(variable: String?, link: String?, expected: String) {
        #expect(LocalTimeZone.identifier(variable: variable, systemLink: link) == expected)
    }

    @Test(
        arguments: [
            ("", "/usr/share/zoneinfo/Etc/UTC"), (":", nil), (nil, nil), (nil, "/srv/zone"), ("/srv/zone", nil),
            ("NZST-12NZDT,M9.5.0,M4.1.0/3", nil), ("<+03>-3", nil), ("/usr/share/zoneinfo/", nil),
            ("../../etc/passwd", nil),
            ("\u{1B}[2J", nil), ("Zürich", nil), (":/etc/localtime", nil),
        ] as [(String?, String?)])
    func `is not guessed`(variable: String?, link: String?) {
        #expect(LocalTimeZone.identifier(variable: variable, systemLink: link) == nil)
    }

    @Test(
        arguments: [
            ("NZDT", 46_800, "NZDT (+13:00)"), ("NST", -12_600, "NST (-03:30)"), ("UTC", 0, "UTC (+00:00)"),
            ("-03", -10_800, "-03:00"), ("+0545", 20_700, "+05:45"), ("", 3600, "+01:00"),
        ] as [(String, Int64, String)])
    func `is else what its clocks are called, with their offset`(abbreviation: String, offset: Int64, expected: String)
    {
        let clock = LocalTimeZone.Clock(offset: offset, abbreviation: abbreviation)
        #expect(LocalTimeZone.name(of: clock) == expected)
    }

    @Test func `is never empty, and its offset is less than a day`() {
        let zone = LocalTimeZone.ofThisProcess()
        for seconds in [0, 1_800_000_000, -3_000_000_000_000, 253_402_300_800, .max, .min] as [Int64] {
            #expect(zone.offset(seconds).magnitude < 86_400)
        }
        #expect(!zone.name(Timestamp(microseconds: 1_800_000_000_000_000)).isEmpty)
    }
}
