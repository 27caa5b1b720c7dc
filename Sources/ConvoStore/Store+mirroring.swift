package import ConvoJSON
package import ConvoModel
import ConvoSQLite

/// Stores what the server holds; storing the same thing twice changes nothing.
extension Store {
    /// Stores conversations as `get`, or a page of the list that is not cached, described them.
    ///
    /// A conversation whose `metadata` names one of our own operations (``operationKey``) is the one that this start or
    /// restart has made: its row here gets the server's id.
    ///
    /// A conversation that was marked as deleted on the server is unmarked; one that was deleted here stays so. One that
    /// was imported is mirrored from now on. If
    /// nothing is new, this only reads.
    ///
    /// - Parameters:
    ///   - conversations: the conversations as the server described them.
    ///   - claim: whose key has read them; `nil` where that is known.
    /// - Returns: what each of them meant, in the same order.
    /// - Throws: ``StoreError`` if the file cannot be written, or belongs to somebody else by now; nothing is changed then.
    package func ingest(
        _ conversations: [Conversation], readWith claim: OwnerClaim? = nil
    ) throws(StoreError) -> IngestedPage {
        let ids = conversations.map(\.id)
        let known = try read { database in try conversations.map { try change(database, ofKnown: $0) } }
        if !known.contains(nil) { return IngestedPage(items: known.compactMap(\.self), ids: ids) }
        return try write { database in
            try require(database, claim)
            let items = try conversations.map { try change(database, ofKnown: $0) ?? ingest(database, $0, on: nil) }
            return IngestedPage(items: items, ids: ids)
        }
    }

    /// Stores a page of the list, sets aside its elements that cannot be read, and caches it, in one transaction.
    ///
    /// - Parameters:
    ///   - page: the page as the server sent it.
    ///   - place: the page's position in the list.
    ///   - digest: the digest of the page's bytes, for ``cachedPage(at:)``.
    ///   - claim: whose key has read it; `nil` where that is known.
    /// - Returns: what each conversation of the page meant, as `ingest(_:)` does, and how many elements were set
    ///   aside.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    package func ingest(
        _ page: ConversationPage, at place: PageKey, digest: PageDigest, readWith claim: OwnerClaim? = nil
    ) throws(StoreError) -> IngestedPage {
        let ids = page.conversations.map(\.id)
        return try write { database in
            try require(database, claim)
            let items = try page.conversations.map {
                try change(database, ofKnown: $0) ?? ingest(database, $0, on: place.page)
            }
            try note(database, place, digest, of: ids, count: page.count)
            try recordOddConversations(database, page.oddItems, on: place, count: page.count)
            return IngestedPage(items: items, ids: ids, oddCount: page.lostCount)
        }
    }

    /// Stores histories of known conversations, several in one transaction.
    ///
    /// A long history takes several transactions, and its conversation counts as stale until the last of them.
    /// Transactions become short while another process waits to write, and behind each of them the call waits some seconds
    /// where SQLite's log is long (``hasRoomInLog()``).
    ///
    /// Entries are matched by id. A history that leaves out a stored entry, or that has not changed although
    /// `updated_at` has, may be older than the list: its entries are stored, nothing is marked as dropped, and the
    /// history is to be read again (``HistoryRecheck``). Entries that the server keeps leaving out are kept, and marked
    /// as dropped. A history that is older than the stored one is ignored, as is one of a conversation that is unknown
    /// or was deleted here.
    ///
    /// - Parameter histories: the histories, each with the `updated_at` that was known before it was read, and with whose key.
    /// - Returns: how many entries are new.
    /// - Throws: ``StoreError`` if the file cannot be written, or belongs to somebody else by now. Histories that were stored
    ///   before stay, and the conversations of the others are still stale.
    @discardableResult
    package func ingest(_ histories: [FetchedHistory]) throws(StoreError) -> Int {
        var (rest, count) = (histories[...], 0)
        // How far earlier transactions have merged the first one.
        var progress = MergeProgress()
        while !rest.isEmpty {
            count += try write { database in try takeInSome(database, of: &rest, &progress) }
            budget.note(wasAwaited: isAwaited)
            segmentMergePolicy.add()
            _ = try mergeIndex(hasMoreToCome: true)
            if !rest.isEmpty { waitForRoomInLog(seconds: 5) }
        }
        return count
    }

    /// Stores as many histories, or as much of a long one, as one transaction may; less if another process waits to
    /// write.
    ///
    /// - Parameters:
    ///   - database: the connection that is in the transaction.
    ///   - histories: the histories; those that are stored whole are removed.
    ///   - progress: how far earlier transactions have merged the first history.
    /// - Returns: how many entries are new.
    /// - Throws: ``DatabaseError``.
    private func takeInSome(
        _ database: Database, of histories: inout ArraySlice<FetchedHistory>, _ progress: inout MergeProgress
    ) throws -> Int {
        var (count, room) = (0, budget.size)
        var batch = IndexBatch()
        var merged: Set<Int64> = []
        var claim: OwnerClaim?
        while room > 0, let intake = histories.first {
            if intake.claim != claim {
                claim = intake.claim
                try require(database, claim)
            }
            if let conversation = try ConversationRow.fetch(database, remoteID: intake.history.conversationID),
                !conversation.isHidden, conversation.accepts(historyOf: intake.version)
            {
                if !merged.insert(conversation.key).inserted {  // only what is in the index can leave it
                    try index(database, batch)
                    batch = IndexBatch()
                }
                var state = try recheckState(database, of: conversation.key, intake.version)
                let mayGoOn = try mayGoOn(database, intake, of: conversation, state)
                let result = try merge(
                    database, intake, into: conversation.key, &progress, &batch, &room,
                    drops: environment.believesEachHistory
                        || HistoryRecheck.isBelieved(after: state.before, now: environment.now()))
                count += result.newCount
                guard result.isWhole else { break }
                if !progress.hasChanged { state.keepWaiting() }
                try recordOddEntries(database, intake.history.oddItems, of: intake.history.conversationID)
                let isOutdated =
                    try !environment.believesEachHistory
                    && (result.isMissing
                        || (!progress.hasChanged && (state.hasMoved || state.before?.cause == .outdated))
                        || hasGap(database, intake, state))
                try settle(
                    database, conversation.key, intake, state, isOutdated: isOutdated, mayGoOn: mayGoOn)
                try requireReadable(intake.history)
                try inferBranches(database, around: conversation.key)
            }
            histories.removeFirst()
            progress = MergeProgress()
            if isAwaited { break }
        }
        try index(database, batch)
        return count
    }

    /// Records that a pull is complete now, and brings a long log into the file (``finishCheckpoints()``).
    ///
    /// - Parameters:
    ///   - isSweep: whether the pull read all pages of the list, and not only the first ones.
    ///   - claim: whose key has read them; `nil` where that is known.
    /// - Throws: ``StoreError`` if the file cannot be written, or belongs to somebody else by now; nothing is changed then.
    package func notePull(isSweep: Bool, readWith claim: OwnerClaim? = nil) throws(StoreError) {
        let now = environment.now().text
        try write { database in
            try require(database, claim)
            try StoreMetadataKey.set(database, .lastPull, now)
            if isSweep {
                try StoreMetadataKey.set(database, .lastSweep, now)
                try StoreMetadataKey.remove(database, .sweepDue)
            }
        }
        finishCheckpoints()
    }

    /// The change that a conversation means if nothing has to be written for it: it is stored as the server describes
    /// it, or was deleted here.
    ///
    /// `nil` for every other conversation.
    private func change(_ database: Database, ofKnown incoming: Conversation) throws -> IngestedPage.Change? {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT hidden, raw IS ? AND deleted_remotely_at IS NULL AND other_account = 0
                            AND NOT EXISTS (SELECT 1 FROM imported_conversation i WHERE i.conversation = c.key) AS is_held,
                        history_version IS NOT updated_at AS is_stale
                    FROM conversation c WHERE remote_id = ?
                    """),
            arguments: [incoming.raw.text, incoming.id.rawValue])
        guard let row else { return nil }
        if row["hidden"] as Bool { return .unchanged }
        guard row["is_held"] as Bool else { return nil }
        return (row["is_stale"] as Bool) ? .changed : .unchanged
    }

    private func ingest(
        _ database: Database, _ incoming: Conversation, on page: Int?
    ) throws -> IngestedPage.Change {
        let known = try ConversationRow.fetch(database, remoteID: incoming.id) ?? adopt(database, incoming)
        if let known, known.isHidden { return .unchanged }
        let key: Int64
        if let known {
            key = known.key
            if known.isLocalOnly { try mirrorImported(database, key) }
            try update(database, known, to: incoming)
        } else {
            key = try insert(database, incoming, on: page)
        }
        guard known?.remoteID != nil else { return .new }
        let isStale = try database.isTrue(
            sql: "SELECT history_version IS NOT updated_at FROM conversation WHERE key = ?", arguments: [key])
        return isStale ? .changed : .unchanged
    }

    /// Gives the server's id to the local conversation of our own start or restart whose answer has not come (yet).
    ///
    /// A cancelled one has no claim: another copy of this database may have sent it, and its conversation is shown. One that
    /// is held because nobody could tell which conversation it had made is in doubt again: this one is it. So is one that
    /// waits to be sent again, because it was not found or a person let it go.
    ///
    /// - Returns: the local conversation; `nil` if the incoming one is not ours.
    private func adopt(_ database: Database, _ incoming: Conversation) throws -> ConversationRow? {
        guard let operation = incoming.metadata?[Store.operationKey]?.string else { return nil }
        try database.execute(
            sql: """
                UPDATE conversation SET remote_id = ? WHERE remote_id IS NULL
                    AND key = (SELECT conversation FROM operation WHERE id = ? AND kind IN ('start', 'restart')
                        AND state <> 'cancelled')
                """,
            arguments: [incoming.id.rawValue, operation])
        if database.changesCount > 0, let item = try OutboxItem.fetchOne(database, OperationID(operation)),
            item.doubtedAt != nil,
            item.state == .queued
                || item.state == .held
                    && [OutboxItem.Reason.unrecognisableCode, OutboxItem.Reason.notShownCode].contains(
                        item.reason?.code)
        {
            try lookAgain(database, for: item)
        }
        return try ConversationRow.fetch(database, remoteID: incoming.id)
    }

    private func insert(_ database: Database, _ incoming: Conversation, on page: Int?) throws -> Int64 {
        try database.cachedStatement(
            sql: """
                INSERT INTO conversation (id, remote_id, raw, name, description, model, agent_id, created_at, updated_at,
                    activity, listed_page) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            environment.makeName(), incoming.id.rawValue, incoming.raw.text, incoming.name, incoming.description,
            incoming.model, incoming.agentID, incoming.createdAt.text, incoming.version,
            incoming.updatedAt.microseconds, page,
        ])
        let key = database.lastInsertedRowID
        try index(
            database, conversation: key, SearchedNames(name: incoming.name, description: incoming.description))
        return key
    }

    private func update(_ database: Database, _ known: ConversationRow, to incoming: Conversation) throws {
        if !known.name.hasSameBytes(as: incoming.name) || !known.description.hasSameBytes(as: incoming.description) {
            try unindex(database, conversation: known.key, known.names)
            let names = SearchedNames(
                localName: known.names.localName, name: incoming.name, description: incoming.description)
            try index(database, conversation: known.key, names)
        }
        try database.cachedStatement(
            sql: """
                UPDATE conversation SET raw = ?, name = ?, description = ?, model = ?, agent_id = ?, created_at = ?,
                    updated_at = ?, activity = MAX(activity, ?),
                    history_version = CASE WHEN deleted_remotely_at IS NULL THEN history_version END,
                    deleted_remotely_at = NULL, other_account = 0
                WHERE key = ?
                """
        ).execute(arguments: [
            incoming.raw.text, incoming.name, incoming.description, incoming.model, incoming.agentID,
            incoming.createdAt.text, incoming.version, incoming.updatedAt.microseconds, known.key,
        ])
    }
}
