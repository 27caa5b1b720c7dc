public import ConvoModel
public import ConvoStore

/// Reads of what is held here; none of them needs a network or a key.
extension Convo {
    /// The conversations, newest activity first; those that were deleted here are left out.
    ///
    /// - Parameter limit: the largest number of conversations; `nil` for all.
    /// - Returns: the conversations.
    /// - Throws: ``ConvoError``.
    public func conversations(limit: Int? = nil) async throws(ConvoError) -> [StoredConversation] {
        try await reading { store throws(StoreError) in try store.conversations(limit: limit) }
    }

    /// One conversation.
    ///
    /// - Parameter id: its id here.
    /// - Returns: the conversation.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` if it is not here.
    public func conversation(_ id: LocalID) async throws(ConvoError) -> StoredConversation {
        try await conversation(matching: id.rawValue)
    }

    /// The conversation with an id of here or of the server, or the only one whose id begins with a text.
    ///
    /// - Parameter name: the id, or the beginning of one.
    /// - Returns: the conversation.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` or
    ///   ``ConvoStore/StoreError/ambiguousConversation(_:candidates:)``.
    public func conversation(matching name: String) async throws(ConvoError) -> StoredConversation {
        try await reading { store throws(StoreError) in try store.conversation(matching: name) }
    }

    /// A conversation with all its entries and the writes that wait behind them, as of one moment.
    ///
    /// - Parameter id: the conversation.
    /// - Returns: the history.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` if it is not here.
    public func history(of id: LocalID) async throws(ConvoError) -> StoredHistory {
        try await reading { store throws(StoreError) in try store.history(of: id) }
    }

    /// The last entries of a conversation, or those before one: a page for a view that is scrolled up.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - entry: the entry before which they stand; `nil` for the last ones.
    ///   - limit: the largest number of entries.
    /// - Returns: the entries in the conversation's order, and whether there are earlier ones.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` or
    ///   ``ConvoStore/StoreError/noSuchEntry(_:conversation:)``.
    public func history(
        of id: LocalID, before entry: EntryID? = nil, limit: Int
    ) async throws(ConvoError) -> EntryPage {
        try await reading { store throws(StoreError) in try store.entries(of: id, before: entry, limit: limit) }
    }

    /// The entries of a conversation behind one, or the first ones.
    ///
    /// - Parameters:
    ///   - id: the conversation.
    ///   - entry: the entry behind which they stand; `nil` for the first ones.
    ///   - limit: the largest number of entries.
    /// - Returns: the entries in the conversation's order, and whether there are later ones.
    /// - Throws: as ``history(of:before:limit:)``.
    public func entries(
        of id: LocalID, after entry: EntryID?, limit: Int = 100
    ) async throws(ConvoError) -> EntryPage {
        try await reading { store throws(StoreError) in try store.entries(of: id, after: entry, limit: limit) }
    }

    /// One entry.
    ///
    /// - Parameters:
    ///   - entry: the entry's id.
    ///   - id: the conversation that has it; a branch may have an entry of the same id.
    /// - Returns: the entry; `nil` if it is not here.
    /// - Throws: ``ConvoError``.
    public func entry(_ entry: EntryID, in id: LocalID) async throws(ConvoError) -> StoredEntry? {
        try await reading { store throws(StoreError) in try store.entry(entry, in: id) }
    }

    /// The tree of branches that a conversation is part of.
    ///
    /// - Parameter id: any conversation of the tree.
    /// - Returns: the conversation at the tree's root, with its branches.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchConversation(_:)`` if it is not here.
    public func tree(of id: LocalID) async throws(ConvoError) -> BranchTree {
        try await reading { store throws(StoreError) in try store.tree(of: id) }
    }

    /// The tags of all conversations.
    ///
    /// - Returns: each tag once, in their order, with the number of its conversations.
    /// - Throws: ``ConvoError``.
    public func tags() async throws(ConvoError) -> [TagCount] {
        try await reading { store throws(StoreError) in try store.tags() }
    }

    /// Searches entries, queued writes and conversations' names.
    ///
    /// - Parameters:
    ///   - query: words, phrases in quotes, and conditions such as `role:user`, `after:2026-01-01`.
    ///   - limit: the largest number of hits.
    ///   - order: the best first, or the newest.
    /// - Returns: the hits, and how many there are in all.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/unreadableMoment(_:_:)`` for a date that cannot be
    ///   read.
    public func search(
        _ query: String, limit: Int = 20, order: SearchOrder = .relevance
    ) async throws(ConvoError) -> SearchResults {
        try await reading { store throws(StoreError) in try store.search(query, limit: limit, order: order) }
    }

    /// The writes that were accepted here, in the order of acceptance.
    ///
    /// - Parameter all: whether to return those that are delivered or cancelled, too.
    /// - Returns: the writes.
    /// - Throws: ``ConvoError``.
    public func outbox(all: Bool = false) async throws(ConvoError) -> [OutboxItem] {
        try await reading { store throws(StoreError) in try store.outbox(all: all) }
    }

    /// One write.
    ///
    /// - Parameter id: the write.
    /// - Returns: the write, and what has become of it so far.
    /// - Throws: ``ConvoError/store(_:)`` with ``ConvoStore/StoreError/noSuchOperation(_:)`` if it is not here.
    public func operation(_ id: OperationID) async throws(ConvoError) -> OutboxItem {
        try await reading { store throws(StoreError) in try store.operation(matching: id.rawValue) }
    }

    /// The files that entries refer to, and which of them are stored here.
    ///
    /// - Parameter id: a conversation; `nil` for all.
    /// - Returns: the files.
    /// - Throws: ``ConvoError``.
    public func files(of id: LocalID? = nil) async throws(ConvoError) -> [StoredFile] {
        try await reading { store throws(StoreError) in try store.files(of: id) }
    }

    /// The numbers of conversations, entries and writes in the database.
    public var status: StoreStatus {
        get async throws(ConvoError) { try await reading { store throws(StoreError) in try store.status() } }
    }
}
