public import ConvoModel

/// The receipt of a write that is durable here.
public struct QueuedWrite: Sendable, Hashable {
    /// The conversation that was written to; for a start and a restart, the new one.
    public let conversation: LocalID
    public let operation: OperationID
    public let state: OperationState
}

/// Where a conversation is deleted.
public enum DeletionScope: String, Sendable, CaseIterable {
    /// Here only: the server keeps it, and no pull brings it back.
    case local
    /// On the server; our copy stays, marked.
    case remote
    case both
}
