import ConvoModel
import Testing

@Suite struct `A day of the calendar` {
    @Test(
        arguments: [
            (2024, 2, 29), (2000, 2, 29), (2026, 12, 31), (1, 1, 1), (9999, 12, 31), (2026, 4, 30),
        ] as [(Int64, Int64, Int64)])
    func `is one that its month has`(year: Int64, month: Int64, day: Int64) {
        #expect(CivilDate(year: year, month: month, day: day).isInCalendar)
    }

    @Test(
        arguments: [
            (2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (2026, 1, 32),
        ] as [(Int64, Int64, Int64)])
    func `is no other`(year: Int64, month: Int64, day: Int64) {
        #expect(!CivilDate(year: year, month: month, day: day).isInCalendar)
    }

    @Test func `is counted from 1970, and known again by its number`() {
        for day in stride(from: -800_000, to: 3_000_000, by: 97) as StrideTo<Int64> {
            let date = CivilDate(daysSince1970: day)
            #expect(date.daysSince1970 == day && date.isInCalendar)
        }
        #expect(CivilDate(year: 1970, month: 1, day: 1).daysSince1970 == 0)
        #expect(CivilDate(year: 2026, month: 3, day: 11).daysSince1970 == 20_523)
    }
}
