public import ConvoModel

/// What taking in a page of the list found, item by item in the page's order.
public struct IngestedPage: Sendable, Hashable {
    public enum Change: Sendable, Hashable {
        /// Never seen before.
        case new
        /// Known, and changed since its history was fetched.
        case changed
        case unchanged
    }

    public let items: [Change]
    public let ids: [RemoteID]
    /// Elements of the page that were set aside.
    public let oddCount: Int
    /// Of a page that was the same as before: its ids were not read, but the store knows whom it lists.
    public let same: CachedPage?

    public init(items: [Change], ids: [RemoteID] = [], oddCount: Int = 0) {
        self.items = items
        self.ids = ids
        self.oddCount = oddCount
        same = nil
    }

    /// Of a page that is the one that was taken in before.
    public init(same known: CachedPage) {
        items = Array(repeating: .unchanged, count: known.count)
        ids = []
        oddCount = 0
        same = known
    }

    public var newCount: Int { items.count { $0 == .new } }

    /// How many elements the page had.
    public var count: Int { items.count + oddCount }
}

/// Which part of the list.
public struct PageKey: Sendable, Hashable {
    /// From 0.
    public let page: Int
    /// Conversations to a page, as asked for.
    public let size: Int

    public init(page: Int, size: Int) {
        self.page = page
        self.size = size
    }
}

/// A page of the list that has been taken in, and of which everything is still as it said.
public struct CachedPage: Sendable, Hashable {
    public let place: PageKey
    /// Conversations that it had.
    public let count: Int
    public let digest: PageDigest
    /// The last page of which as much is known.
    public let last: Int

    public init(place: PageKey, count: Int, digest: PageDigest, last: Int) {
        self.place = place
        self.count = count
        self.digest = digest
        self.last = last
    }
}

/// A conversation whose history has to be fetched.
public struct StaleConversation: Sendable, Hashable {
    public let id: LocalID
    public let remoteID: RemoteID
    /// Its `updated_at` as the list gave it: a history that is read from now on holds at least that.
    public let version: String
}

/// A history, and the `updated_at` of its conversation that was read *before* it.
public struct FetchedHistory: Sendable, Hashable {
    public let history: ConversationHistory
    public let version: String
    let entries: [PreparedEntry]

    public init(_ history: ConversationHistory, version: String) {
        self.history = history
        self.version = version
        entries = history.entries.map { PreparedEntry($0) }
    }

    public static func == (one: FetchedHistory, other: FetchedHistory) -> Bool {
        one.version == other.version && one.history == other.history
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(history.conversationID)
        hasher.combine(version)
    }
}

/// An entry with all that its row and its place in the index are made of: made before the transaction that others wait
/// for.
struct PreparedEntry: Sendable {
    let entry: Entry
    let packed: PackedJSON
    let words: IndexedWords
    let role: String?
    let createdAt: Timestamp?
    let completedAt: String?

    /// How much of a ``TransactionBudget`` it uses.
    var weight: Int { entry.raw.text.utf8.count + TransactionBudget.row }

    init(_ entry: Entry) {
        self.entry = entry
        packed = PackedJSON(entry.raw)
        words = IndexedWords(of: SearchText.of(entry.raw))
        role = entry.role
        createdAt = entry.createdAt
        completedAt = entry.raw["completed_at"]?.string
    }
}
