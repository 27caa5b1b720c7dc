import ConvoModel
import ConvoPlatform
import Synchronization

/// Prepares the entries of a long history on a thread of its own, some hundred ahead of the one that is stored: the words of
/// a text are found while another text is written.
///
/// The caller takes the entries in their order. One that it takes again, because a transaction has failed, is prepared at once.
final class EntriesAhead: Sendable {
    private struct Chunk {
        var start = 0
        var entries: [PreparedEntry] = []
        var end: Int { start + entries.count }
    }

    /// How much JSON the thread prepares at a time.
    private static let chunkBytes = 256 << 10

    private let entries: HistoryEntries
    private let queue = HandoverQueue<[PreparedEntry]>(capacity: 2)
    /// `nil` if the system has no thread to give.
    private let thread: SystemThread?
    /// Those that were taken of the thread last. The lock is held while the caller waits for the thread, which does not take it.
    private let current = Mutex(Chunk())

    init(_ entries: HistoryEntries) {
        self.entries = entries
        thread = SystemThread { [queue] in
            var position = 0
            while position < entries.count {
                let chunk = EntriesAhead.prepared(entries, from: position)
                position += chunk.count
                guard queue.put(chunk) else { return }
            }
        }
    }

    deinit {
        queue.stop()
        thread?.join()
    }

    /// Blocks until the entry at a position of the history is prepared.
    func entry(at position: Int) -> PreparedEntry {
        current.withLock { chunk in
            guard thread != nil, position >= chunk.start else { return PreparedEntry(entries[position]) }
            while position >= chunk.end { chunk = Chunk(start: chunk.end, entries: queue.take()) }
            return chunk.entries[position - chunk.start]
        }
    }

    private static func prepared(_ entries: HistoryEntries, from start: Int) -> [PreparedEntry] {
        var (chunk, size) = ([PreparedEntry](), 0)
        for position in start..<entries.count {
            guard size < chunkBytes else { break }
            let entry = PreparedEntry(entries[position])
            size += entry.weight
            chunk.append(entry)
        }
        return chunk
    }
}
