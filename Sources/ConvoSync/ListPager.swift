import ConvoModel
import ConvoStore

/// Decides which page of the list to read next, and when the list has been read.
///
/// The list has no cursor. Pages shift if a conversation is made or deleted while they are read. A new conversation
/// makes an item appear twice, which does no harm; a deletion can hide an item between two pages, so a sweep may have
/// to read them again.
///
/// As long as a sweep finds the pages as they were before, it requests a few at once, up to the last known page.
struct ListPager {
    private enum Phase: Equatable { case page(Int), done }

    /// How many pages are requested at once.
    private static let ahead = 4
    /// A run also ends after this many pages in a row of which no element can be read.
    private static let unreadablePages = 3

    private let scope: PullMachine.Scope
    private let limits: SyncLimits
    /// The page whose content decides next how the run continues.
    private var phase = Phase.page(0)
    private var size: Int
    private var pass = 1
    private var nextToAsk = 0
    private var asked = 0
    /// Requests in flight that belong to a run that is over: their answers say nothing about this one.
    private var outdated = 0
    /// Pages that arrived before the deciding one, by number.
    private var early: [Int: IngestedPage] = [:]
    /// The last page that is worth requesting ahead.
    private var horizon = 0
    /// How many items the first page had; `nil` before it has arrived.
    private var firstPageCount: Int?
    /// Whether this run met unknown conversations behind the first page: another unknown one may have been hidden
    /// between two pages.
    private var mayHaveMissed = false
    /// The conversations that this sweep has met, in all its runs.
    private var met: Set<RemoteID> = []
    /// The conversations that this run has met.
    private var metInPass: Set<RemoteID> = []
    /// Pages in a row of which nothing could be read.
    private var unreadablePages = 0
    /// The pages that a sweep found unchanged.
    ///
    /// It did not read them; the store knows what they list.
    private(set) var samePages: Set<Int> = []

    init(scope: PullMachine.Scope, limits: SyncLimits) {
        self.scope = scope
        self.limits = limits
        size = limits.pageSize
    }

    var isDone: Bool { phase == .done }

    /// The next page to request; `nil` if none may be requested before one in flight has arrived, or all are read.
    mutating func next() -> PullMachine.Step? {
        guard case .page(let page) = phase, outdated == 0,
            nextToAsk == page || (nextToAsk <= horizon && nextToAsk < page + ListPager.ahead)
        else { return nil }
        defer { nextToAsk += 1 }
        asked += 1
        return .list(page: nextToAsk, size: size)
    }

    /// The conversations that the sweep did not meet: they are deleted, or were hidden between two pages that shifted.
    func missing(of mirrored: [RemoteID]) -> [RemoteID] { mirrored.filter { !met.contains($0) } }

    /// Takes a page that arrived, in any order.
    mutating func listed(_ intake: IngestedPage, page: Int) {
        asked -= 1
        guard outdated == 0 else { return outdated -= 1 }
        early[page] = intake
        while case .page(let page) = phase, let intake = early.removeValue(forKey: page) { decide(intake, page) }
    }

    private mutating func decide(_ intake: IngestedPage, _ page: Int) {
        switch scope {
        case .firstPage:
            // Continue only while a page holds nothing but unknown conversations.
            let isAllNew = intake.newCount == intake.items.count && !isUnreadableAgain(intake)
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

    /// Whether the page brings nothing that this run has not met, and so is the last: a server that does not know
    /// `page` returns the same one for ever.
    ///
    /// A page that is unchanged since an earlier sweep is never a repetition, for it lists what no other page listed
    /// then.
    private mutating func isRepetition(_ intake: IngestedPage) -> Bool {
        guard intake.same == nil, intake.count > 0 else { return false }
        return isUnreadableAgain(intake) || !intake.ids.isEmpty && metInPass.isSuperset(of: intake.ids)
    }

    /// Whether no element of this page can be read, nor of those before it.
    private mutating func isUnreadableAgain(_ intake: IngestedPage) -> Bool {
        unreadablePages = intake.ids.isEmpty && intake.same == nil ? unreadablePages + 1 : 0
        return unreadablePages >= ListPager.unreadablePages
    }

    private mutating func sweepListed(_ intake: IngestedPage, page: Int) {
        if page == 0 { firstPageCount = intake.count }
        if page > 0, intake.items.contains(.new) { mayHaveMissed = true }
        if page == 1, intake.count > 0, let firstPageCount, firstPageCount < size {
            // The server puts fewer items on a page than were requested: request as many as it gives.
            size = firstPageCount
            startAgain()
        } else if intake.count == 0 || (page > 0 && intake.count < size) {
            endPass()
        } else {
            goOn(to: page + 1)
        }
    }

    /// Ends a run.
    ///
    /// Starts another one if this one met unknown conversations behind the first page, because others may be hidden.
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
