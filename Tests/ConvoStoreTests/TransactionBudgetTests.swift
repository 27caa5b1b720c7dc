// The tests of one source file.

import Testing

@testable import ConvoStore

@Suite struct `What one transaction takes` {
    @Test func `is little once somebody had to wait, and grows again while nobody does`() {
        let budget = TransactionBudget()
        let most = budget.size
        budget.note(wasAwaited: false)
        #expect(budget.size == most)
        budget.note(wasAwaited: true)
        #expect(budget.size <= most / 8)
        var sizes = [budget.size]
        while budget.size < most, sizes.count < 99 {
            budget.note(wasAwaited: false)
            sizes.append(budget.size)
        }
        #expect(sizes == sizes.sorted() && sizes.last == most && sizes.count > 8)
        #expect(budget.share == 1)
    }
}
