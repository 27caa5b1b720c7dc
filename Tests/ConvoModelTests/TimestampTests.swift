import ConvoJSON
import ConvoModel
import Testing

@Suite struct `A timestamp` {
    static let table: [(String, Int64)] = [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2026-10-05T14:45:48.416223Z", 1_791_211_548_416_223),
        ("2026-10-05T14:45:48Z", 1_791_211_548_000_000),
        ("2026-10-05T14:45:48.4Z", 1_791_211_548_400_000),
        ("2026-10-05T14:45:48.4162239Z", 1_791_211_548_416_223),
        ("2026-10-05T16:45:48.416223+02:00", 1_791_211_548_416_223),
        ("2026-10-05T09:15:48.416223-05:30", 1_791_211_548_416_223),
        ("2026-10-05t14:45:48.416223z", 1_791_211_548_416_223),
        ("2026-10-05 14:45:48.416223Z", 1_791_211_548_416_223),
        ("2000-02-29T00:00:00Z", 951_782_400_000_000),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
        ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
    ]

    @Test(arguments: table)
    func `keeps its text and is a number:`(_ text: String, _ microseconds: Int64) throws {
        let timestamp = try #require(Timestamp(text))
        #expect(timestamp.text == text)
        #expect(timestamp.microseconds == microseconds)
    }

    @Test(arguments: [
        "", "2026-10-05", "2026-10-05T14:45:48", "2026-10-05T14:45Z", "2026-13-05T14:45:48Z", "2026-00-05T14:45:48Z",
        "2026-10-32T14:45:48Z", "2026-10-00T14:45:48Z", "2026-10-05T24:45:48Z", "2026-10-05T14:60:48Z",
        "2026-10-05T14:45:61Z", "2026-10-05T14:45:48.Z", "2026-10-05T14:45:48ZZ", "2026-10-05T14:45:48+0200",
        "2026-10-05T14:45:48+24:00", "26-10-05T14:45:48Z", "+2026-10-05T14:45:48Z", " 2026-10-05T14:45:48Z",
        "2026-10-05T14:45:48Z ", "２026-10-05T14:45:48Z", "1791211548",
    ])
    func `is not read from:`(_ text: String) { #expect(Timestamp(text) == nil) }

    @Test func `is written the way it is read`() throws {
        #expect(Timestamp(microseconds: 1_791_211_548_416_223).text == "2026-10-05T14:45:48.416223Z")
        #expect(Timestamp(microseconds: -1).text == "1969-12-31T23:59:59.999999Z")
        var microseconds: Int64 = -62_167_219_200_000_000
        while microseconds < 253_402_300_800_000_000 {
            let written = Timestamp(microseconds: microseconds)
            #expect(Timestamp(written.text)?.microseconds == microseconds)
            microseconds += 86_400_000_000 * 97 + 3_723_004_005
        }
    }

    @Test func `comes before a later one, whatever the texts`() throws {
        let early = try #require(Timestamp("2026-10-05T16:00:00+02:00"))
        let late = try #require(Timestamp("2026-10-05T15:00:00Z"))
        #expect(early < late)
    }

    @Test(
        arguments: [
            ("2026-10-05T14:45:48", 1_791_211_548_000_000), ("2026-10-05 14:45:48.4", 1_791_211_548_400_000),
            ("2026-10-05T14:45:48+0000", 1_791_211_548_000_000), ("2026-10-05T09:15:48.5-0530", 1_791_211_548_500_000),
            ("1791211548", 1_791_211_548_000_000), ("1791211548.25", 1_791_211_548_250_000),
        ] as [(String, Int64)])
    func `is read from what a server may write instead, where asked for:`(_ text: String, _ microseconds: Int64) throws
    {
        #expect(Timestamp(text) == nil)
        let read = try #require(Timestamp(lenient: text))
        #expect(read.microseconds == microseconds)
        #expect(Timestamp(read.text) == read)
    }

    @Test(arguments: [
        "", "2026", "20261005", "yesterday", "12-30", "2026-10-05", "1e400", "nan", "-1791211548", "+0000",
    ])
    func `is not read from what may mean another one:`(_ text: String) { #expect(Timestamp(lenient: text) == nil) }

    @Test func `is not read from a number that no calendar has`() throws {
        for number in ["1e30", "-1e30", "1e400", "999999999999", "-99999999999"] {
            #expect(Timestamp(lenient: try JSONText(number)) == nil)
        }
        #expect(Timestamp(lenient: try JSONText("-1.5"))?.text == "1969-12-31T23:59:58.500000Z")
    }
}
