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
            try await account.verify()
            return .verified
        case .list(let page, let size):
            return .listed(try await list(PageKey(page: page, size: size)))
        case .findStale(let limit):
            return .stale(try store.staleConversations(limit: limit, now: clock.now))
        case .fetch(let stale):
            return .fetched(FetchedHistory(try await api.getHistory(of: stale.remoteID), version: stale.version))
        case .ingest(let histories):
            try account.requireOwner()
            let count = try store.ingest(histories)
            try await clock.waitForRoom(in: store)
            return .takenIn(count)
        case .setAside(let stale, let reason):
            try store.recordUnreadableHistory(of: stale.remoteID, version: stale.version, reason: reason)
            return .isSetAside
        case .findMirrored(let pages):
            return .mirrored(try store.mirrored(exceptOn: pages))
        case .probe(let id):
            return .probed(isGone: try await isGone(id))
        case .countDeletions:
            return .counted(try store.deletionCensus())
        case .markDeleted(let ids, let isAccepted):
            try account.requireOwner()
            try store.markDeletedRemotely(ids, isAccepted: isAccepted)
            return .markedDeleted
        case .conclude(let scope):
            while try store.mergeIndex(hasMoreToCome: false) {
                await Task.yield()  // lets other steps run
                try await clock.waitForRoom(in: store)
            }
            try account.requireOwner()
            try store.notePull(isSweep: scope == .full)
            return .concluded
        }
    }

    private func list(_ place: PageKey) async throws -> IngestedPage {
        let known = try store.cachedPage(at: place)
        let answer = try await api.list(page: place.page, pageSize: place.size, unless: known?.digest)
        switch answer {
        case .read(let listed, let digest):
            try account.requireOwner()
            let page = try store.ingest(listed, at: place, digest: digest)
            try await clock.waitForRoom(in: store)
            return page
        // Nothing is stored, so it does not matter whose the database is by now.
        case .same: return known.map { IngestedPage(same: $0) } ?? IngestedPage(items: [])
        }
    }

    /// Asks the server for a conversation that the list did not show.
    ///
    /// A 404 proves that it is gone, unless our own write has just made it: a replica that lags behind may have
    /// answered.
    private func isGone(_ id: RemoteID) async throws -> Bool {
        do {
            let description = try await api.get(id)
            try account.requireOwner()
            _ = try store.ingest([description])
            return false
        } catch let error as APIError where error.isNotFound {
            return try !store.isUnseen(id, madeSince: clock.now + (.zero - limits.replicaLag), until: clock.now)
        }
    }
}
