import ConvoModel
import ConvoStore

/// What a result for people calls conversations and writes: references, and the titles of conversations.
struct Names {
    /// Calls everything by its whole id, and knows no title.
    static let none = Names(references: References(), conversations: [:])

    let references: References
    private let conversations: [LocalID: StoredConversation]

    /// Reads what is needed, in two transactions.
    ///
    /// - Parameters:
    ///   - conversations: the conversations that the result names.
    ///   - writes: the writes.
    ///   - store: where they are.
    /// - Throws: ``StoreError`` if the file cannot be read.
    init(of conversations: [LocalID], writes: [OperationID] = [], in store: Store) throws(StoreError) {
        references = try store.references(of: conversations, writes)
        self.conversations = try store.conversations(conversations)
    }

    /// Makes names of what was read before.
    init(references: References, conversations: [LocalID: StoredConversation]) {
        self.references = references
        self.conversations = conversations
    }

    /// The reference of a conversation.
    func reference(_ id: LocalID) -> String { references[id] }

    /// The reference of a write.
    func reference(_ id: OperationID) -> String { references[id] }

    /// The title of a conversation; `nil` if it is not known.
    func title(_ id: LocalID) -> String? { conversations[id]?.title }

    /// A conversation's reference and its title.
    func words(_ id: LocalID) -> String { [reference(id), title(id)].compactMap(\.self).joined(separator: " ") }
}
