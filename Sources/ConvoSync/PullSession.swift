import ConvoModel
import ConvoStore
import Synchronization

/// The state of one pull: the account whose key it reads with, and the pages that it is about to ask for.
///
/// Several pulls of a process may run at once: each stores and concludes only what its own key has read.
final class PullSession: Sendable {
    private let owner = Mutex<OwnerClaim?>(nil)
    /// The cached pages that the pull is about to ask for.
    let known = CachedPageWindow()

    /// Whose key the pull reads with, from its beginning on; `nil` before it is verified.
    var claim: OwnerClaim? { owner.withLock { $0 } }

    /// Begins the pull with this key.
    func begin(with claim: OwnerClaim) { owner.withLock { $0 = claim } }
}

/// The cached pages that a pull is about to ask for, looked up in the store some at a time.
///
/// Each is taken once: a page that is asked for again is looked up again, and so is everything once a pull begins with
/// page 0. What changes in the store between the look and the answer has the same effect as what changes while the request is
/// under way.
final class CachedPageWindow: Sendable {
    private static let size = 16

    private struct State {
        var pageSize = 0
        /// The pages that were looked up and not taken yet; `nil` where a page is not cached.
        var pages: [Int: CachedPage?] = [:]
    }

    private let state = Mutex(State())

    /// How many pages are looked up at once: of a poll, which may need no more, the first one alone.
    static func count(from place: PageKey) -> Int { place.page == 0 ? 1 : size }

    /// The page as it was looked up before; `.none` if it has to be looked up.
    func take(_ place: PageKey) -> CachedPage?? {
        state.withLock { $0.pageSize == place.size ? $0.pages.removeValue(forKey: place.page) : .none }
    }

    /// Takes note of the cached pages from this one on, and takes the first one.
    func opened(at place: PageKey, _ found: [CachedPage]) -> CachedPage? {
        state.withLock { state in
            state = State(pageSize: place.size)
            for page in place.page..<place.page + CachedPageWindow.count(from: place) {
                state.pages[page] = .some(.none)
            }
            for page in found { state.pages[page.place.page] = page }
            return state.pages.removeValue(forKey: place.page) ?? nil
        }
    }
}
