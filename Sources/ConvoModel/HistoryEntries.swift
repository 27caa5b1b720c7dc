import ConvoJSON

/// The entries of a history in their order: in memory, or, of a long history, in a file.
///
/// It is a collection like an array. An element of a long history is read when it is asked for, so that the history
/// itself takes little memory.
public struct HistoryEntries: RandomAccessCollection, Sendable {
    private enum Storage: Sendable {
        case array([Entry])
        case spool(any EntrySpool)
    }

    private let storage: Storage
    /// The bytes of all entries' JSON.
    package let byteCount: Int

    package init(_ entries: [Entry]) {
        storage = .array(entries)
        byteCount = entries.reduce(0) { $0 + $1.raw.text.utf8.count }
    }

    package init(_ spool: any EntrySpool) {
        storage = .spool(spool)
        byteCount = spool.byteCount
    }

    /// The position of the first entry, which is 0.
    public var startIndex: Int { 0 }
    /// The number of entries.
    public var endIndex: Int {
        switch storage {
        case .array(let entries): entries.count
        case .spool(let spool): spool.count
        }
    }

    /// The entry at a position; an entry of JSON's `null` where the file of a long history cannot be read, which Convo's own
    /// code asks for before it concludes anything.
    public subscript(position: Int) -> Entry {
        switch storage {
        case .array(let entries): entries[position]
        case .spool(let spool): Entry(raw: spool.text(at: position).map { JSONText(trusted: $0) } ?? .null)
        }
    }

    /// Whether the entries are in memory, so that reading one costs nothing.
    package var isInMemory: Bool { if case .array = storage { true } else { false } }

    /// Whether the file has given every entry that the caller asked for; if it is `false`, the caller concludes nothing from the
    /// history.
    package var isReadable: Bool {
        switch storage {
        case .array: true
        case .spool(let spool): spool.isReadable
        }
    }
}

extension HistoryEntries: Hashable {
    /// Whether both have the same entries in the same order.
    public static func == (one: HistoryEntries, other: HistoryEntries) -> Bool { one.elementsEqual(other) }
    /// Hashes the number of entries and their size.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(byteCount)
    }
}

/// Keeps the JSON of many entries where they need little memory.
package protocol EntrySpool: Sendable {
    /// How many entries it has.
    var count: Int { get }
    /// The bytes of all of them.
    var byteCount: Int { get }
    /// Whether each entry that was asked for could be read.
    var isReadable: Bool { get }
    /// Whether it may take more entries.
    var hasRoom: Bool { get }
    /// Adds an entry behind all others.
    func add(_ text: String)
    /// The JSON of an entry; `nil` if it cannot be read.
    func text(at position: Int) -> String?
}
