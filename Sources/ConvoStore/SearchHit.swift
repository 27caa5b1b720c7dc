public import ConvoModel

/// An entry (or a queued write) that a search found.
public struct SearchHit: Sendable, Hashable {
    public let conversation: LocalID
    public let remoteID: RemoteID?
    /// `nil` for what is still in the outbox.
    public let entry: EntryID?
    public let operation: OperationID?
    public let type: EntryType
    public let role: String?
    public let createdAt: String?
    public let conversationName: String?
    public let snippet: Snippet
    /// Higher is better; comparable within one answer only.
    public let score: Double
}

public struct SearchResults: Sendable, Hashable {
    public let query: String
    /// How many there are; exact unless ``isTotalExact`` is false, then at least so many.
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
