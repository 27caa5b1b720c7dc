import ConvoModel
import ConvoStore

/// Histories that have been fetched and wait to be stored, several to a transaction: while one batch is stored the next
/// one gathers.
struct HistoryBatcher {
    /// What one transaction takes: little enough that no other writer waits long for it.
    private static let batchEntries = 256
    private static let batchBytes = 384 << 10
    /// What may wait: beyond it nothing more is fetched.
    private static let limitBytes = 1 << 20

    /// How long one waits for others to be stored with.
    private static let patience = Duration.milliseconds(250)

    private var waiting: [FetchedHistory] = []
    /// Of the first that waits.
    private var since: Timestamp?
    private var entries = 0
    private var bytes = 0
    private(set) var isStoring = false

    var isEmpty: Bool { waiting.isEmpty && !isStoring }
    var isFull: Bool { bytes >= HistoryBatcher.limitBytes }

    mutating func add(_ history: FetchedHistory, at now: Timestamp) {
        if waiting.isEmpty { since = now }
        waiting.append(history)
        bytes += history.byteCount
        entries += history.history.entries.count
    }

    /// When what waits is stored though the batch is not full.
    var due: Timestamp? { isStoring ? nil : since.map { $0 + HistoryBatcher.patience } }

    /// The next batch, in the order of arrival; `nil` while one is being stored, or where it is worth waiting for more.
    mutating func next(at now: Timestamp, isMoreComing: Bool) -> [FetchedHistory]? {
        guard !isStoring, let due else { return nil }
        let isFull = entries >= HistoryBatcher.batchEntries || bytes >= HistoryBatcher.batchBytes
        // Further ahead than the whole wait: the clock has been set back since.
        let isDue = due <= now || due > now + HistoryBatcher.patience
        guard isFull || !isMoreComing || isDue else { return nil }
        return takeBatch(at: now)
    }

    private mutating func takeBatch(at now: Timestamp) -> [FetchedHistory] {
        var (count, entries, size) = (0, 0, 0)
        while count < waiting.count,
            count == 0 || (entries < HistoryBatcher.batchEntries && size < HistoryBatcher.batchBytes)
        {
            entries += waiting[count].history.entries.count
            size += waiting[count].byteCount
            count += 1
        }
        let batch = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        bytes -= size
        self.entries -= entries
        since = waiting.isEmpty ? nil : now
        isStoring = true
        return batch
    }

    mutating func stored() { isStoring = false }
}

extension FetchedHistory {
    fileprivate var byteCount: Int { history.entries.reduce(0) { $0 + $1.raw.text.utf8.count } }
}

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
