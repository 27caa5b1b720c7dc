package import ConvoAPI
package import ConvoModel
import ConvoStore

/// What the local endpoint asks the running engine for.
extension SyncEngine {
    /// Why nothing can be asked of the server now: the failure that holds the circuit breaker open; `nil` if it is closed.
    package var outage: APIError? { breaker.cause }

    /// The wall clock's time, as the engine reads it.
    package var now: Timestamp { clock.now }

    /// Suspends the task for so long, by the engine's clock.
    ///
    /// - Parameter span: how long.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    package func sleep(for span: Duration) async throws { try await clock.sleep(until: clock.now + span) }

    /// Lets the next request try at once, because a program waits for it.
    package func tryNow() { breaker.woken() }

    /// Reads a conversation and its whole history from the server, and stores both.
    ///
    /// - Parameter id: the conversation.
    /// - Throws: ``SyncFailure`` if the server cannot be asked or refuses, or the store cannot be written.
    package func refresh(_ id: RemoteID) async throws(SyncFailure) { try await refresh(id, withHistory: true) }

    /// Reads a conversation from the server without its history, and stores it.
    ///
    /// - Parameter id: the conversation.
    /// - Throws: as ``refresh(_:)``.
    package func refreshDescription(_ id: RemoteID) async throws(SyncFailure) {
        try await refresh(id, withHistory: false)
    }

    private func refresh(_ id: RemoteID, withHistory: Bool) async throws(SyncFailure) {
        let api = GuardedAPI(account: account, breaker: breaker)
        do {
            let claim = try await account.verify()
            let description = try await api.get(id)
            _ = try account.storing { () throws(StoreError) in
                try store.ingest([description], readWith: claim)
            }
            guard withHistory else { return }
            let history = try await api.getHistory(of: id)
            _ = try account.storing { () throws(StoreError) in
                try store.ingest([FetchedHistory(history, version: description.version, readWith: claim)])
            }
        } catch {
            throw SyncFailure(error)
        }
    }
}

extension SyncFailure {
    /// The API's error; `nil` for a failure of another kind.
    package var apiError: APIError? { if case .api(let error) = self { error } else { nil } }
}

/// What becomes of a write that the server cannot be told now.
package enum OfflineWrites: String, CaseIterable, Sendable {
    /// It is accepted, and sent when the server can be reached.
    case queue
    /// It is refused, and not sent later.
    case fail
}
