import ConvoAPI
import ConvoModel
import ConvoStore

/// Performs the steps of a pull: asks the server, then commits the answer.
struct PullExecutor: Sendable {
    let api: any ConversationsAPI
    let account: AccountGuard
    let store: Store
    let clock: any SyncClock
    let limits: SyncLimits
    /// Runs what uses the store in a step that mostly waits for the server; `nil`: it runs where the step runs.
    var executor: (any TaskExecutor)?
    /// The pull whose steps it performs.
    let session: PullSession

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
            session.begin(with: try await account.verify())
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
            let claim = try requireClaim()
            try account.storing { () throws(StoreError) in
                try store.markDeletedRemotely(ids, isAccepted: isAccepted, readWith: claim)
            }
            return .markedDeleted
        case .conclude(let scope):
            while try store.mergeIndex(hasMoreToCome: false) {
                ProgressMonitor.note(.working)
                await Task.yield()  // lets other steps run
                try await clock.waitForRoom(in: store)
            }
            let claim = try requireClaim()
            try account.storing { () throws(StoreError) in
                try store.notePull(isSweep: scope == .full, readWith: claim)
            }
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
        guard let claim = session.claim else { throw account.givenAway() }
        return claim
    }

    private func cachedPage(at place: PageKey) async throws -> CachedPage? {
        if let page = session.known.take(place) { return page }
        return try await withTaskExecutorPreference(executor) { () throws(StoreError) in
            // Another step may have looked up this page as well, while this one waited for the thread.
            if let page = session.known.take(place) { return page }
            return session.known.opened(
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
