import ConvoPlatform
import Synchronization

/// Reads and lays out pages on a thread of its own while the caller writes earlier ones; few wait at a time.
///
/// The thread reads every page. It also makes the page's text while the caller has another one to write; if the caller waits, it
/// gets the page itself and makes the text: so both are busy until the end.
struct TextsAhead<Place: Sendable, Page: Sendable, Text: Sendable>: ~Copyable {
    /// Reads the page at a place, and tells where the next one begins; `nil` if it is the last one.
    typealias Reader = @Sendable (Place) throws -> (page: Page, next: Place?)
    /// Replaces a text by that of a page, and uses its memory.
    typealias Maker = @Sendable (Page, inout Text) -> Void

    private let queue = HandoverQueue<Item>(capacity: 2)
    private let spareTexts = SpareTexts()
    private let make: Maker
    private let thread: SystemThread?
    /// The pages that the caller reads by itself if the system has no thread to give.
    private var pages: Pages

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - place: where the first page begins.
    ///   - empty: a text without content.
    ///   - read: reads a page; called on the thread.
    ///   - make: makes a page's text; called on either thread.
    init(from place: Place, _ empty: Text, reading read: @escaping Reader, _ make: @escaping Maker) {
        let pages = Pages(next: place, read: read)
        (self.make, self.pages) = (make, pages)
        thread = SystemThread { [queue, spareTexts] in
            var pages = pages
            do {
                while let page = try pages.nextPage() {
                    var item = Item.page(page)
                    if !queue.isEmpty {
                        var text = spareTexts.take() ?? empty
                        make(page, &text)
                        item = .text(text)
                    }
                    guard queue.put(item) else { return }
                }
                _ = queue.put(.end(nil))
            } catch {
                _ = queue.put(.end(error))
            }
        }
    }

    deinit {
        queue.stop()
        thread?.join()
    }

    /// Blocks until the next text is there.
    ///
    /// - Parameter text: an earlier text, which is replaced by the next one.
    /// - Returns: whether there is one. Once there is none, or this has thrown, it must not be called again.
    /// - Throws: what reading has thrown, after the texts of what was read before.
    mutating func next(_ text: inout Text) throws -> Bool {
        guard thread != nil else {
            guard let page = try pages.nextPage() else { return false }
            make(page, &text)
            return true
        }
        switch queue.take() {
        case .page(let page): make(page, &text)
        case .text(let made):
            spareTexts.give(text)
            text = made
        case .end(let error?): throw error
        case .end(nil): return false
        }
        return true
    }
}

extension TextsAhead {
    private struct Pages: Sendable {
        var next: Place?
        let read: Reader

        mutating func nextPage() throws -> Page? {
            guard let place = next else { return nil }
            let page: Page
            (page, next) = try read(place)
            return page
        }

        init(next: Place, read: @escaping Reader) { (self.next, self.read) = (next, read) }
    }

    private enum Item: Sendable {
        case page(Page)
        case text(Text)
        case end((any Error)?)
    }

    /// Texts that the caller has written. The thread makes the next texts in their memory, because the C library would map new memory for
    /// each.
    private final class SpareTexts: Sendable {
        private let texts = Mutex<[Text]>([])

        func take() -> Text? { texts.withLock { $0.popLast() } }
        func give(_ text: Text) { texts.withLock { $0.append(text) } }
    }
}
