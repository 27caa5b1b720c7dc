public import ConvoJSON
public import ConvoModel

/// A conversation as the store holds it, without its entries.
public struct StoredConversation: Sendable, Hashable, Identifiable {
    /// The conversation that a branch was made from.
    public struct Parent: Sendable, Hashable {
        /// The parent's id in this store.
        public let conversation: LocalID
        /// The parent's last entry that the branch shares, a restart's `from_entry_id`; `nil` if none is recorded.
        public let entry: EntryID?
        /// Whether the store recognised the parent by entries that both have, and did not queue the restart itself.
        public let isInferred: Bool
    }

    /// The conversation's id in this store, which never changes.
    public let id: LocalID
    /// The conversation's id on the server; `nil` until the server's id is known here.
    public let remoteID: RemoteID?
    /// The server's `name`, or the one recorded here until a read has shown the conversation; `nil` if it has none.
    public let name: String?
    /// The name that a person has given the conversation here (``Store/rename(_:to:)``); `nil` if it has none.
    public let localName: String?
    /// The tags that a person has given the conversation here (``Store/tag(_:adding:removing:)``), in their order.
    public let tags: [String]
    /// The first words of its first message; `nil` if it has a name, or no text.
    package let opening: String?
    /// The server's `description`, or the one recorded here until a read has shown the conversation; `nil` if it has
    /// none.
    public let description: String?
    /// The server's `model`, or the one recorded here until a read has shown the conversation; `nil` for an agent's
    /// conversation.
    public let model: String?
    /// The server's `agent_id`, or the one recorded here until a read has shown the conversation; `nil` for a model's
    /// conversation.
    public let agentID: String?
    /// The server's `created_at`; until a read has shown the conversation, when it was started here.
    public let createdAt: Timestamp
    /// The server's `updated_at`, with its text as it came; until a read has shown the conversation, when it was started
    /// here.
    public let updatedAt: Timestamp
    /// How many entries are stored that the server has not dropped, entries that are kept only here included.
    public let entryCount: Int
    /// How many writes to the conversation are neither delivered nor cancelled.
    public let pendingCount: Int
    /// When the conversation was marked as deleted on the server; `nil` if it is not marked.
    public let deletedRemotelyAt: Timestamp?
    /// Whether the conversation was made with `store: false`, so that the server does not know it, or was imported.
    public let isLocalOnly: Bool
    /// Whether the conversation was imported from an export or another database, and how far; `nil` if it was not, or if
    /// the server has shown it since.
    public let importState: ImportState?
    /// Whether the conversation was mirrored before `convo account adopt`, and the current account has not shown it.
    public let isFromAccountBefore: Bool
    /// The conversation that this one is a branch of; `nil` if it is no branch, or the parent is not known.
    public let parent: Parent?
    /// The server's object as it came; `nil` until a read has shown the conversation.
    public let raw: JSONText?
}

/// How far a conversation was imported.
public enum ImportState: Sendable, Hashable {
    /// All entries of the file are here.
    case whole
    /// The last import was killed, and entries may be missing: another import of the same file brings them.
    case partial
}

/// An entry with what the store knows of it beyond the server's object.
public struct StoredEntry: Sendable, Hashable, Identifiable {
    /// The entry's id, unique within its conversation; one that the store made, which begins with `~`, if the entry came
    /// without.
    public let id: EntryID
    /// The entry as the server, or this store, wrote it.
    public let entry: Entry
    /// When the store marked the entry as dropped, because the server no longer lists it; `nil` if it is not
    /// marked.
    public let droppedAt: Timestamp?
    /// Whether no history has brought the entry: its exchange has `store: false`, or it is the kept part of an answer
    /// whose stream broke.
    public let isLocalOnly: Bool
    /// The entry's `completed_at`, kept from the response because the history says `null`; `nil` if neither had one.
    public let completedAt: Timestamp?
}

/// A conversation's entries in order, and the writes that wait behind them.
public struct StoredHistory: Sendable, Hashable {
    /// The conversation itself.
    public let conversation: StoredConversation
    /// The entries in the conversation's order.
    public let entries: [StoredEntry]
    /// The writes to the conversation that are neither delivered nor cancelled, in the order of acceptance.
    public let pending: [OutboxItem]
}

/// A conversation and the branches made from it.
public struct BranchTree: Sendable, Hashable, Identifiable {
    /// The id of the conversation at this node.
    public var id: LocalID { conversation.id }
    /// The conversation at this node of the tree.
    public let conversation: StoredConversation
    /// The branches made from this conversation, oldest first.
    public let branches: [BranchTree]
}

/// Counts of what the store holds, and the times of the last pulls.
public struct StoreStatus: Sendable, Hashable {
    /// How many conversations are stored, without those that were deleted here.
    public let conversations: Int
    /// How many entries are stored that the server has not dropped.
    public let entries: Int
    /// How many writes are in each state; every state has a count.
    public let outbox: [OperationState: Int]
    /// When a pull was last complete; `nil` if none was.
    public let lastPullAt: Timestamp?
    /// When a pull of all pages of the list (a sweep) was last complete; `nil` if none was.
    public let lastSweepAt: Timestamp?
}

/// The treatment of a queued append if another writer has moved the conversation on since the append was written.
public enum ConflictPolicy: String, Sendable, CaseIterable {
    /// The append is sent behind what the other writer wrote.
    case append
    /// The append becomes a restart, which makes a branch from the last entry that its writer had seen.
    case branch
    /// The append is held until the person decides.
    case hold
}
