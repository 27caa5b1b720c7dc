import Testing

@testable import ConvoStore

@Suite struct `What one transaction takes` {
    @Test func `is little once somebody had to wait, and grows again while nobody does`() {
        let portion = Portion()
        let most = portion.size
        portion.note(wasAwaited: false)
        #expect(portion.size == most)
        portion.note(wasAwaited: true)
        #expect(portion.size <= most / 8)
        var sizes = [portion.size]
        while portion.size < most, sizes.count < 99 {
            portion.note(wasAwaited: false)
            sizes.append(portion.size)
        }
        #expect(sizes == sizes.sorted() && sizes.last == most && sizes.count > 8)
        #expect(portion.share == 1)
    }
}
