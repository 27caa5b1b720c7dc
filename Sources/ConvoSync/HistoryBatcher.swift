import ConvoJSON
import ConvoModel
import ConvoStore

/// Collects fetched histories, and stores several in a transaction: while one batch is stored, the next one gathers.
struct HistoryBatcher {
    /// The size of a batch, small enough that no other writer waits long for its transaction.
    private static let batchEntries = 256
    private static let batchBytes = 384 << 10
    /// How much may wait; beyond that no more histories are fetched.
    private static let limitBytes = 1 << 20

    /// How long a batch that is not full waits for more.
    private static let patience = Duration.milliseconds(250)

    private var waiting: [FetchedHistory] = []
    /// When the first waiting history arrived, or the last batch was taken; `nil` if none waits.
    private var since: Timestamp?
    private var entries = 0
    private var bytes = 0
    private(set) var isStoring = false

    var isEmpty: Bool { waiting.isEmpty && !isStoring }
    var isFull: Bool { bytes >= HistoryBatcher.limitBytes }

    mutating func add(_ history: FetchedHistory, at now: Timestamp) {
        if waiting.isEmpty { since = now }
        waiting.append(history)
        bytes += history.history.entries.byteCount
        entries += history.history.entries.count
    }

    /// When the waiting histories are stored even if the batch is not full; `nil` if none waits or a batch is being
    /// stored.
    var due: Timestamp? { isStoring ? nil : since.map { $0 + HistoryBatcher.patience } }

    /// The next batch, in the order of arrival.
    ///
    /// - Parameters:
    ///   - now: the wall clock's time.
    ///   - isMoreComing: whether other histories are being fetched, so that it is worth waiting for a full batch.
    /// - Returns: `nil` while a batch is being stored, or if it is worth waiting for more.
    mutating func next(at now: Timestamp, isMoreComing: Bool) -> [FetchedHistory]? {
        guard !isStoring, let due else { return nil }
        let isFull = entries >= HistoryBatcher.batchEntries || bytes >= HistoryBatcher.batchBytes
        // A moment that lies further ahead than the whole wait means that the clock has been set back since.
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
            size += waiting[count].history.entries.byteCount
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

/// The histories that one pull fetches: takes a batch from the store at a time, and keeps a bounded number in flight.
struct HistoryFetchQueue {
    private static let batch = 64
    /// An upper bound of ``room``: more conversations than this do not change while one pull reads.
    private static let largestRoom = 1 << 20

    var inFlight = 0
    private var waiting: [StaleConversation] = []
    private var isAskDue = true
    private var isAsking = false
    /// The conversations that this pull has fetched or is fetching.
    ///
    /// If one changes again meanwhile, the next pull fetches it.
    private var taken: Set<RemoteID> = []
    /// How many new conversations the next question to the store has room for.
    private var room = batch

    /// The next step: a fetch, or a question to the store for more.
    ///
    /// - Parameters:
    ///   - limits: how many fetches may be in flight.
    ///   - settled: how many histories this pull has stored or set aside. The store still counts all others of
    ///     ``taken`` as stale: they are in flight, not stored yet, or could not be read.
    /// - Returns: `nil` if enough fetches are in flight, or nothing is known to be behind.
    mutating func next(_ limits: SyncLimits, settled: Int) -> PullMachine.Step? {
        if inFlight < limits.fetches, let stale = waiting.popLast() { return .fetch(stale) }
        guard waiting.isEmpty, isAskDue, !isAsking else { return nil }
        isAsking = true
        isAskDue = false
        return .findStale(limit: taken.count - settled + room)
    }

    /// Asks the store again, because something may have become stale.
    mutating func lookAgain() { isAskDue = true }

    /// Takes the store's answer.
    ///
    /// A result shorter than `limit` is complete; a full one may hide more. If all of a full result was fetched before
    /// (conversations that changed while they were read), the next question has twice the room.
    mutating func found(_ stale: [StaleConversation], limit: Int) {
        isAsking = false
        let fresh = stale.filter { taken.insert($0.remoteID).inserted }
        waiting = fresh.reversed()
        let mayHideMore = stale.count >= limit
        room = mayHideMore && fresh.isEmpty ? min(room * 2, HistoryFetchQueue.largestRoom) : HistoryFetchQueue.batch
        if mayHideMore { isAskDue = true }
    }
}
