// The tests of one source file.

import Testing

@testable import ConvoSync
@testable import convod

@Suite struct `The memory of an idle daemon` {
    @Test func `is given back after the first pull, after one that has stored something, and after the next one`() {
        let memory = IdleMemory()
        func isReleased(after histories: Int) -> Bool {
            var report = PullReport()
            report.histories = histories
            return memory.isToBeReleased(after: report)
        }
        let released = [0, 0, 3, 0, 0, 1, 2, 0, 0].map(isReleased)
        #expect(released == [true, false, true, true, false, true, true, true, false])
    }
}
