public import ConvoModel

/// An entry, a queued write or a conversation's name that a search found.
public struct SearchHit: Sendable, Hashable, Identifiable {
    /// What was found, within one search: an entry, a write or a conversation's name.
    public struct ID: Sendable, Hashable {
        /// The conversation that holds it.
        public let conversation: LocalID
        /// The entry; `nil` if it is none.
        public let entry: EntryID?
        /// The write; `nil` if it is none.
        public let operation: OperationID?
    }
    /// What was found, within one search.
    public var id: ID { ID(conversation: conversation, entry: entry, operation: operation) }

    /// The conversation that holds the hit.
    public let conversation: LocalID
    /// That conversation's id on the server; `nil` until the server's id is known here.
    public let remoteID: RemoteID?
    /// The entry that was found; `nil` for a queued write and for a conversation's name.
    ///
    /// An entry that came without an id has one that the store made, which begins with `~`.
    public let entry: EntryID?
    /// The queued write that was found; `nil` for an entry and for a conversation's name.
    public let operation: OperationID?
    /// The entry's `type`; `message.input` for a queued write, ``ConvoModel/EntryType/conversationName`` for a conversation's
    /// name.
    public let type: EntryType
    /// The entry's `role`, and `user` for a queued write; `nil` for a conversation's name, and for an entry without a
    /// role.
    public let role: String?
    /// When the entry or the conversation was made on the server, or the write was accepted here; `nil` if
    /// the entry's `created_at` is missing or cannot be read.
    public let createdAt: Timestamp?
    /// The conversation's local name, or else the server's; `nil` if it has neither, and for a queued write.
    public let conversationName: String?
    /// The text around the words that were found.
    public let snippet: Snippet
    /// Higher is better; comparable within the results of one search only.
    ///
    /// 0 in the order of ``SearchOrder/date``.
    public let score: Double
    /// How many other conversations hold an entry with the same id: a restart copies entries under their ids.
    public let otherBranches: Int
}

/// The order of a search's hits.
public enum SearchOrder: String, Sendable, Hashable, CaseIterable {
    /// The best first; of two equals the newer one.
    case relevance
    /// The newest first.
    case date
}

extension EntryType {
    /// The type of a hit that is not an entry: the search found the conversation by its name or description.
    public static let conversationName = EntryType("conversation")
}

/// The results of one search.
public struct SearchResults: Sendable, Hashable {
    /// The query as it was given.
    public let query: String
    /// How many entries, queued writes and conversations' names were found, at most 10,000; each copy of a message that
    /// branches share counts.
    ///
    /// At most 200 names are looked at, and, for a query with conditions (`role:`, `in:` …), the newest 50,000 hits.
    public let total: Int
    /// Whether ``total`` is all that was counted; `false` if the count stopped at 10,000.
    public let isTotalExact: Bool
    /// The time zone whose days or clock times the query asked for: its IANA name (`Pacific/Auckland`), or what its
    /// clocks are called now (`NZDT (+13:00)`).
    ///
    /// `nil` if the query asked for none, so that its results are the same in every zone.
    public let timeZone: String?
    /// The best hits in the order that was asked for, each message that branches share once.
    public let hits: [SearchHit]
}

/// A piece of a text around the words that a search found.
public struct Snippet: Sendable, Hashable {
    /// The piece, at most about 160 bytes of UTF-8, with white space folded; `…` stands where it was cut from the text.
    public let text: String
    /// The ranges of the found words in ``text``, in Unicode scalars, in ascending order.
    public let marks: [Range<Int>]
}
