import ConvoModel
import ConvoStore

/// The histories of one pull: a batch from the store at a time, a bounded number in flight.
struct HistoryFetchQueue {
    private static let batch = 64
    /// More conversations than this do not move on while a pull reads.
    private static let largestRoom = 1 << 20

    var inFlight = 0
    private var waiting: [StaleConversation] = []
    private var isAskDue = true
    private var isAsking = false
    /// Asked for in this pull; a conversation that moves on meanwhile is the next pull's.
    private var taken: Set<RemoteID> = []
    /// How many new ones an answer has room for.
    private var room = batch

    /// - Parameter settled: how many histories this pull has stored, or set aside. The store counts all others that were
    ///   taken as stale: they are in flight, not stored yet, or could not be read.
    mutating func next(_ limits: SyncLimits, settled: Int) -> PullMachine.Step? {
        if inFlight < limits.fetches, let stale = waiting.popLast() { return .fetch(stale) }
        guard waiting.isEmpty, isAskDue, !isAsking else { return nil }
        isAsking = true
        isAskDue = false
        return .findStale(limit: taken.count - settled + room)
    }

    mutating func lookAgain() { isAskDue = true }

    /// Only an answer that is shorter than it might be is all there is. One that is full of what was taken already
    /// (conversations that moved on while they were read) hides the rest: the next one has more room.
    mutating func found(_ stale: [StaleConversation], limit: Int) {
        isAsking = false
        let fresh = stale.filter { taken.insert($0.remoteID).inserted }
        waiting = fresh.reversed()
        let mayHideMore = stale.count >= limit
        room = mayHideMore && fresh.isEmpty ? min(room * 2, HistoryFetchQueue.largestRoom) : HistoryFetchQueue.batch
        if mayHideMore { isAskDue = true }
    }
}
