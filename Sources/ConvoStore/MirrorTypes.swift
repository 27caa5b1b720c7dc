package import ConvoJSON
package import ConvoModel
import ConvoWords

/// The result of storing a page of the list.
package struct IngestedPage: Sendable, Hashable {
    /// What a page of the list meant for one conversation.
    package enum Change: Sendable, Hashable {
        /// The store did not hold the conversation.
        case new
        /// The store holds the conversation, and its stored history is missing or belongs to another `updated_at`.
        case changed
        /// The stored history belongs to this `updated_at`, or the conversation was deleted here.
        case unchanged
    }

    /// The changes, one for each conversation of the page, in the page's order.
    package let items: [Change]
    /// The conversations' ids, in the page's order; empty where ``same`` is set.
    package let ids: [RemoteID]
    /// How many elements of the page could not be stored and were set aside.
    package let oddCount: Int
    /// The cached page, where the server sent the same page again; `nil` where the page was read.
    ///
    /// The ids of such a page were not read: the store knows which conversations it lists.
    package let same: CachedPage?

    /// Makes the result for a page that was read.
    package init(items: [Change], ids: [RemoteID] = [], oddCount: Int = 0) {
        self.items = items
        self.ids = ids
        self.oddCount = oddCount
        same = nil
    }

    /// Makes the result for a page that the server sent again unchanged: every element counts as unchanged.
    package init(same known: CachedPage) {
        items = Array(repeating: .unchanged, count: known.count)
        ids = []
        oddCount = 0
        same = known
    }

    /// How many conversations of the page the store did not hold.
    package var newCount: Int { items.count { $0 == .new } }

    /// How many elements the page had, those that were set aside included.
    package var count: Int { items.count + oddCount }
}

/// The position of a page in the server's list of conversations.
package struct PageKey: Sendable, Hashable {
    /// The request's `page`, counted from 0.
    package let page: Int
    /// The request's `page_size`; the server may put fewer conversations on the page.
    package let size: Int

    /// Makes the position of a page that is asked for with these parameters.
    package init(page: Int, size: Int) {
        self.page = page
        self.size = size
    }
}

/// A page of the list that was stored, and whose conversations are still stored as the page described them.
package struct CachedPage: Sendable, Hashable {
    /// The page's position in the list.
    package let place: PageKey
    /// How many elements the page had, those that were set aside included.
    package let count: Int
    /// The digest of the page's bytes, by which the same page is recognised.
    package let digest: PageDigest
    /// The number of the last cached page of this size that is not empty.
    package let last: Int

    /// Makes a cached page of known parts; ``Store/cachedPage(at:)`` reads one from the store.
    package init(place: PageKey, count: Int, digest: PageDigest, last: Int) {
        self.place = place
        self.count = count
        self.digest = digest
        self.last = last
    }
}

/// A conversation whose history has to be fetched.
package struct StaleConversation: Sendable, Hashable {
    /// The conversation's id in this store.
    package let id: LocalID
    /// The conversation's id on the server, by which its history is fetched.
    package let remoteID: RemoteID
    /// The conversation's `updated_at` as the store holds it, to be passed on as ``FetchedHistory/version``.
    package let version: String
}

/// A history, and the `updated_at` of its conversation that was read *before* it.
package struct FetchedHistory: Sendable, Hashable {
    /// The history as the server sent it.
    package let history: ConversationHistory
    /// The text of the conversation's `updated_at` that was known before the history was read: the history is at least
    /// as new, unless a replica or a cache sent it.
    package let version: String
    /// Whose key has read it; `nil` where that is known to be the owner's.
    package let claim: OwnerClaim?
    /// The entries, prepared before the transaction that others wait for, or on another thread.
    private let entries: Entries
    /// The entries' ids, made unique within the history.
    let names: [String]

    /// Prepares a history to be stored.
    ///
    /// Reads the ids of the entries here, and finds the words of those in memory for the index: this takes time in proportion
    /// to the history. The words of a long one are found on another thread, which ends with the last copy of this.
    ///
    /// - Parameters:
    ///   - history: the history as the server sent it.
    ///   - version: the conversation's `updated_at` that was known before the history was read.
    ///   - claim: whose key has read it; `nil` where that is known to be the owner's.
    package init(_ history: ConversationHistory, version: String, readWith claim: OwnerClaim? = nil) {
        self.history = history
        self.version = version
        self.claim = claim
        entries =
            history.entries.isInMemory
            ? .prepared(history.entries.map { PreparedEntry($0) }) : .ahead(EntriesAhead(history.entries))
        names = FetchedHistory.names(of: history.entries)
    }

    /// Each entry's id, made unique within the history: an entry without an id is named by its position, and the
    /// position is appended to an id that an earlier entry has.
    private static func names(of entries: HistoryEntries) -> [String] {
        var taken: Set<TextBytes> = []
        return entries.enumerated().map { position, entry in
            var name = entry.id?.rawValue ?? "~\(position)"
            while !taken.insert(TextBytes(name)).inserted { name += "~\(position)" }
            return name
        }
    }

    /// The entry at a position; quickest in their order.
    func entry(at position: Int) -> PreparedEntry {
        switch entries {
        case .prepared(let entries): entries[position]
        case .ahead(let entries): entries.entry(at: position)
        }
    }

    private enum Entries: Sendable {
        case prepared([PreparedEntry])
        case ahead(EntriesAhead)
    }

    /// Compares the version and the server's history; what is prepared from it follows.
    package static func == (one: FetchedHistory, other: FetchedHistory) -> Bool {
        one.version == other.version && one.history == other.history
    }

    /// Hashes the conversation's id and the version, and not the entries.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(history.conversationID)
        hasher.combine(version)
    }
}

/// An entry with the values of its row and its words for the index, prepared before the transaction that others wait
/// for.
struct PreparedEntry: Sendable {
    let entry: Entry
    let words: IndexedWords
    let files: [FileReference]
    let role: String?
    let createdAt: Timestamp?
    let completedAt: String?

    /// How much of a ``TransactionBudget`` the entry uses, in bytes.
    var weight: Int { entry.raw.text.utf8.count + TransactionBudget.row }

    init(_ entry: Entry) {
        self.entry = entry
        words = IndexedWords(of: SearchText.of(entry.raw))
        files = entry.files
        role = entry.role
        createdAt = entry.createdAt
        completedAt = entry.raw["completed_at"]?.string
    }
}
