import ConvoModel
import ConvoStore

/// The pages of the list: which one next, and when it is all.
///
/// The list has no cursor. Pages shift when a conversation is made or deleted while they are read: one made shows
/// an item twice, which is harmless; one deleted hides an item between two pages, which must not be.
///
/// As long as a sweep finds the pages as they were before, it asks for a few at once, up to the last one known.
struct ListPager {
    private enum Phase: Equatable { case page(Int), done }

    /// Pages asked for at once.
    private static let ahead = 4
    /// So many pages in a row of which nothing can be read end a run, too.
    private static let unreadablePages = 3

    private let scope: PullMachine.Scope
    private let limits: SyncLimits
    /// Which page decides next how it goes on.
    private var phase = Phase.page(0)
    private var size: Int
    private var pass = 1
    private var nextToAsk = 0
    private var asked = 0
    /// Asked for by a pass that is over: what comes of them says nothing of this one.
    private var outdated = 0
    /// Pages that came before the one that decides.
    private var early: [Int: IngestedPage] = [:]
    /// Up to here it is worth asking ahead.
    private var horizon = 0
    /// What the first page held, of the size asked for.
    private var firstPageCount: Int?
    /// Something unknown stood behind the first page: what hid between two pages may be unknown as well.
    private var mayHaveMissed = false
    /// What a sweep has met, on whatever page.
    private var met: Set<RemoteID> = []
    /// The same of this run through the pages.
    private var metInPass: Set<RemoteID> = []
    /// Pages in a row of which nothing could be read.
    private var unreadablePages = 0
    /// Those that a sweep found as they were before. Whom they list is the store's to know.
    private(set) var samePages: Set<Int> = []

    init(scope: PullMachine.Scope, limits: SyncLimits) {
        self.scope = scope
        self.limits = limits
        size = limits.pageSize
    }

    var isDone: Bool { phase == .done }

    mutating func next() -> PullMachine.Step? {
        guard case .page(let page) = phase, outdated == 0,
            nextToAsk == page || (nextToAsk <= horizon && nextToAsk < page + ListPager.ahead)
        else { return nil }
        defer { nextToAsk += 1 }
        asked += 1
        return .list(page: nextToAsk, size: size)
    }

    /// Those that the sweep did not meet: deleted, or hidden between two pages that shifted.
    func missing(of mirrored: [RemoteID]) -> [RemoteID] { mirrored.filter { !met.contains($0) } }

    mutating func listed(_ intake: IngestedPage, page: Int) {
        asked -= 1
        guard outdated == 0 else { return outdated -= 1 }
        early[page] = intake
        while case .page(let page) = phase, let intake = early.removeValue(forKey: page) { decide(intake, page) }
    }

    private mutating func decide(_ intake: IngestedPage, _ page: Int) {
        switch scope {
        case .firstPage:
            // On to the next page only while nothing known is in sight.
            let isAllNew = !intake.items.isEmpty && intake.newCount == intake.items.count
            isAllNew && intake.count >= size ? goOn(to: page + 1) : end()
        case .full:
            let isRepetition = page > 0 && isRepetition(intake)
            met.formUnion(intake.ids)
            metInPass.formUnion(intake.ids)
            if isRepetition || page + 1 >= limits.pages { return endPass() }
            if let same = intake.same { samePages.insert(same.place.page) }
            horizon = intake.same?.last ?? 0
            sweepListed(intake, page: page)
        }
    }

    /// A page that brings nothing that this run has not met is the last: a server that does not know `page` gives the same
    /// one for ever. (A page that is as it was before lists what no other page listed then.)
    private mutating func isRepetition(_ intake: IngestedPage) -> Bool {
        guard intake.same == nil, intake.count > 0 else { return false }
        guard !intake.ids.isEmpty else {
            unreadablePages += 1
            return unreadablePages >= ListPager.unreadablePages
        }
        unreadablePages = 0
        return metInPass.isSuperset(of: intake.ids)
    }

    private mutating func sweepListed(_ intake: IngestedPage, page: Int) {
        if page == 0 { firstPageCount = intake.count }
        if page > 0, intake.items.contains(.new) { mayHaveMissed = true }
        if page == 1, intake.count > 0, let firstPageCount, firstPageCount < size {
            // The server gives less to a page than was asked for: ask for what it gives.
            size = firstPageCount
            startAgain()
        } else if intake.count == 0 || (page > 0 && intake.count < size) {
            endPass()
        } else {
            goOn(to: page + 1)
        }
    }

    /// Once more where something may hide: until a run through all pages finds nothing new behind the first one.
    private mutating func endPass() {
        guard mayHaveMissed, pass < limits.passes else { return end() }
        mayHaveMissed = false
        pass += 1
        startAgain()
    }

    private mutating func goOn(to page: Int) { phase = .page(page) }

    private mutating func startAgain() {
        outdated = asked
        early = [:]
        (nextToAsk, horizon) = (0, 0)
        metInPass = []
        unreadablePages = 0
        phase = .page(0)
    }

    private mutating func end() { phase = .done }
}
