import ConvoModel
import ConvoStore

/// Histories that have been fetched and wait to be stored, several to a transaction: while one batch is stored the next
/// one gathers.
struct Arrivals {
    /// What one transaction takes: little enough that no other writer waits long for it.
    private static let batchEntries = 384
    private static let batchBytes = 512 << 10
    /// What may wait: beyond it nothing more is fetched.
    private static let limitBytes = 1 << 20

    private var waiting: [HistoryIntake] = []
    private var bytes = 0
    private(set) var isStoring = false

    var isEmpty: Bool { waiting.isEmpty && !isStoring }
    var isFull: Bool { bytes >= Arrivals.limitBytes }

    mutating func add(_ history: HistoryIntake) {
        waiting.append(history)
        bytes += history.byteCount
    }

    /// The next batch, in the order of arrival; `nil` while one is being stored or where nothing waits.
    mutating func next() -> [HistoryIntake]? {
        guard !isStoring, !waiting.isEmpty else { return nil }
        var (count, entries, size) = (0, 0, 0)
        while count < waiting.count, count == 0 || (entries < Arrivals.batchEntries && size < Arrivals.batchBytes) {
            entries += waiting[count].history.entries.count
            size += waiting[count].byteCount
            count += 1
        }
        let batch = Array(waiting.prefix(count))
        waiting.removeFirst(count)
        bytes -= size
        isStoring = true
        return batch
    }

    mutating func stored() { isStoring = false }
}

extension HistoryIntake {
    fileprivate var byteCount: Int { history.raw.text.utf8.count }
}
