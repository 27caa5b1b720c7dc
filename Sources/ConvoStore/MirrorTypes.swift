public import ConvoModel

/// What taking in a page of the list found, item by item in the page's order.
public struct PageIntake: Sendable, Hashable {
    public enum Novelty: Sendable, Hashable {
        /// Never seen before.
        case new
        /// Known, and changed since its history was fetched.
        case changed
        case unchanged
    }

    public let items: [Novelty]
    public var newCount: Int { items.count { $0 == .new } }
}

/// A conversation whose history has to be fetched.
public struct StaleConversation: Sendable, Hashable {
    public let id: LocalID
    public let remoteID: RemoteID
}

/// A history and the description of its conversation that was read *before* it: what the description promises, the
/// history holds.
public struct HistoryIntake: Sendable {
    public let description: Conversation
    public let history: ConversationHistory

    public init(description: Conversation, history: ConversationHistory) {
        self.description = description
        self.history = history
    }
}

/// The number of one run through all pages of the list.
public struct SweepNumber: Sendable, Hashable {
    let value: Int64
}
