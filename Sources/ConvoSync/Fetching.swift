import ConvoModel
import ConvoStore

/// The histories of one pull: a batch from the store at a time, a bounded number in flight.
struct Fetching {
    private static let batch = 64

    var inFlight = 0
    private var waiting: [StaleConversation] = []
    private var isAskDue = true
    private var isAsking = false
    /// Fetched or in flight in this pull; a conversation that moves on meanwhile is the next pull's.
    private var taken: Set<RemoteID> = []
    private var failed: Set<RemoteID> = []

    /// - Parameter unstored: how many were read that the store does not have yet.
    mutating func next(_ limits: SyncLimits, unstored: Int) -> PullMachine.Step? {
        if inFlight < limits.fetches, let stale = waiting.popLast() { return .fetch(stale) }
        guard waiting.isEmpty, isAskDue, !isAsking else { return nil }
        isAsking = true
        isAskDue = false
        // What failed, what is in flight and what is not stored yet still counts as stale.
        return .findStale(limit: Fetching.batch + failed.count + inFlight + unstored)
    }

    mutating func lookAgain() { isAskDue = true }

    mutating func found(_ stale: [StaleConversation]) {
        isAsking = false
        let fresh = stale.filter { taken.insert($0.remoteID).inserted }
        waiting = fresh.reversed()
        if !fresh.isEmpty { isAskDue = true }
    }

    mutating func givenUp(_ id: RemoteID) { failed.insert(id) }
}
