package import ConvoModel

/// The outbox as the checkers see it; made from the store by whoever runs it.
package struct OutboxSnapshot: Sendable {
    package enum State: Hashable, Sendable { case queued, sending, inDoubt, delivered, refused, held, cancelled }

    package struct Item: Sendable {
        package let id: OperationID
        /// In which conversation of ours, for the order within it.
        package let conversation: LocalID
        package let kind: Turn.Kind
        package let state: State
        /// Why it waits for a person.
        package let reason: String?
        /// Where it goes, or what it made, and what it says.
        package let remoteID: RemoteID?
        package let inputs: [JSONText]
        /// Whether the server keeps it.
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

    /// In the order in which they were accepted.
    package let items: [Item]
    /// The conversations whose deletion there is delivered, by the outbox's word.
    package let deleted: [RemoteID]

    package init(items: [Item], deleted: [RemoteID] = []) { (self.items, self.deleted) = (items, deleted) }
}

/// Our copy of the server as the checkers see it.
package struct MirrorSnapshot: Sendable {
    package struct Conversation: Sendable {
        package let id: RemoteID
        /// The server's object; `nil` where we have not seen it yet.
        package let raw: JSONText?
        /// In their order; what the server dropped is marked.
        package let entries: [Entry]
        package let isDeletedRemotely: Bool
        /// Held from before the database was given to the account of now, which has not shown it.
        package let isFromAccountBefore: Bool

        package init(
            id: RemoteID, raw: JSONText?, entries: [Entry], isDeletedRemotely: Bool = false,
            isFromAccountBefore: Bool = false
        ) {
            self.id = id
            self.raw = raw
            self.entries = entries
            self.isDeletedRemotely = isDeletedRemotely
            self.isFromAccountBefore = isFromAccountBefore
        }
    }
    package struct Entry: Hashable, Sendable {
        package let id: EntryID
        package let raw: JSONText
        package let isDropped: Bool

        package init(id: EntryID, raw: JSONText, isDropped: Bool = false) {
            self.id = id
            self.raw = raw
            self.isDropped = isDropped
        }
    }

    package let conversations: [Conversation]
    /// Every entry that is held, by our own name of the conversation, also of what the server does not keep.
    package let held: [LocalID: Set<EntryID>]

    package init(conversations: [Conversation], held: [LocalID: Set<EntryID>] = [:]) {
        (self.conversations, self.held) = (conversations, held)
    }

    subscript(id: RemoteID) -> Conversation? { conversations.first { $0.id == id } }
}
