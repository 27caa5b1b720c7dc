import ConvoJSON
import ConvoModel
import ConvoStore

/// The part of a conversation that one result shows: a row of entries without a gap, of which the first or the last may be cut.
struct EntryWindow {
    /// Where a window begins.
    enum Start: Equatable {
        /// With the entry at a place, from a character of it on.
        case forwards(EntryPlace, offset: Int)
        /// With the entries before a place.
        case backwards(EntryPlace)
        /// With an entry and its neighbours.
        case around(EntryID)
    }

    private(set) var parts: [EntryPart] = []
    /// Whether there are entries before the window.
    private(set) var hasEarlier = false
    /// Whether there are entries behind the window, or the rest of its last entry.
    private(set) var hasLater = false
    private(set) var page: ResultPage
    private var characters: Int

    /// Reads a window.
    ///
    /// - Parameters:
    ///   - store: the store.
    ///   - id: the conversation.
    ///   - start: where it begins.
    ///   - characters: the most characters of entries that it shows, if more than one entry fits.
    ///   - page: an empty page.
    /// - Throws: ``StoreError`` if the conversation or the entry is not here, or the file cannot be read.
    init(
        _ store: Store, _ id: LocalID, _ start: Start, characters: Int, page: ResultPage
    ) throws(StoreError) {
        (self.page, self.characters) = (page, characters)
        switch start {
        case .forwards(let place, let offset):
            hasEarlier = place != .start
            try fillForwards(store, id, from: place, offset: offset, room: .max)
        case .backwards(let place):
            hasLater = place != .end
            try fillBackwards(store, id, from: place, room: .max)
            if parts.last?.nextOffset != nil { hasLater = true }
        case .around(let entry):
            try fillForwards(store, id, from: .at(entry), offset: 0, room: page.left / 2, count: 1)
            try fillBackwards(store, id, from: .beside(entry), room: self.page.left / 2)
            // What follows an entry that was cut is its own rest.
            if parts.last?.nextOffset == nil {
                try fillForwards(store, id, from: .beside(entry), offset: 0, room: .max)
            }
        }
        try number(store, id)
    }

    private mutating func fillForwards(
        _ store: Store, _ id: LocalID, from place: EntryPlace, offset: Int, room: Int, count: Int = .max
    ) throws(StoreError) {
        var (added, skipped) = (0, offset)
        hasLater = try store.readEntries(of: id, from: place) { entry in
            guard added < count else { return false }
            let part = EntryPart(entry, offset: skipped)
            skipped = 0
            guard let shown = taken(part, room) else { return false }
            parts.append(shown)
            added += 1
            return shown.nextOffset == nil
        }
        if parts.last?.nextOffset != nil { hasLater = true }
    }

    private mutating func fillBackwards(
        _ store: Store, _ id: LocalID, from place: EntryPlace, room: Int
    ) throws(StoreError) {
        let floor = room == .max ? 0 : page.left - room
        hasEarlier = try store.readEntries(of: id, from: place, backwards: true) { entry in
            guard let shown = taken(EntryPart(entry), page.left - floor, isFirst: true) else { return false }
            parts.insert(shown, at: 0)
            return true
        }
    }

    /// Takes a part into the page, if it fits; cuts it if it is the first one, so that each window has something.
    private mutating func taken(_ part: EntryPart, _ room: Int, isFirst: Bool = false) -> EntryPart? {
        var part = part
        part.number = EntryWindow.widest
        if !page.fits(part.item, within: room) || part.count > characters {
            guard page.isEmpty else { return nil }
            part = part.cut(to: characters) { page.fits($0, within: room) }
        }
        let isAdded = isFirst ? page.addFirst(part.item) : page.add(part.item)
        characters -= part.count
        return isAdded ? part : nil
    }

    /// Stands for a number until the entries are counted: no conversation has more entries.
    private static let widest = 9_999_999

    /// Adds a write that waits behind the entries, if there is room for it.
    mutating func addPending(_ item: ResultPage.Item) -> Bool { page.add(item) }

    /// Numbers the entries by the place of the first one.
    private mutating func number(_ store: Store, _ id: LocalID) throws(StoreError) {
        guard let first = parts.first else { return }
        let number = try store.entryNumbers(of: [(id, first.stored.id)]).first ?? nil
        for place in parts.indices { parts[place].number = number.map { $0 + place } }
        if number == 1 { hasEarlier = false }
        page.replaceItems(parts.map(\.item))
    }
}
