package import ConvoJSON
package import ConvoModel

/// The outbox as the checkers see it; the test harness makes it from the store.
package struct OutboxSnapshot: Sendable {
    package enum State: Hashable, Sendable { case queued, sending, inDoubt, delivered, refused, held, cancelled }

    package struct Item: Sendable {
        package let id: OperationID
        /// The local conversation; the order is checked within each.
        package let conversation: LocalID
        package let kind: Turn.Kind
        package let state: State
        /// Why the write waits for a person.
        package let reason: String?
        /// The conversation that the write goes to, or that it has made; `nil` if it is not known.
        package let remoteID: RemoteID?
        package let inputs: [JSONText]
        /// Whether the server stores the exchange: `false` for `store: false`.
        package let isStored: Bool

        package init(
            id: OperationID, conversation: LocalID, kind: Turn.Kind, state: State, reason: String? = nil,
            remoteID: RemoteID? = nil, inputs: [JSONText] = [], isStored: Bool = true
        ) {
            self.id = id
            self.conversation = conversation
            self.kind = kind
            self.state = state
            self.reason = reason
            self.remoteID = remoteID
            self.inputs = inputs
            self.isStored = isStored
        }
    }

    /// The starts, appends and restarts in the order in which the store accepted them.
    package let items: [Item]
    /// The conversations whose deletion on the server the outbox calls delivered.
    package let deleted: [RemoteID]

    package init(items: [Item], deleted: [RemoteID] = []) { (self.items, self.deleted) = (items, deleted) }
}

/// The mirror as the checkers see it.
package struct MirrorSnapshot: Sendable {
    package struct Conversation: Sendable {
        package let id: RemoteID
        /// The server's object; `nil` where the mirror does not have it yet.
        package var raw: JSONText?
        /// The entries in the history's order; those that the server no longer lists are marked.
        package var entries: [Entry]
        /// The entries that are shown here, and that no history is to bring.
        package var unstored: Set<EntryID>
        package var isDeletedRemotely: Bool
        /// Whether it was mirrored for an earlier account, and the present account has not shown it.
        package let isFromAccountBefore: Bool

        package init(
            id: RemoteID, raw: JSONText?, entries: [Entry], unstored: Set<EntryID> = [],
            isDeletedRemotely: Bool = false, isFromAccountBefore: Bool = false
        ) {
            self.id = id
            self.unstored = unstored
            self.raw = raw
            self.entries = entries
            self.isDeletedRemotely = isDeletedRemotely
            self.isFromAccountBefore = isFromAccountBefore
        }
    }
    package struct Entry: Hashable, Sendable {
        package let id: EntryID
        package var raw: JSONText
        package var isDropped: Bool

        package init(id: EntryID, raw: JSONText, isDropped: Bool = false) {
            self.id = id
            self.raw = raw
            self.isDropped = isDropped
        }
    }

    package var conversations: [Conversation]
    /// Every entry on our disk by its local conversation, including those of exchanges that the server does not store.
    package let held: [LocalID: Set<EntryID>]
    /// The entries that a reader is shown, in their order.
    package let order: [LocalID: [EntryID]]

    package init(
        conversations: [Conversation], held: [LocalID: Set<EntryID>] = [:], order: [LocalID: [EntryID]] = [:]
    ) {
        (self.conversations, self.held, self.order) = (conversations, held, order)
    }

    subscript(id: RemoteID) -> Conversation? { conversations.first { $0.id == id } }
}
