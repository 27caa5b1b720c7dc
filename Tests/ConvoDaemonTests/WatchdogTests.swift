import ConvoSync
import Testing

@testable import convod

@Suite struct `The watchdog` {
    @Test func `asks for a sign in a third of its interval`() throws {
        let watchdog = try #require(Watchdog(microseconds: "60000000", process: nil, own: 7))
        #expect(watchdog.interval == .seconds(60))
        #expect(watchdog.pause == .seconds(20))
        #expect(Watchdog(microseconds: "1000000", process: "7", own: 7)?.interval == .seconds(1))
    }

    @Test(arguments: [(nil, nil), ("0", nil), ("-1", nil), ("soon", nil), ("60000000", "8")] as [(String?, String?)])
    func `asks nothing of a process that it does not watch`(microseconds: String?, process: String?) {
        #expect(Watchdog(microseconds: microseconds, process: process, own: 7) == nil)
    }

    @Test func `hears nothing of an engine that is stuck, and the log hears it once`() throws {
        var ledger = ProgressLedger()
        _ = ledger.begin("pushing", at: .zero)
        var judge = StuckJudge()
        let first = judge.judge(ledger.overdue(at: .seconds(10)))
        #expect(first.isAlive && first.news == nil)
        let second = judge.judge(ledger.overdue(at: .seconds(901)))
        #expect(!second.isAlive)
        #expect(second.news?.description == "pushing works, and has shown no sign for 901 s")
        let third = judge.judge(ledger.overdue(at: .seconds(920)))
        #expect(!third.isAlive && third.news == nil)
        #expect(judge.judge(nil).isAlive)
        #expect(judge.judge(ledger.overdue(at: .seconds(940))).news != nil)
    }
}
