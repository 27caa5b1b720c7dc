import ConvoAPI
import ConvoModel
import ConvoStore
import Synchronization

/// Performs the steps of a pull: asks the server, then commits the answer.
struct PullExecutor: Sendable {
    let api: any ConversationsAPI
    let account: AccountGuard
    let store: Store
    let clock: any SyncClock
    let limits: SyncLimits
    /// Runs what uses the store in a step that mostly waits for the server; `nil`: it runs where the step runs.
    var executor: (any TaskExecutor)?
    private let known = CachedPageWindow()

    init(
        api: any ConversationsAPI, account: AccountGuard, store: Store, clock: any SyncClock, limits: SyncLimits,
        executor: (any TaskExecutor)? = nil
    ) {
        (self.api, self.account, self.store) = (api, account, store)
        (self.clock, self.limits, self.executor) = (clock, limits, executor)
    }

    /// Performs one step.
    ///
    /// Waits for the server, the disk, or another writer of the database. An error becomes
    /// ``PullMachine/Outcome/failed(_:)``.
    func perform(_ step: PullMachine.Step) async -> PullMachine.Outcome {
        do {
            return try await outcome(of: step)
        } catch {
            return .failed(SyncFailure(error))
        }
    }

    private func outcome(of step: PullMachine.Step) async throws -> PullMachine.Outcome {
        try Task.checkCancellation()
        switch step {
        case .verify:
            try await account.beginPull()
            return .verified
        case .list(let page, let size):
            return .listed(try await list(PageKey(page: page, size: size)))
        case .findStale(let limit):
            return .stale(try store.staleConversations(limit: limit, now: clock.now))
        case .fetch(let stale):
            let claim = try requireClaim()
            let history = try await api.getHistory(of: stale.remoteID)
            return .fetched(FetchedHistory(history, version: stale.version, readWith: claim))
        case .askAPI:
            _ = try await api.list(page: 0, pageSize: 1, metadata: nil)
            return .answered
        case .ingest(let histories):
            let count = try account.storing { () throws(StoreError) in try store.ingest(histories) }
            try await clock.waitForRoom(in: store)
            return .takenIn(count)
        case .setAside(let stale, let reason):
            try store.recordUnreadableHistory(of: stale.remoteID, version: stale.version, reason: reason)
            return .isSetAside
        case .findMirrored(let pages):
            return .mirrored(try store.mirrored(exceptOn: pages))
        case .probe(let id):
            let isGone = try await isGone(id)
            return .probed(isGone: isGone, isExpected: try isGone && store.isDeletedFromHere(id))
        case .countDeletions:
            return .counted(try store.deletionCensus())
        case .markDeleted(let ids, let isAccepted):
            try account.requirePullOwner()
            try store.markDeletedRemotely(ids, isAccepted: isAccepted)
            return .markedDeleted
        case .conclude(let scope):
            while try store.mergeIndex(hasMoreToCome: false) {
                ProgressMonitor.note(.working)
                await Task.yield()  // lets other steps run
                try await clock.waitForRoom(in: store)
            }
            try account.requirePullOwner()
            try store.notePull(isSweep: scope == .full)
            return .concluded
        }
    }

    private func list(_ place: PageKey) async throws -> IngestedPage {
        let known = try await cachedPage(at: place)
        let claim = try requireClaim()
        let answer = try await api.list(page: place.page, pageSize: place.size, unless: known?.digest)
        switch answer {
        case .read(let listed, let digest):
            let page = try await withTaskExecutorPreference(executor) {
                try account.storing { () throws(StoreError) in
                    try store.ingest(listed, at: place, digest: digest, readWith: claim)
                }
            }
            try await clock.waitForRoom(in: store)
            return page
        // Nothing is stored, so it does not matter whose the database is by now.
        case .same: return known.map { IngestedPage(same: $0) } ?? IngestedPage(items: [])
        }
    }

    /// Whose key the next request is sent with, or that of an account whose answers the database does not take any more.
    private func requireClaim() throws(APIError) -> OwnerClaim {
        guard let claim = account.pullClaim else { throw account.givenAway() }
        return claim
    }

    private func cachedPage(at place: PageKey) async throws -> CachedPage? {
        if let page = known.take(place) { return page }
        return try await withTaskExecutorPreference(executor) { () throws(StoreError) in
            // Another step may have looked up this page as well, while this one waited for the thread.
            if let page = known.take(place) { return page }
            return known.opened(
                at: place, try store.cachedPages(from: place, count: CachedPageWindow.count(from: place)))
        }
    }

    /// Asks the server for a conversation that the list did not show.
    ///
    /// A 404 proves that it is gone, unless our own write has just made it: a replica that lags behind may have
    /// answered.
    private func isGone(_ id: RemoteID) async throws -> Bool {
        do {
            let claim = try requireClaim()
            let description = try await api.get(id)
            _ = try account.storing { () throws(StoreError) in try store.ingest([description], readWith: claim) }
            return false
        } catch let error as APIError where error.isNotFound {
            return try !store.isUnseen(id, madeSince: clock.now + (.zero - limits.replicaLag), until: clock.now)
        }
    }
}

/// The cached pages that a pull is about to ask for, looked up in the store some at a time.
///
/// Each is taken once: a page that is asked for again is looked up again, and so is everything once a pull begins with
/// page 0. What changes in the store between the look and the answer has the same effect as what changes while the request is
/// under way.
private final class CachedPageWindow: Sendable {
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
