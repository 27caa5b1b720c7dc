import ConvoModel
import ConvoStore
import Testing

@testable import ConvoSync

@Suite struct `The pages of a sweep` {
    private func same(_ page: Int, size: Int, count: Int, last: Int) -> PageIntake {
        PageIntake(
            same: KnownPage(
                place: PagePlace(page: page, size: size), count: count, digest: PageDigest(point: 2, value: 0),
                last: last))
    }

    private func asked(_ listing: inout Listing) -> [String] {
        var asked: [String] = []
        while case .list(let page, let size) = listing.next() { asked.append("\(page)/\(size)") }
        return asked
    }

    @Test func `that were asked for ahead count for nothing once the pages are of another size`() {
        var listing = Listing(scope: .sweep, limits: SyncLimits())
        #expect(asked(&listing) == ["0/100"])
        listing.listed(same(0, size: 100, count: 50, last: 9), page: 0)
        #expect(asked(&listing) == ["1/100", "2/100", "3/100", "4/100"])
        listing.listed(same(1, size: 100, count: 50, last: 9), page: 1)
        #expect(asked(&listing).isEmpty)  // until the others have come
        listing.listed(PageIntake(items: [.new], ids: [RemoteID("late")]), page: 3)
        listing.listed(PageIntake(items: []), page: 2)
        #expect(asked(&listing).isEmpty)
        listing.listed(PageIntake(items: []), page: 4)
        #expect(asked(&listing) == ["0/50"])
        listing.listed(PageIntake(items: [.unchanged], ids: [RemoteID("a")]), page: 0)
        #expect(asked(&listing) == ["1/50"])
        listing.listed(PageIntake(items: []), page: 1)
        #expect(listing.isDone)
        #expect(listing.missing(of: [RemoteID("a"), RemoteID("late")]) == [RemoteID("late")])
    }

    @Test func `are taken in their order, in whatever order they come`() {
        var listing = Listing(scope: .sweep, limits: SyncLimits())
        _ = asked(&listing)
        listing.listed(same(0, size: 100, count: 100, last: 3), page: 0)
        #expect(asked(&listing) == ["1/100", "2/100", "3/100"])
        listing.listed(PageIntake(items: [.unchanged]), page: 3)  // short: the end
        listing.listed(same(2, size: 100, count: 100, last: 3), page: 2)
        #expect(!listing.isDone)
        listing.listed(same(1, size: 100, count: 100, last: 3), page: 1)
        #expect(listing.isDone)
        #expect(listing.samePages == [0, 1, 2])
    }

    @Test func `are asked for one after the other again where one has changed`() {
        var listing = Listing(scope: .sweep, limits: SyncLimits())
        _ = asked(&listing)
        listing.listed(same(0, size: 2, count: 100, last: 9), page: 0)
        #expect(asked(&listing).count == 4)
        for page in 1...4 {
            let ids = (0..<100).map { RemoteID("\(page) \($0)") }
            listing.listed(PageIntake(items: ids.map { _ in .unchanged }, ids: ids), page: page)
        }
        #expect(asked(&listing) == ["5/100"])
    }
}
