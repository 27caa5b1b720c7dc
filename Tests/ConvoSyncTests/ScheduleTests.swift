import ConvoAPI
import ConvoModel
import Expectations
import Testing

@testable import ConvoSync

@Suite struct `The schedule` {
    private let schedule = PullSchedule(pollInterval: .seconds(30), sweepInterval: .seconds(900))

    @Test func `begins with a full pull, then pulls the first page, then all again`() {
        var schedule = schedule
        #expect(schedule.next(at: noon) == .pull(.full))
        schedule.finished(.full, PullReport(), at: noon)
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(30)))
        #expect(schedule.next(at: noon + .seconds(30)) == .pull(.firstPage))
        schedule.finished(.firstPage, PullReport(), at: noon + .seconds(30))
        #expect(schedule.next(at: noon + .seconds(900)) == .pull(.full))
    }

    @Test func `waits longer after each failure, never more than a minute, and never less than asked`() throws {
        var schedule = schedule
        var now = noon
        var waits: [Int64] = []
        for _ in 0..<9 {
            var report = PullReport()
            report.halt = .api(.unreachable)
            schedule.finished(.full, report, at: now)
            guard case .sleep(let moment) = schedule.next(at: now) else { throw Unexpected("it does not wait") }
            waits.append((moment.microseconds - now.microseconds) / 1_000_000)
            now = moment
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(Backoff().delay(after: 1, asked: .seconds(90)) == .seconds(90))
        #expect(Backoff().delay(after: 500) == .seconds(60))
    }

    @Test func `asks a server again after an hour, however long it wants to be left alone`() {
        #expect(Backoff().delay(after: 1, asked: .seconds(7200)) == .seconds(3600))
        #expect(!Backoff.isOver(noon + .seconds(3600), at: noon))
        #expect(Backoff.isOver(noon + .seconds(3601), at: noon), "the clock was set back since")
        #expect(Backoff.isOver(noon, at: noon) && !Backoff.isOver(noon + .seconds(1), at: noon))
    }

    @Test func `has the limits that DESIGN gives reasons for`() {
        let limits = SyncLimits()
        #expect([limits.pageSize, limits.fetches, limits.writers, limits.tries] == [100, 8, 4, 4])
        #expect([limits.passes, limits.pages, limits.foreignAnswers, limits.attempts] == [3, 100_000, 3, 5])
        #expect(limits.patience == .seconds(5))
        #expect([limits.surfacing, limits.replicaLag] == [.seconds(840), .seconds(180)])
        #expect(limits.backoff == Backoff(initial: .seconds(1), limit: .seconds(60)))
    }

    private func failed(asking asked: Duration? = nil) -> PullReport {
        var report = PullReport()
        (report.halt, report.asked) = (.api(.unreachable), asked)
        return report
    }

    @Test func `waits for as long as the server asks, also where that is longer than its own longest wait`() {
        var schedule = schedule
        schedule.finished(.full, PullReport(), at: noon)
        schedule.finished(.firstPage, failed(asking: .seconds(600)), at: noon + .seconds(60))
        #expect(schedule.next(at: noon + .seconds(60)) == .sleep(until: noon + .seconds(660)))
        #expect(schedule.next(at: noon + .seconds(659)) == .sleep(until: noon + .seconds(660)))
        var short = schedule
        var report = PullReport()
        report.halt = .api(.status(503, retryAfter: .seconds(5)))
        short.finished(.firstPage, report, at: noon + .seconds(700))
        #expect(short.next(at: noon + .seconds(704)) == .sleep(until: noon + .seconds(705)))
        #expect(schedule.next(at: noon + .seconds(660)) == .pull(.firstPage))
    }

    @Test func `begins with a short wait again after a pull that went well`() {
        var schedule = schedule
        for _ in 0..<5 { schedule.finished(.full, failed(), at: noon) }
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(16)))
        schedule.finished(.full, PullReport(), at: noon)
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(30)))
        schedule.finished(.firstPage, failed(), at: noon)
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(1)))
    }

    @Test func `is not silenced by a clock that was set back`() {
        var schedule = schedule
        schedule.finished(.full, PullReport(), at: noon)
        #expect(schedule.next(at: noon + .seconds(-86_400)) == .pull(.full))
        schedule.finished(.firstPage, failed(asking: .seconds(600)), at: noon)
        #expect(schedule.next(at: noon) == .sleep(until: noon + .seconds(600)))
        #expect(schedule.next(at: noon + .seconds(-1)) == .pull(.full))
    }
}
