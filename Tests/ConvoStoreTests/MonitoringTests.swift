// The tests of one source file.

import ConvoModel
import Testing

@testable import ConvoStore

@Suite final class `What a monitoring system is told of the store`: StoreSuite {
    @Test func `is how many writes are open in each state, and since when one waits`() throws {
        #expect(try store.monitoringFacts().oldestWaitingAt == nil)
        let held = try temporary.start("held")
        try store.markStopped(held.operation, from: .queued, as: .held, reason: .init(code: "x", message: "x"))
        temporary.clock.advance(seconds: 60)
        let first = temporary.clock.now
        _ = try temporary.start("first")
        temporary.clock.advance(seconds: 60)
        _ = try temporary.start("second")
        let facts = try store.monitoringFacts()
        #expect(facts.open == [.queued: 2, .sending: 0, .inDoubt: 0, .refused: 0, .held: 1])
        #expect(facts.oldestWaitingAt?.microseconds == first.microseconds)
        #expect(facts.conversations == 3 && facts.lastPullAt == nil)
        #expect(try store.monitoringFacts(countsConversations: false).conversations == nil)
    }
}
