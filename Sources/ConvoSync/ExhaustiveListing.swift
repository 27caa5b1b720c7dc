import ConvoModel

/// Reads the list of conversations back to a moment, and tells whether no conversation can have been overlooked.
///
/// A value: it says which page to read, and takes the pages.
///
/// Pages shift while they are read. A conversation that is made makes another appear twice, which does no harm; one that
/// is deleted may hide another between two pages. A deletion shows when the pages are read again: something is missing.
/// So more than one page counts only after a second run has met everything that the first one met. The server's
/// answer may also not be the whole list: it may ignore `page`, or have rows that cannot be read.
struct ExhaustiveListing {
    /// A page, as far as the listing needs to know it.
    struct Page {
        /// The conversations that could be read, newest first by creation.
        let conversations: [Conversation]
        /// How many rows the page had, those that cannot be read included.
        let count: Int
    }

    private enum Phase: Hashable { case page(Int), over(isComplete: Bool) }

    /// A run ends after this many pages in a row of which no row can be read.
    private static let unreadableLimit = 3
    /// By how much a conversation may be newer than the one before it in a list that is ordered by creation, in
    /// microseconds.
    private static let disorderTolerance: Int64 = 60_000_000

    /// Conversations that were made earlier are not needed.
    let backTo: Timestamp
    private let limits: SyncLimits
    private var phase = Phase.page(0)
    private var pass = 1
    private var metInPass: Set<RemoteID> = []
    /// The conversations that the run before this one met; `nil` if that run did not reach the end of the list.
    private var metBefore: Set<RemoteID>?
    private var unreadable = 0
    /// The earliest creation that this run has met; `nil` at its beginning.
    private var earliest: Timestamp?
    /// Whether the list shows that it is not ordered by creation, so that the end of a page says nothing of the next.
    private var isDisordered = false

    init(backTo: Timestamp, limits: SyncLimits) {
        (self.backTo, self.limits) = (backTo, limits)
    }

    /// The page to read next; `nil` when the listing has ended.
    var page: Int? {
        if case .page(let number) = phase { number } else { nil }
    }

    /// Whether every conversation that the list had, and that was made since ``backTo``, was on a page.
    var isComplete: Bool { phase == .over(isComplete: true) }

    mutating func listed(_ page: Page) {
        guard case .page(let number) = phase else { return }
        let ids = page.conversations.map(\.id)
        let bringsNothing = metInPass.isSuperset(of: ids)
        metInPass.formUnion(ids)
        unreadable = ids.isEmpty ? unreadable + 1 : 0
        noteOrder(of: page)
        if page.count == 0 || isPast(page) {
            // A single page cannot hide anything between two.
            if number == 0 { return phase = .over(isComplete: true) }
            endRun(atEnd: true)
        } else if !ids.isEmpty && bringsNothing || unreadable >= ExhaustiveListing.unreadableLimit
            || number + 1 >= limits.pages
        {
            endRun(atEnd: false)
        } else {
            phase = .page(number + 1)
        }
    }

    /// Whether the list has nothing behind this page that was made since ``backTo``.
    private func isPast(_ page: Page) -> Bool {
        !isDisordered && page.conversations.last { !$0.createdAt.isUnknown }.map { $0.createdAt < backTo } ?? false
    }

    private mutating func noteOrder(of page: Page) {
        for moment in page.conversations.map(\.createdAt) where !moment.isUnknown {
            if let earliest, moment.microseconds - earliest.microseconds > ExhaustiveListing.disorderTolerance {
                isDisordered = true
            }
            earliest = min(earliest ?? moment, moment)
        }
    }

    /// - Parameter atEnd: whether the list, or the part that counts, ends there.
    private mutating func endRun(atEnd: Bool) {
        if atEnd, let metBefore, metInPass.isSuperset(of: metBefore) { return phase = .over(isComplete: true) }
        guard pass < limits.passes else { return phase = .over(isComplete: false) }
        metBefore = atEnd ? metInPass : nil
        (metInPass, unreadable, earliest, pass) = ([], 0, nil, pass + 1)
        phase = .page(0)
    }
}
