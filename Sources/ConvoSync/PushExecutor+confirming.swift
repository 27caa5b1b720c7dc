import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore

/// Reads whether a write in doubt is on the server.
extension PushExecutor {
    func confirm(_ item: OutboxItem) async throws -> InDoubtLookup {
        if item.request["store"]?.bool == false { return .unclear(.unconfirmable) }
        do {
            switch item.kind {
            case .append: return try await confirmAppend(item)
            case .start, .restart: return try await confirmCreation(item)
            case .delete: return .absent  // deleting again does no harm, and a replica may answer a read
            }
        } catch let error as APIError where error.isBusy {
            return .busy
        } catch let error as APIError where error.isNotFound {
            return .denied
        } catch let error as APIError where error.isAnswerTooLarge {
            return .unclear(.unreadable)  // another read would bring the same
        } catch let error as APIError where error.isRefusal || error.isNotTheAPI {
            try await requireAPI(behind: error)
            return .unreadable
        }
    }

    /// Makes sure that the API answers this key at all, after it has refused one conversation, or something else has answered.
    ///
    /// - Throws: `failure` if it does not: then nothing follows for that conversation.
    func requireAPI(behind failure: APIError) async throws {
        do throws(APIError) { _ = try await api.list(page: 0, pageSize: 1, metadata: nil) } catch { throw failure }
    }

    private func confirmAppend(_ item: OutboxItem) async throws -> InDoubtLookup {
        guard let base = item.base ?? item.copyBase else { return .unclear(.ambiguous) }
        let remoteID = try item.requireRemoteID()
        let description = try await api.get(remoteID)
        let history = try await history(of: remoteID)
        _ = try store.ingest([description])
        try store.ingest([FetchedHistory(history, version: description.version)])
        let match = InputMatch(
            of: AppendRequest(json: item.request), in: history.entries, after: base.entryID,
            writtenBy: base.version.flatMap { Timestamp(lenient: $0) })
        try history.requireReadable()
        if match == .present || match == .unanswered, try isAnybodys(item) { return .unclear(.ambiguous) }
        // The database's original may have made a branch of it, which carries the operation's id.
        if match == .absent, item.base == nil, try policy(of: item.conversation) != .append {
            return try await search(item)
        }
        switch match {
        case .present: return .present(nil)
        case .unanswered: return .unanswered(nil)
        case .absent: return .absent
        case .ambiguous: return .unclear(.ambiguous)
        case .similar: return .unclear(.changed)
        case .outdated: return .outdated
        }
    }

    /// Whether a match behind the base may as well be another writer's: if the base was not read just before the write
    /// was sent, or if another copy of the database may have sent another write that says the same.
    private func isAnybodys(_ item: OutboxItem) throws -> Bool {
        if let base = item.base { return base.version == nil }
        if item.seenEntryID == nil, try !isOwnStart(item) { return true }
        return try hasTwin(item)
    }

    /// Whether a start of ours made the conversation, so that all its entries are newer than the write.
    private func isOwnStart(_ item: OutboxItem) throws -> Bool {
        let remoteID = try item.requireRemoteID()
        return try store.ownStarts(among: [remoteID]).contains(remoteID)
    }

    /// Whether another write to the conversation says the same, or one to a conversation that may prove to be this one:
    /// its start is not settled, and the database's original may know more.
    private func hasTwin(_ item: OutboxItem) throws -> Bool {
        guard let inputs = try? Inputs(json: item.inputs) else { return false }
        let conversations = try Set(
            store.unsettledCreations(besides: item.id).map(\.conversation) + [item.conversation])
        return try conversations.contains { conversation in
            try store.operations(in: conversation).contains { other in
                guard other.id != item.id, other.kind == .append || conversation == item.conversation,
                    other.state != .cancelled, let theirs = try? Inputs(json: other.inputs)
                else { return false }
                return InputFingerprint.areEqual(inputs, theirs)
            }
        }
    }

    private func confirmCreation(_ item: OutboxItem) async throws -> InDoubtLookup {
        // A pull may have met the conversation meanwhile, and recognised it.
        var known = try store.operation(matching: item.id.rawValue).remoteID
        // It may be what an earlier try has made that the server refused in the end, here or in the database's original;
        // but not if the last try's own stream named it, of which a part is kept then.
        let isRetry = item.attempts > 1 || item.reason?.code == OutboxItem.Reason.copiedCode
        if try known == nil || isRetry && store.response(to: item.id) == nil {
            let found = try await search(item)
            switch found {
            case .present, .unanswered: return found
            default: break
            }
            // A pull may have recognised it during the search.
            known = try known ?? store.operation(matching: item.id.rawValue).remoteID
            guard known != nil else { return found }
        }
        guard let known else { return .outdated }
        let wasSeen = try store.conversation(matching: item.conversation.rawValue).raw != nil
        do {
            return try await confirm(known)
        } catch let error as APIError where error.isNotFound && (isRetry || !wasSeen) {
            return .outdated  // the last try's conversation may appear yet
        }
    }

    /// Looks for the conversation that a start or restart has made.
    private func search(_ item: OutboxItem) async throws -> InDoubtLookup {
        var search = CreationSearch(
            item, hidesMetadata: try await serverHidesMetadata(), limits: limits)
        /// The conversations as the list has them, because a pull compares with their `updated_at`.
        var rows: [RemoteID: Conversation] = [:]
        while true {
            switch search.step {
            case .list(let page):
                let listed = try await list(page, for: item)
                for conversation in listed.content.conversations { rows[conversation.id] = conversation }
                search.listed(listed)
            case .get(let id): search.got(try await whereThere { try await api.get(id) })
            case .history(let id): try await compare(id, version: rows[id]?.version, in: &search)
            case .found(let id): return try await answered(id, createdAt: rows[id]?.createdAt)
            // The original may have made no branch at all; then another writer made this conversation.
            case .likely where item.kind == .append: return .unclear(.unrecognisable)
            case .likely(let id):
                return try hasRival(item, for: id)
                    ? .unclear(.unrecognisable) : try await answered(id, createdAt: rows[id]?.createdAt)
            case .absent: return try mayBeGone(item, search) ? .unclear(.unrecognisable) : .absent
            case .unproven: return .outdated
            case .ambiguous: return .unclear(.unrecognisable)
            }
        }
    }

    /// Reads a candidate's history for the search; one that is over the size limit is not fetched again in the same
    /// version.
    private func compare(_ id: RemoteID, version: String?, in search: inout CreationSearch) async throws {
        if let version, try store.isHistoryUnreadable(of: id, version: version) { return search.couldNotRead() }
        do {
            let history = try await whereThere { try await api.getHistory(of: id) }
            search.read(history?.entries)
            try history?.requireReadable()
        } catch let error as APIError where error.isAnswerTooLarge {
            if let version {
                try store.recordUnreadableHistory(of: id, version: version, reason: "\(SyncFailure(error))")
            }
            search.couldNotRead()
        } catch let error as APIError where error.isRefusal || error.isNotTheAPI {
            try await requireAPI(behind: error)
            search.read(nil)
        }
    }

    /// Whether the server returns the metadata of our writes neither in the list nor by `get`; `false` if none of them can
    /// show it.
    func serverHidesMetadata() async throws -> Bool {
        guard try store.givesMetadataBack() == false, let known = try store.ownCreation(),
            let own = try await whereThere({ try await api.get(known) })
        else { return false }
        return own.metadata?[Store.operationKey] == nil
    }

    /// Whether another start or restart of ours may have made the conversation: one that says the same, or one that is
    /// known to have made it by now.
    func hasRival(_ item: OutboxItem, for id: RemoteID) throws -> Bool {
        if try !store.conversationsNotMade(by: item.id, among: [id]).isEmpty { return true }
        guard let inputs = try? Inputs(json: item.inputs) else { return false }
        return try store.unsettledCreations(besides: item.id).contains { other in
            (try? Inputs(json: other.inputs)).map { InputFingerprint.areEqual(inputs, $0) } ?? false
        }
    }

    /// Whether a conversation that is gone by now may have been what the write made.
    ///
    /// Nothing is left of the text of a conversation that was deleted here. Such a one counts only if the list shows no
    /// metadata at all: otherwise a pull would have recognised it, unless the server returns metadata for some only.
    func mayBeGone(_ item: OutboxItem, _ search: CreationSearch) throws -> Bool {
        guard let inputs = try? Inputs(json: item.inputs) else { return false }
        return try store.goneConversations(
            since: item.id, listed: search.met, backTo: search.oldest
        ).contains { id, isHidden in
            if isHidden { return !search.listTells }
            let entries = try store.history(of: id, withDropped: true).entries.map(\.entry)
            guard !entries.isEmpty else { return true }  // the mirror never had any
            return CreationSearch.match(
                of: inputs, in: entries, isStart: item.kind == .start, createdAt: nil) != .absent
        }
    }

    func list(_ page: Int, for item: OutboxItem) async throws -> CreationSearch.Page {
        let content = try await api.list(page: page, pageSize: limits.pageSize, metadata: nil)
        _ = try store.ingest(content.conversations)
        let ids = content.conversations.map(\.id)
        return CreationSearch.Page(
            content: content, excluded: try store.conversationsNotMade(by: item.id, among: ids))
    }

    /// Reads something that may be gone.
    ///
    /// - Returns: what was read; `nil` if the server does not find it: somebody has deleted it, or a replica lags
    ///   behind.
    func whereThere<Value>(_ read: () async throws -> Value) async throws -> Value? {
        do { return try await read() } catch let error as APIError where error.isNotFound { return nil }
    }

    /// Looks at a conversation that was once seen.
    ///
    /// If it is gone, the write is not sent again: somebody has deleted the conversation.
    private func confirm(_ known: RemoteID) async throws -> InDoubtLookup {
        let description = try await api.get(known)
        _ = try store.ingest([description])
        return try await answered(known, createdAt: description.createdAt)
    }

    /// Whether the conversation's last turn has an answer.
    ///
    /// A server may list a conversation before its first answer, and remove it if the run fails.
    ///
    /// If something else than the API answers for its history, nobody knows; but the write has made the conversation.
    private func answered(_ id: RemoteID, createdAt: Timestamp?) async throws -> InDoubtLookup {
        do {
            guard let history = try await whereThere({ try await api.getHistory(of: id) }) else { return .outdated }
            let isUnanswered = HistoryRecheck.lacksAnswer(history.entries, createdAt: createdAt)
            try history.requireReadable()
            return isUnanswered ? .unanswered(id) : .present(id)
        } catch let error as APIError where error.isRefusal || error.isNotTheAPI {
            try await requireAPI(behind: error)
            return .unanswered(id)
        }
    }
}

extension ConversationHistory {
    /// - Throws: ``APIError`` if an entry could not be read from the file that holds them, so that nothing follows from the
    ///   history.
    fileprivate func requireReadable() throws(APIError) {
        if entries.isReadable { return }
        throw APIError(.answerLost, effect: .none, message: "the file that holds a long history cannot be read")
    }
}

extension APIError {
    /// Whether the API itself refuses a read, whenever it is asked: not for a wrong key, and not for want of the conversation.
    fileprivate var isRefusal: Bool {
        guard case .status(let status) = kind else { return false }
        return isAPIsOwn && (400..<500).contains(status) && status != 401 && status != 404 && !isRetryable
    }
}

extension OutboxItem {
    /// Where to look from for a write that another copy of this database may have sent: behind the last entry that its
    /// writer had seen, because nothing before that can be it.
    ///
    /// `nil` for any other write.
    fileprivate var copyBase: Base? {
        guard reason?.code == Reason.copiedCode else { return nil }
        return Base(entryID: seenEntryID)
    }
}
