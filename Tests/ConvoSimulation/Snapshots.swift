public import ConvoModel

/// The outbox as the checkers see it; made from the store by whoever runs it.
public struct OutboxSnapshot: Sendable {
    public enum State: Hashable, Sendable { case queued, sending, inDoubt, delivered, refused, held, cancelled }

    public struct Item: Sendable {
        public let id: OperationID
        /// In which conversation of ours, for the order within it.
        public let conversation: LocalID
        public let kind: Turn.Kind
        public let state: State
        /// Why it waits for a person.
        public let reason: String?
        /// Where it goes, or what it made, and what it says.
        public let remoteID: RemoteID?
        public let inputs: [JSONText]
        /// Whether the server keeps it.
        public let isStored: Bool

        public init(
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
    public let items: [Item]
    /// The conversations whose deletion there is delivered, by the outbox's word.
    public let deleted: [RemoteID]

    public init(items: [Item], deleted: [RemoteID] = []) { (self.items, self.deleted) = (items, deleted) }
}

/// Our copy of the server as the checkers see it.
public struct MirrorSnapshot: Sendable {
    public struct Conversation: Sendable {
        public let id: RemoteID
        /// The server's object; `nil` where we have not seen it yet.
        public let raw: JSONText?
        /// In their order; what the server dropped is marked.
        public let entries: [Entry]
        public let isDeletedRemotely: Bool
        /// Held from before the database was given to the account of now, which has not shown it.
        public let isFromAccountBefore: Bool

        public init(
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
    public struct Entry: Hashable, Sendable {
        public let id: EntryID
        public let raw: JSONText
        public let isDropped: Bool

        public init(id: EntryID, raw: JSONText, isDropped: Bool = false) {
            self.id = id
            self.raw = raw
            self.isDropped = isDropped
        }
    }

    public let conversations: [Conversation]
    /// Every entry that is held, by our own name of the conversation, also of what the server does not keep.
    public let held: [LocalID: Set<EntryID>]

    public init(conversations: [Conversation], held: [LocalID: Set<EntryID>] = [:]) {
        (self.conversations, self.held) = (conversations, held)
    }

    subscript(id: RemoteID) -> Conversation? { conversations.first { $0.id == id } }
}
