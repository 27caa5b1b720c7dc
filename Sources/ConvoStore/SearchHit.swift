public import ConvoModel

/// An entry, a queued write or a conversation's name that a search found.
public struct SearchHit: Sendable, Hashable {
    public let conversation: LocalID
    public let remoteID: RemoteID?
    /// `nil` for what is still in the outbox, and for a conversation's name.
    public let entry: EntryID?
    public let operation: OperationID?
    public let type: EntryType
    public let role: String?
    public let createdAt: String?
    public let conversationName: String?
    public let snippet: Snippet
    /// Higher is better; comparable within one answer only.
    public let score: Double
    /// How many other conversations hold the same message.
    public let otherBranches: Int
}

public enum SearchOrder: String, Sendable, Hashable, CaseIterable {
    /// The best first; of two equals the newer one.
    case relevance
    /// The newest first.
    case date
}

extension EntryType {
    /// Not an entry: the conversation itself was found, by its name or description.
    public static let conversationName = EntryType("conversation")
}

public struct SearchResults: Sendable, Hashable {
    public let query: String
    /// How many entries, queued writes and names there are, each copy counted; exact unless ``isTotalExact`` is false, then at least so many.
    public let total: Int
    public let isTotalExact: Bool
    public let hits: [SearchHit]
}

/// A piece of text around what was found.
public struct Snippet: Sendable, Hashable {
    public let text: String
    /// Where the found words stand in ``text``, in Unicode scalars.
    public let marks: [Range<Int>]
}
