import ConvoModel
import Testing

@testable import ConvoSync

@Suite struct `Steps that are tried again` {
    private let step = PullMachine.Step.list(page: 0, size: 100)
    private let other = PullMachine.Step.list(page: 1, size: 100)

    @Test func `come due when their wait is over, to the microsecond`() {
        var retries = RetryQueue()
        #expect(retries.isEmpty && retries.next == nil && retries.count(step) == 0)
        retries.add(step, after: .seconds(2), at: noon)
        retries.add(other, after: .milliseconds(1500), at: noon)
        #expect(!retries.isEmpty)
        #expect(retries.next?.microseconds == noon.microseconds + 1_500_000)
        #expect(retries.due(at: noon + .milliseconds(1499)) == nil)
        #expect(retries.due(at: noon + .milliseconds(1500)) == other)
        #expect(retries.due(at: noon + .seconds(2)) == step)
        #expect(retries.isEmpty)
    }

    @Test func `come due where the clock was set back, and not before`() {
        var retries = RetryQueue()
        retries.add(step, after: .seconds(2), at: noon)
        #expect(retries.due(at: noon) == nil)
        #expect(retries.due(at: noon + .microseconds(-1)) == step)
    }

    @Test func `are counted until one succeeds`() {
        var retries = RetryQueue()
        for count in 1...3 {
            retries.add(step, after: .zero, at: noon)
            #expect(retries.count(step) == count)
        }
        #expect(retries.count(other) == 0)
        retries.succeeded(other)
        #expect(retries.count(step) == 3)
        retries.succeeded(step)
        #expect(retries.count(step) == 0)
    }
}
