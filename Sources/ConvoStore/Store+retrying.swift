public import ConvoModel
import ConvoSQLite

/// Retries a write that a person lets go again.
extension Store {
    /// Retries a write, durably, and wakes a daemon.
    ///
    /// - A refused or held write goes back into the queue, with the writes that were held only because of it. Its
    ///   writer counts as having seen the mirror's last entry. If another write before it is refused or held, it waits for that
    ///   one from now on.
    /// - A queued write need not wait for its next attempt any more.
    /// - A write in doubt is looked for on the server at once; it is still not sent before the server is known not to
    ///   have it.
    /// - A write that is held as `copied` or `not_shown`, or that was under way when the database changed hands, becomes in doubt: the
    ///   engine looks for it on the server first. So does an append that is held as `conversation_gone`, and a start or restart whose
    ///   answer was lost and whose conversation a pull has found, unless it is marked as deleted since.
    ///
    /// - Parameter id: the write.
    /// - Throws: ``StoreError/noSuchOperation(_:)``; ``StoreError/wrongState(_:state:action:)`` if the write is being
    ///   sent, delivered or cancelled, or waits for another one that is refused or held;
    ///   ``StoreError/accountBefore(_:)`` if its conversation, or that one's parent, belongs to the previous account.
    ///   Nothing is changed then.
    public func retry(_ id: OperationID) throws(StoreError) {
        try writeDurably { database in
            try claimInstance(database)
            try retry(database, try require(database, id))
        }
        notifyListener()
    }

    /// Retries every write in some states, as ``retry(_:)`` does, in one durable transaction.
    ///
    /// Skips each write that ``retry(_:)`` would refuse. A write that is held because of another one is released when
    /// that one is retried.
    ///
    /// - Parameter states: the states; only writes that are queued, in doubt, refused or held can be retried.
    /// - Returns: the writes that were retried themselves, in the order of acceptance.
    /// - Throws: ``StoreError`` if the file cannot be written; nothing is changed then.
    public func retryAll(in states: Set<OperationState>) throws(StoreError) -> [OperationID] {
        let retried = try writeDurably { database in
            try claimInstance(database)
            var retried: [OperationID] = []
            for found in try open(database, in: states.intersection([.queued, .inDoubt, .refused, .held])) {
                let item = try require(database, found.id)
                guard item.state == found.state else { continue }  // released with the one that it waited for
                do {
                    try retry(database, item)
                    retried.append(item.id)
                } catch StoreError.wrongState {  // it waits for another one, which comes first
                } catch StoreError.accountBefore {}  // it stays held
            }
            return retried
        }
        notifyListener()
        return retried
    }

    private func retry(_ database: Database, _ item: OutboxItem) throws {
        // A program that was told of a failure did not want it sent again; the person does.
        try database.execute(sql: "UPDATE request SET is_wanted = 1 WHERE operation = ?", arguments: [item.sequence])
        let blocker = try blocker(database, of: item)
        if try isLookedForFirst(database, item) {
            try requireFindable(database, item, blocker)
            return try lookAgain(database, for: item)
        }
        switch item.state {
        case .queued, .inDoubt:
            try database.execute(
                sql: "UPDATE operation SET next_attempt = NULL WHERE id = ?", arguments: [item.id.rawValue])
        case .held where item.reason?.code == OutboxItem.Reason.copied.code:
            try requireFindable(database, item, blocker)
            // `seen_entry_id` stays: the engine looks behind that entry for the write that the original may have sent.
            _ = try move(
                database, item.id, from: [.held], to: .inDoubt, reason: .copied,
                set: """
                    next_attempt = NULL, failures = 0, base_count = NULL, doubted = ?,
                    doubted_uptime = ?, doubted_boot = ?
                    """, present())
            try releaseDependents(database, of: item)
        // The one that it waited for is delivered, or no longer in front of it.
        case .held where item.reason?.code == Dependence.code && blocker == nil:
            try requireOwnConversation(database, of: item)
            _ = try move(
                database, item.id, from: [.held], to: .queued, reason: nil, set: "next_attempt = NULL", [])
            try releaseDependents(database, of: item)
        case .refused where item.reason?.code != Dependence.code, .held where item.reason?.code != Dependence.code:
            try requireOwnConversation(database, of: item)
            _ = try move(
                database, item.id, from: [item.state], to: blocker == nil ? .queued : .held,
                reason: blocker.map { Dependence.reason(on: $0) },
                // The person has decided knowing what others wrote, so the mirror's last entry counts as seen.
                // Without a base, it shows that the history is to be read before it is sent again.
                set: """
                    next_attempt = NULL, failures = 0, base_count = NULL, seen_entry_id =
                        (SELECT \(Store.tip) FROM conversation c WHERE c.key = operation.conversation)
                    """, [])
            try releaseDependents(database, of: item)
        default:
            throw StoreError.wrongState(item.id, state: item.state, action: "retried")
        }
    }

    /// Whether a held write was under way when the database changed hands, could only not be shown, is an append whose conversation was
    /// not found, or a start or restart whose answer was lost and that has a conversation by now: a retry looks for it.
    func isLookedForFirst(_ database: Database, _ item: OutboxItem) throws -> Bool {
        guard item.state == .held, item.doubtedAt != nil else { return false }
        if [OutboxItem.Reason.otherOwnerCode, OutboxItem.Reason.notShownCode].contains(item.reason?.code) {
            return true
        }
        if item.kind == .append { return item.reason?.code == OutboxItem.Reason.goneCode }
        guard item.kind.makesConversation, let id = item.remoteID,
            ![Dependence.code, OutboxItem.Reason.copiedCode].contains(item.reason?.code)
        else { return false }
        // One that the server has lost since is made again.
        return try ConversationRow.fetch(database, remoteID: id)?.isGoneRemotely == false
    }

    /// Makes a held or queued write in doubt anew, and the engine looks for it first: it was under way when the database changed hands,
    /// its conversation was not shown, or has been found.
    func lookAgain(_ database: Database, for item: OutboxItem) throws {
        _ = try move(
            database, item.id, from: [.held, .queued], to: .inDoubt, reason: item.reason,
            set: "next_attempt = NULL, failures = 0, doubted = ?, doubted_uptime = ?, doubted_boot = ?", present())
        try releaseDependents(database, of: item)
    }

    /// Throws if the engine cannot look for a write: its conversation does not exist before the write is delivered that stops it,
    /// or belongs to the previous account.
    private func requireFindable(_ database: Database, _ item: OutboxItem, _ blocker: OperationID?) throws {
        if item.remoteID == nil, blocker != nil {
            throw StoreError.wrongState(item.id, state: item.state, action: "retried")
        }
        try requireOwnConversation(database, of: item)
    }

    /// Throws if a write goes to a conversation of the previous account, or to a branch of one: the current account
    /// cannot deliver it.
    private func requireOwnConversation(_ database: Database, of item: OutboxItem) throws {
        for id in [item.remoteID, item.parentRemoteID].compactMap(\.self) {
            if let conversation = try ConversationRow.fetch(database, remoteID: id), conversation.isFromAccountBefore {
                throw StoreError.accountBefore(conversation.id)
            }
        }
    }
}
