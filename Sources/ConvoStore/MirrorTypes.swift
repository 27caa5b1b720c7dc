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
    public let ids: [RemoteID]

    public init(items: [Novelty], ids: [RemoteID] = []) {
        self.items = items
        self.ids = ids
    }

    public var newCount: Int { items.count { $0 == .new } }
}

/// A conversation whose history has to be fetched.
public struct StaleConversation: Sendable, Hashable {
    public let id: LocalID
    public let remoteID: RemoteID
    /// Its `updated_at` as the list gave it: a history that is read from now on holds at least that.
    public let version: String
}

/// A history, and the `updated_at` of its conversation that was read *before* it.
public struct HistoryIntake: Sendable, Hashable {
    public let history: ConversationHistory
    public let version: String
    let entries: [EntryIntake]

    public init(_ history: ConversationHistory, version: String) {
        self.history = history
        self.version = version
        entries = history.entries.map { EntryIntake($0) }
    }

    public static func == (one: HistoryIntake, other: HistoryIntake) -> Bool {
        one.version == other.version && one.history == other.history
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(history.conversationID)
        hasher.combine(version)
    }
}
