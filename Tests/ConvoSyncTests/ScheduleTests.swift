import ConvoAPI
import ConvoModel
import Testing

@testable import ConvoSync

@Suite struct `The schedule` {
    private let schedule = PullSchedule(pollInterval: .seconds(30), sweepInterval: .seconds(900))

    @Test func `begins with a sweep, then looks, then sweeps again`() {
        var schedule = schedule
        #expect(schedule.next(at: noon) == .pull(.sweep))
        schedule.finished(.sweep, PullReport(), at: noon)
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(30)))
        #expect(schedule.next(at: noon + .seconds(30)) == .pull(.look))
        schedule.finished(.look, PullReport(), at: noon + .seconds(30))
        #expect(schedule.next(at: noon + .seconds(900)) == .pull(.sweep))
    }

    @Test func `waits longer after each failure, never more than a minute, and never less than asked`() {
        var schedule = schedule
        var now = noon
        var waits: [Int64] = []
        for _ in 0..<9 {
            var report = PullReport()
            report.halt = .api(.unreachable)
            schedule.finished(.sweep, report, at: now)
            guard case .sleep(let moment) = schedule.next(at: now) else { return }
            waits.append((moment.microseconds - now.microseconds) / 1_000_000)
            now = moment
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(Backoff().delay(after: 1, asked: .seconds(90)) == .seconds(90))
    }

    @Test func `is not silenced by a clock that was set back`() {
        var schedule = schedule
        schedule.finished(.sweep, PullReport(), at: noon)
        #expect(schedule.next(at: noon + .seconds(-86_400)) == .pull(.sweep))
    }
}
