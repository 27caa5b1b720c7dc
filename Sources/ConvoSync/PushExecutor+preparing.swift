import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore

/// Finds out where a conversation ends, behind which an append goes: by a read, or by the answer to the append before it.
extension PushExecutor {
    /// Brings the mirror of the conversation up to date, and says where it ends.
    ///
    /// If the conversation is as our own last turn left it, its history need not be read: the mirror has the answer's
    /// outputs, and the last of them is the base. If the history is too large to be read, the base is the last entry
    /// that the mirror holds, and its `version` tells what others had written by then. The engine then holds only a
    /// write that must not pass another writer's.
    ///
    /// If the server does not find the conversation, a replica that lags behind may have answered. The engine then
    /// sends the append behind the last entry that the mirror holds: only the server's answer to the append itself
    /// decides.
    func prepare(_ item: OutboxItem) async throws -> PushMachine.Outcome {
        let remoteID = try item.requireRemoteID()
        guard let description = try await whereThere({ try await api.get(remoteID) }) else {
            return try baseWhereDenied(of: item, remoteID)
        }
        _ = try store.ingest([description])
        if try store.historyVersion(of: item.conversation) != description.version,
            try !isAsWeLeftIt(item.conversation, description)
        {
            do {
                if try await takeInHistory(description) {
                    try requireAnswered(item)
                } else if try !mayPassOthers(item) {
                    return .unseen
                }
            } catch let error as APIError where error.isNotTheAPI {
                return try await baseWhereFiltered(of: item, error)
            }
        }
        let tip = try store.tip(of: item.conversation)
        let base = OutboxItem.Base(entryID: tip.entryID, version: description.version)
        guard let seen = item.seenEntryID, seen != base.entryID else { return .prepared(base) }
        let policy = try policy(of: item.conversation)
        if policy != .append, let last = base.entryID, try isOursAlone(behind: seen, in: item.conversation) {
            try store.noteSeen(last, in: item.conversation, by: seen)
            return .prepared(base)
        }
        return .overtaken(base, policy)
    }

    /// Whether all turns behind an entry are our own: their inputs are those of the writes that were sent behind it.
    ///
    /// The mark that a delivered turn leaves (``noteOwnTurn(_:)``) may be missing: the read that sets it failed, or a
    /// lookup found the turn.
    private func isOursAlone(behind seen: EntryID, in id: LocalID) throws -> Bool {
        let entries = try store.history(of: id).entries.map(\.entry)
        guard let place = entries.lastIndex(where: { $0.id == seen }) else { return false }
        let inputs = entries[(place + 1)...].filter { $0.type == .messageInput || $0.type == .functionResult }
        let ours = try store.operations(in: id).filter { item in
            guard item.state == .delivered, item.kind != .delete else { return false }
            if item.request["from_entry_id"]?.string == seen.rawValue { return true }
            return item.base?.entryID.map { base in entries[place...].contains { $0.id == base } } ?? false
        }.flatMap { (try? Inputs(json: $0.inputs))?.asEntries ?? [] }
        return inputs.count == ours.count
            && zip(inputs, ours).allSatisfy { entry, sent in
                InputFingerprint(entry.raw).isEqual(to: InputFingerprint(sent))
            }
    }

    /// The base of a write to a conversation that a read did not find.
    ///
    /// A write that must not pass another writer's waits until the server has denied the conversation for longer than a
    /// replica lags behind.
    private func baseWhereDenied(of item: OutboxItem, _ id: RemoteID) throws -> PushMachine.Outcome {
        if try mayPassOthers(item) {
            return .prepared(try store.tip(of: item.conversation))
        }
        if try !store.isUnseen(id, madeSince: clock.now + (.zero - limits.replicaLag), until: clock.now) {
            try store.markDeletedRemotely([id])
        }
        let marked = try store.conversation(matching: item.conversation.rawValue).deletedRemotelyAt
        if let since = marked, Backoff.isOver(since + limits.replicaLag, at: clock.now) {
            return .found(false)
        }
        throw APIError(.status(409), effect: .none, message: "the server does not find the conversation")
    }

    /// Whether the write may be sent without knowing what others have written since its writer last looked.
    private func mayPassOthers(_ item: OutboxItem) throws -> Bool {
        try item.seenEntryID == nil || policy(of: item.conversation) == .append
    }

    /// The base of a write to a conversation for whose history something else than the API answers, while the API answers otherwise.
    ///
    /// What others have written is not known, so an equal text behind that entry may be anybody's. A write that must not pass
    /// another writer's waits.
    private func baseWhereFiltered(of item: OutboxItem, _ failure: APIError) async throws -> PushMachine.Outcome {
        guard try mayPassOthers(item) else { throw failure }
        try await requireAPI(behind: failure)
        return .prepared(try store.tip(of: item.conversation))
    }

    func policy(of id: LocalID) throws -> ConflictPolicy {
        try store.conflictPolicy(of: id) ?? limits.conflictPolicy
    }

    /// Whether the conversation is as our own last turn left it.
    ///
    /// A policy other than `append` needs the history all the same, to know whether others wrote.
    private func isAsWeLeftIt(_ id: LocalID, _ description: Conversation) throws -> Bool {
        guard try policy(of: id) == .append else { return false }
        if try store.ownVersion(of: id) == description.version { return true }
        // In a burst nothing was read after the last turn. That it is the newest is not certain, and is not recorded: the
        // history is still to be read.
        return try store.responseWithoutHistory(in: id).flatMap { TurnSpan($0)?.hasMoved(description.version) } ?? false
    }

    /// The conversation's end after a turn of ours, for the next write of a burst.
    ///
    /// The answer serves as the read before that write if it came soon after the turn's end: what it cannot show, another
    /// writer's turn since then, a read could not show either that is answered as long before the write is sent.
    ///
    /// `nil` if no append waits for the turn, or the conversation must be read first. That is so behind a confirmation of tool
    /// calls, too: its answer may repeat the calls, with the times of an earlier turn.
    func end(
        of item: OutboxItem, _ response: ConversationResponse?, after wait: Duration
    ) throws -> OutboxItem.Base? {
        guard item.kind == .append, item.request["store"]?.bool != false, item.request["tool_confirmations"] == nil,
            let response,
            let span = TurnSpan(response.raw), span.isFresh(after: wait),
            let end = try burstEnd(of: item.conversation), end.entryID == response.outputs.last?.id
        else { return nil }
        return OutboxItem.Base(entryID: end.entryID, version: span.end.text)
    }

    /// The conversation's end if a burst goes on: an append waits, and may be sent without knowing what others have written.
    func burstEnd(of id: LocalID) throws -> OutboxItem.Base? {
        guard let burst = try store.burst(in: id), (burst.policy ?? limits.conflictPolicy) == .append else {
            return nil
        }
        return burst.tip
    }

    /// Refuses to send while the conversation's last turn has no answer: it would come behind the base, and be taken
    /// for what is sent now.
    ///
    /// The server would answer 409 anyway. The wait doubles; a turn that may no longer surface delays nothing.
    private func requireAnswered(_ item: OutboxItem) throws {
        guard let turn = try store.unansweredTurn(of: item.conversation), turn.wait < limits.surfacing else { return }
        let left = Duration.microseconds(turn.due.microseconds - clock.now.microseconds)
        throw APIError(
            .status(409), effect: .none, message: "the conversation's last turn has no answer yet",
            retryAfter: min(max(left, .zero), turn.wait))
    }

    /// Reads and stores the history of a conversation.
    ///
    /// - Returns: whether the history could be read. One that is over the size limit is not fetched again in the same
    ///   version.
    func takeInHistory(_ description: Conversation) async throws -> Bool {
        if try store.isHistoryUnreadable(of: description.id, version: description.version) { return false }
        do {
            let history = try await history(of: description.id)
            try store.ingest([FetchedHistory(history, version: description.version)])
            return true
        } catch let error as APIError where error.isAnswerTooLarge {
            try store.recordUnreadableHistory(
                of: description.id, version: description.version, reason: "\(SyncFailure(error))")
            return false
        }
    }

    /// The history of a conversation that the server has just shown.
    ///
    /// If the server does not find it, a replica lags behind, or somebody deletes the conversation at this moment,
    /// which proves nothing yet. The error is a 409 then, and the next attempt begins with the conversation itself.
    func history(of id: RemoteID) async throws -> ConversationHistory {
        do throws(APIError) {
            return try await api.getHistory(of: id)
        } catch {
            guard error.isNotFound else { throw error }
            throw APIError(
                .status(409), effect: .none,
                message: "the server has the conversation and does not find its history yet")
        }
    }
}
