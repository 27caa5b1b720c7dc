/// Where a write stands on its way to the server. DESIGN.md draws the transitions.
public enum OperationState: String, Sendable, CaseIterable {
    /// Durable here, not yet sent.
    case queued
    /// Committed before the first byte leaves; whoever finds it without a sender knows that the answer was lost.
    case sending
    /// Sent, and no answer came: only the server's state can tell. Never sent again from here.
    case inDoubt = "in_doubt"
    /// On the server.
    case delivered
    /// The server said no. Kept until the person decides.
    case refused
    /// Waits for the person, or for an operation that it depends on.
    case held
    /// Taken back by the person.
    case cancelled

    public var isOpen: Bool { self != .delivered && self != .cancelled }
}

/// What a write does.
public enum OperationKind: String, Sendable {
    case start, append, restart, delete
}
