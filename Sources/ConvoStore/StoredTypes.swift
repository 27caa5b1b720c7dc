public import ConvoModel

/// A conversation as it is listed.
public struct StoredConversation: Sendable, Hashable {
    public struct Parent: Sendable, Hashable {
        public let conversation: LocalID
        public let entry: EntryID?
        /// Recognised by its entries, not recorded by us.
        public let isInferred: Bool
    }

    public let id: LocalID
    public let remoteID: RemoteID?
    public let name: String?
    public let description: String?
    public let model: String?
    public let agentID: String?
    public let createdAt: String
    public let updatedAt: String
    /// Entries that the server holds, as far as we know.
    public let entryCount: Int
    /// Writes that are not delivered.
    public let pendingCount: Int
    public let deletedRemotelyAt: String?
    /// Made with `store: false`.
    public let isLocalOnly: Bool
    /// Held from the account before `convo account adopt`, and not shown by the account of now.
    public let isFromAccountBefore: Bool
    public let parent: Parent?
    /// The server's object; `nil` until it is known there.
    public let raw: JSONText?
}

/// An entry with what is known of it beyond the server's object.
public struct StoredEntry: Sendable, Hashable {
    public let entry: Entry
    /// When the server was seen to list it no more.
    public let droppedAt: String?
    /// Kept here only (`store: false`).
    public let isLocalOnly: Bool
    /// From the response; the history's own object says `null`.
    public let completedAt: String?
}

/// A conversation's entries in order, and the writes that wait behind them.
public struct StoredHistory: Sendable, Hashable {
    public let conversation: StoredConversation
    public let entries: [StoredEntry]
    public let pending: [OutboxItem]
}

/// A conversation and the branches made from it.
public struct BranchTree: Sendable, Hashable {
    public let conversation: StoredConversation
    public let branches: [BranchTree]
}

/// What is held, what waits, how stale it is.
public struct StoreStatus: Sendable, Hashable {
    public let conversations: Int
    public let entries: Int
    /// How many operations stand where; every state is there.
    public let outbox: [OperationState: Int]
    public let lastPullAt: String?
    public let lastSweepAt: String?
}

/// What becomes of a queued append when another writer has moved the conversation on since it was written.
public enum ConflictPolicy: String, Sendable, CaseIterable {
    /// It goes behind what the other one wrote.
    case append
    /// It makes a branch from the last entry that its writer had seen.
    case branch
    /// It waits for the person.
    case hold
}
