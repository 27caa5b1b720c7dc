import ConvoJSON
import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `The pages of a sweep` {
    private func same(_ page: Int, size: Int, count: Int, last: Int) -> IngestedPage {
        IngestedPage(
            same: CachedPage(
                place: PageKey(page: page, size: size), count: count, digest: PageDigest(point: 2, value: 0),
                last: last))
    }

    private func asked(_ listing: inout ListPager) -> [String] {
        var asked: [String] = []
        while case .list(let page, let size) = listing.next() { asked.append("\(page)/\(size)") }
        return asked
    }

    @Test func `that were asked for ahead count for nothing once the pages are of another size`() {
        var listing = ListPager(scope: .full, limits: SyncLimits())
        #expect(asked(&listing) == ["0/100"])
        listing.listed(same(0, size: 100, count: 50, last: 9), page: 0)
        #expect(asked(&listing) == ["1/100", "2/100", "3/100", "4/100"])
        listing.listed(same(1, size: 100, count: 50, last: 9), page: 1)
        #expect(asked(&listing).isEmpty)  // waits until the other pages have come
        listing.listed(IngestedPage(items: [.new], ids: [RemoteID("late")]), page: 3)
        listing.listed(IngestedPage(items: []), page: 2)
        #expect(asked(&listing).isEmpty)
        listing.listed(IngestedPage(items: []), page: 4)
        #expect(asked(&listing) == ["0/50"])
        listing.listed(IngestedPage(items: [.unchanged], ids: [RemoteID("a")]), page: 0)
        #expect(asked(&listing) == ["1/50"])
        listing.listed(IngestedPage(items: []), page: 1)
        #expect(listing.isDone)
        #expect(listing.missing(of: [RemoteID("a"), RemoteID("late")]) == [RemoteID("late")])
    }

    @Test func `that came early say nothing of the run that begins anew`() {
        var listing = ListPager(scope: .full, limits: SyncLimits())
        _ = asked(&listing)
        listing.listed(same(0, size: 100, count: 50, last: 9), page: 0)
        #expect(asked(&listing).count == 4)
        listing.listed(IngestedPage(items: [.unchanged], ids: [RemoteID("short")]), page: 3)
        listing.listed(same(1, size: 100, count: 50, last: 9), page: 1)
        for page in [2, 4] { listing.listed(IngestedPage(items: []), page: page) }
        for page in 0..<3 {
            #expect(asked(&listing) == ["\(page)/50"])
            let ids = (0..<50).map { RemoteID("\(page) \($0)") }
            listing.listed(IngestedPage(items: ids.map { _ in .unchanged }, ids: ids), page: page)
        }
        #expect(asked(&listing) == ["3/50"])
        #expect(!listing.isDone)
    }

    @Test func `are taken in their order, in whatever order they come`() {
        var listing = ListPager(scope: .full, limits: SyncLimits())
        _ = asked(&listing)
        listing.listed(same(0, size: 100, count: 100, last: 3), page: 0)
        #expect(asked(&listing) == ["1/100", "2/100", "3/100"])
        listing.listed(IngestedPage(items: [.unchanged]), page: 3)  // a short page is the last one
        listing.listed(same(2, size: 100, count: 100, last: 3), page: 2)
        #expect(!listing.isDone)
        listing.listed(same(1, size: 100, count: 100, last: 3), page: 1)
        #expect(listing.isDone)
        #expect(listing.samePages == [0, 1, 2])
    }

    @Test func `are asked for one after the other again where one has changed`() {
        var listing = ListPager(scope: .full, limits: SyncLimits())
        _ = asked(&listing)
        listing.listed(same(0, size: 2, count: 100, last: 9), page: 0)
        #expect(asked(&listing).count == 4)
        for page in 1...4 {
            let ids = (0..<100).map { RemoteID("\(page) \($0)") }
            listing.listed(IngestedPage(items: ids.map { _ in .unchanged }, ids: ids), page: page)
        }
        #expect(asked(&listing) == ["5/100"])
    }
}

@Suite struct `Where the pages end` {
    private var limits = SyncLimits()

    private func page(
        _ numbers: Range<Int>, _ change: IngestedPage.Change = .unchanged, odd: Int = 0
    ) -> IngestedPage {
        IngestedPage(
            items: numbers.map { _ in change }, ids: numbers.map { RemoteID("\($0)") }, oddCount: odd)
    }

    /// The pages that the pager requests until it is done; the server answers with `pages`, and repeats the last one.
    private func asked(_ scope: PullMachine.Scope, _ pages: IngestedPage...) -> [String] {
        var listing = ListPager(scope: scope, limits: limits)
        var (asked, rest): ([String], ArraySlice<IngestedPage>) = ([], pages[...])
        while case .list(let page, let size) = listing.next(), asked.count < 30 {
            asked.append("\(page)/\(size)")
            listing.listed(rest.count > 1 ? rest.removeFirst() : rest.first ?? IngestedPage(items: []), page: page)
        }
        #expect(listing.isDone)
        return asked
    }

    @Test mutating func `a pull of the first page: where something known stands, or the page is not full`() {
        limits.pageSize = 2
        #expect(asked(.firstPage, page(0..<2, .new), page(2..<4, .new), page(4..<5, .new)) == ["0/2", "1/2", "2/2"])
        #expect(asked(.firstPage, IngestedPage(items: [.new, .unchanged])) == ["0/2"])
        #expect(asked(.firstPage, page(0..<3, .new), page(3..<4, .new)) == ["0/2", "1/2"])
        #expect(asked(.firstPage, page(0..<1, .new, odd: 1), page(3..<4, .new)) == ["0/2", "1/2"])
        #expect(asked(.firstPage, page(0..<0, odd: 2)) == ["0/2", "1/2", "2/2"])
        #expect(asked(.firstPage, page(0..<0)) == ["0/2"])
    }

    @Test mutating func `a sweep: with the short one, the empty one, or the last that is read`() {
        limits.pageSize = 2
        #expect(asked(.full, page(0..<0)) == ["0/2"])
        #expect(asked(.full, page(0..<2), page(2..<4), page(4..<5)) == ["0/2", "1/2", "2/2"])
        #expect(asked(.full, page(0..<2), page(2..<4), page(0..<0)) == ["0/2", "1/2", "2/2"])
        #expect(asked(.full, page(0..<1), page(0..<0)) == ["0/2", "1/2"])
        #expect(asked(.full, page(0..<2), page(2..<3)) == ["0/2", "1/2"])
        #expect(asked(.full, page(0..<1, odd: 1), page(2..<3, odd: 1), page(3..<4)) == ["0/2", "1/2", "2/2"])
        limits.pages = 2
        #expect(asked(.full, page(0..<2), page(2..<4), page(4..<6)) == ["0/2", "1/2"])
        limits.pages = 1
        #expect(asked(.full, page(0..<2), page(2..<4)) == ["0/2"])
    }

    @Test mutating func `a sweep: with one that brings nothing that it has not met`() {
        limits.pageSize = 2
        #expect(asked(.full, page(0..<2), page(0..<2)) == ["0/2", "1/2"])
        #expect(asked(.full, page(0..<2), page(1..<3), page(0..<2)) == ["0/2", "1/2", "2/2"])
        #expect(
            asked(.full, page(0..<2), IngestedPage(items: [.unchanged], ids: [RemoteID("0")], oddCount: 1)) == [
                "0/2", "1/2",
            ])
    }

    @Test mutating func `a sweep: also where the server gives one conversation to a page`() {
        limits.pageSize = 2
        let one = (0..<3).map { page($0..<$0 + 1) }
        #expect(
            asked(.full, one[0], one[1], one[0], one[1], one[2], page(0..<0))
                == ["0/2", "1/2", "0/1", "1/1", "2/1", "3/1"])
        #expect(asked(.full, one[0], one[0]) == ["0/2", "1/2"])
        limits.pageSize = 1
        #expect(asked(.full, one[0], one[1], one[1]) == ["0/1", "1/1", "2/1"])
    }

    @Test mutating func `a sweep: with the third in a row of which nothing can be read`() {
        limits.pageSize = 2
        let odd = page(0..<0, odd: 2)
        #expect(asked(.full, odd) == ["0/2", "1/2", "2/2", "3/2"])
        #expect(
            asked(.full, page(0..<2), odd, odd, page(2..<4), odd, odd, page(4..<5))
                == (0...6).map { "\($0)/2" })
        #expect(asked(.full, page(0..<2), odd, odd, odd) == ["0/2", "1/2", "2/2", "3/2"])
    }

    @Test mutating func `a sweep that met something unknown behind the first page begins again, three times at most`() {
        limits.pageSize = 2
        let runs = (0..<3).flatMap { _ in ["0/2", "1/2"] }
        func pages(_ number: Int) -> [IngestedPage] { [page(0..<2), page(10 + number..<11 + number, .new)] }
        let all = (0..<9).flatMap(pages)
        var listing = ListPager(scope: .full, limits: limits)
        var asked: [String] = []
        for intake in all {
            guard case .list(let page, let size) = listing.next() else { break }
            asked.append("\(page)/\(size)")
            listing.listed(intake, page: page)
        }
        #expect(asked == runs)
        #expect(listing.isDone)
        #expect(listing.missing(of: [RemoteID("0"), RemoteID("12"), RemoteID("x")]) == [RemoteID("x")])
        #expect(
            self.asked(.full, page(0..<2, .new), page(2..<3)) == ["0/2", "1/2"], "on the first page nothing hides")
        #expect(
            self.asked(.full, page(0..<2), page(2..<3, .new), page(0..<2), page(2..<3)) == [
                "0/2", "1/2", "0/2", "1/2",
            ])
    }

    /// The server gives fewer rows than it is asked for, so the first run through the list does not count.
    @Test mutating func `a sweep that asks for less begins anew with what it has met`() {
        limits.pageSize = 3
        #expect(
            asked(.full, page(0..<2), page(2..<4), page(0..<2), page(2..<4), page(4..<5))
                == ["0/3", "1/3", "0/2", "1/2", "2/2"])
        let odd = page(0..<0, odd: 2)
        #expect(asked(.full, odd, odd, odd, odd, odd, page(0..<1)) == ["0/3", "1/3", "0/2", "1/2", "2/2", "3/2"])
    }
}
