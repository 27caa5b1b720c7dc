package import ConvoJSON
package import ConvoModel

/// A conversation with all that is kept of it, as an export holds it and an import brings it back.
///
/// An imported conversation gives the facts of the store that it came from, so that a second export has the bytes of the
/// first.
package struct ArchivedConversation: Sendable, Hashable {
    /// The conversation that a branch was made from.
    package struct Parent: Sendable, Hashable {
        /// The parent's local id in the store that the conversation came from.
        package let id: LocalID
        /// The parent's id on the server; `nil` if it was not known.
        package let remoteID: RemoteID?
        /// The parent's last entry that the branch shares; `nil` if none is recorded.
        package let entry: EntryID?
        /// Whether the parent was recognised by entries that both have.
        package let isInferred: Bool

        /// Makes a parent of its facts.
        ///
        /// - Parameters:
        ///   - id: the parent's local id in the store that the conversation came from.
        ///   - remoteID: the parent's id on the server; `nil` if it was not known.
        ///   - entry: the parent's last entry that the branch shares; `nil` if none is recorded.
        ///   - isInferred: whether the parent was recognised by entries that both have.
        package init(id: LocalID, remoteID: RemoteID?, entry: EntryID?, isInferred: Bool) {
            self.id = id
            self.remoteID = remoteID
            self.entry = entry
            self.isInferred = isInferred
        }
    }

    /// The facts of a conversation that are neither its entries nor the server's object.
    package struct Facts: Sendable, Hashable {
        /// The local id in the store that the conversation came from.
        package var id: LocalID
        /// The id on the server; `nil` if it was not known.
        package var remoteID: RemoteID?
        /// The name; `nil` if it has none.
        package var name: String?
        /// The description; `nil` if it has none.
        package var description: String?
        /// The model that answers; `nil` for an agent's conversation.
        package var model: String?
        /// The agent that answers; `nil` for a model's conversation.
        package var agentID: String?
        /// When the conversation was made, in RFC 3339 if the server keeps its promise.
        package var createdAt: String
        /// The text of the server's `updated_at` as it came.
        package var updatedAt: String
        /// When the conversation was marked as deleted on the server, in RFC 3339; `nil` if it was not marked.
        package var deletedRemotelyAt: String?
        /// Whether the conversation was made with `store: false`.
        package var isLocalOnly: Bool
        /// The conversation that this one is a branch of; `nil` if it is no branch, or the parent is not known.
        package var parent: Parent?

        /// The name that a person has given it; `nil` if there is none.
        package var localName: String?
        /// The tags that a person has given it.
        package var tags: [String] = []

        /// Makes the facts of a conversation that has an id and two times, and no others yet.
        ///
        /// - Parameters:
        ///   - id: the local id in the store that the conversation came from.
        ///   - createdAt: when the conversation was made.
        ///   - updatedAt: the text of the server's `updated_at`.
        package init(id: LocalID, createdAt: String, updatedAt: String) {
            self.id = id
            self.createdAt = createdAt
            self.updatedAt = updatedAt
            isLocalOnly = false
        }

        /// Compares all texts by their bytes.
        package static func == (one: Facts, other: Facts) -> Bool {
            one.id == other.id && one.remoteID == other.remoteID && one.name.hasSameBytes(as: other.name)
                && one.description.hasSameBytes(as: other.description) && one.model.hasSameBytes(as: other.model)
                && one.agentID.hasSameBytes(as: other.agentID) && one.createdAt.hasSameBytes(as: other.createdAt)
                && one.updatedAt.hasSameBytes(as: other.updatedAt)
                && one.deletedRemotelyAt.hasSameBytes(as: other.deletedRemotelyAt)
                && one.isLocalOnly == other.isLocalOnly && one.parent == other.parent
                && one.localName.hasSameBytes(as: other.localName)
                && one.tags.elementsEqual(other.tags) { $0.hasSameBytes(as: $1) }
        }
    }

    /// What is known of the conversation beside the server's object.
    package let facts: Facts
    /// The server's object as it came; `nil` if no read has shown the conversation.
    package let raw: JSONText?
    /// The entries in the conversation's order, those that the server has dropped included.
    package let entries: [ArchivedEntry]

    /// Makes an archive of its parts.
    ///
    /// - Parameters:
    ///   - facts: what is known of the conversation beside the server's object.
    ///   - raw: the server's object; `nil` if no read has shown the conversation.
    ///   - entries: the entries in their order; each id must occur once.
    package init(facts: Facts, raw: JSONText?, entries: [ArchivedEntry]) {
        self.facts = facts
        self.raw = raw
        self.entries = entries
    }
}

/// An entry with all that is kept of it.
package struct ArchivedEntry: Sendable, Hashable {
    /// The entry's id in the store: the server's, or one that the store made because the server's is missing or not
    /// unique.
    package let id: EntryID
    /// The entry as the server wrote it.
    package let entry: Entry
    /// When the entry was marked as dropped, in RFC 3339; `nil` if it is not marked.
    package let droppedAt: String?
    /// Whether no history has brought the entry.
    package let isLocalOnly: Bool
    /// The entry's `completed_at` from the response or from the entry itself; `nil` if neither had one.
    package let completedAt: String?

    /// Makes an entry of its parts.
    ///
    /// - Parameters:
    ///   - id: the entry's id in the store.
    ///   - entry: the entry as the server wrote it.
    ///   - droppedAt: when the entry was marked as dropped; `nil` if it is not marked.
    ///   - isLocalOnly: whether no history has brought the entry.
    ///   - completedAt: the entry's `completed_at`; `nil` takes the one in the entry itself, if it has one.
    package init(id: EntryID, entry: Entry, droppedAt: String?, isLocalOnly: Bool, completedAt: String?) {
        self.id = id
        self.entry = entry
        self.droppedAt = droppedAt
        self.isLocalOnly = isLocalOnly
        self.completedAt = completedAt ?? entry.raw["completed_at"]?.string
    }
}
