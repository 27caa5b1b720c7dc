import ConvoModel
import ConvoStore

/// The pages of the list: which one next, and when it is all.
///
/// The list has no cursor. Pages shift when a conversation is made or deleted while they are read: one made shows
/// an item twice, which is harmless; one deleted hides an item between two pages, which must not be.
struct Listing {
    private enum Phase: Equatable { case page(Int), done }

    private let scope: PullMachine.Scope
    private let limits: SyncLimits
    private var phase = Phase.page(0)
    private var size: Int
    private var pass = 1
    /// What the first page held, of the size asked for.
    private var firstPageCount: Int?
    /// Something unknown stood behind the first page: what hid between two pages may be unknown as well.
    private var mayHaveMissed = false
    /// What a sweep has met, on whatever page.
    private var met: Set<RemoteID> = []

    init(scope: PullMachine.Scope, limits: SyncLimits) {
        self.scope = scope
        self.limits = limits
        size = limits.pageSize
    }

    var isDone: Bool { phase == .done }

    func next() -> PullMachine.Step? {
        switch phase {
        case .page(let page): .list(page: page, size: size)
        case .done: nil
        }
    }

    /// Those that the sweep did not meet: deleted, or hidden between two pages that shifted.
    func missing(of mirrored: [RemoteID]) -> [RemoteID] { mirrored.filter { !met.contains($0) } }

    mutating func listed(_ intake: PageIntake, size asked: Int) {
        guard case .page(let page) = phase, asked == size else { return }
        switch scope {
        case .look:
            // On to the next page only while nothing known is in sight.
            phase =
                !intake.items.isEmpty && intake.newCount == intake.items.count && intake.items.count >= size
                ? .page(page + 1) : .done
        case .sweep:
            met.formUnion(intake.ids)
            sweepListed(intake.items, page: page)
        }
    }

    private mutating func sweepListed(_ items: [PageIntake.Novelty], page: Int) {
        if page == 0 { firstPageCount = items.count }
        if page > 0, items.contains(.new) { mayHaveMissed = true }
        if page == 1, !items.isEmpty, let firstPageCount, firstPageCount < size {
            // The server gives less to a page than was asked for: ask for what it gives.
            size = firstPageCount
            self.firstPageCount = nil
            phase = .page(0)
        } else if items.isEmpty || (page > 0 && items.count < size) {
            endPass()
        } else {
            phase = .page(page + 1)
        }
    }

    /// Once more where something may hide: until a run through all pages finds nothing new behind the first one.
    private mutating func endPass() {
        guard mayHaveMissed, pass < limits.passes else {
            phase = .done
            return
        }
        mayHaveMissed = false
        firstPageCount = nil
        pass += 1
        phase = .page(0)
    }
}
