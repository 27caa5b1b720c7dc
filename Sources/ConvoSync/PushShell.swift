import ConvoAPI
import ConvoModel
import ConvoStore

/// Does the steps of a push: asks the server, then commits what it said.
struct PushShell: Sendable {
    let api: any ConversationsAPI
    let store: Store
    let clock: any SyncClock
    let limits: SyncLimits
    var manner = Manner()

    /// What is particular to one push.
    struct Manner: Sendable {
        /// The write whose answer is streamed, and who watches it come.
        var streaming: Streaming?
        /// The one conversation that is pushed; `nil` for all.
        var only: LocalID?
        /// Whether it starts nothing new while another process waits for its turn.
        var makesRoom = false
    }

    func perform(_ step: PushMachine.Step) async -> PushMachine.Outcome {
        do {
            return try await outcome(of: step)
        } catch {
            return .failed(SyncFailure(error))
        }
    }

    private func outcome(of step: PushMachine.Step) async throws -> PushMachine.Outcome {
        switch step {
        case .load(let limit):
            if manner.makesRoom, FileLock.holder(of: .turn, beside: store.path) != nil { return .madeRoom }
            return .loaded(try store.readyOperations(limit: limit, in: manner.only))
        case .prepare(let item): return try await prepare(item)
        case .send(let item, let base):
            try Task.checkCancellation()
            guard try store.markSending(item.id, base: base) else { return .withdrawn }
            try await send(item)
            return .sent
        case .confirm(let item):
            let readSince = clock.uptime
            return .confirmed(try await confirm(item), readSince: readSince)
        case .settle(let item, let verdict):
            try settle(item, verdict)
            return .settled
        case .refresh(let item):
            try await refresh(item)
            return .refreshed
        }
    }

    /// Brings the mirror of the conversation up to the moment, and says where it ends.
    private func prepare(_ item: OutboxItem) async throws -> PushMachine.Outcome {
        let description = try await api.get(try item.requireRemoteID())
        _ = try store.takeIn([description])
        if try store.historyVersion(of: item.conversation) != description.version {
            try await takeInHistory(description)
            try requireAnswered(item)
        }
        let base = try store.tip(of: item.conversation)
        guard let seen = item.seenEntryID, seen != base.entryID else { return .prepared(base) }
        return .overtaken(base, try store.conflictPolicy(of: item.conversation) ?? limits.conflictPolicy)
    }

    /// A turn that is still under way, ours or another's, would come behind the base and be taken for what is sent now.
    ///
    /// The server would say 409 anyway. The wait doubles; a turn that surfaces no more holds nothing up.
    private func requireAnswered(_ item: OutboxItem) throws {
        guard let settling = try store.settling(of: item.conversation), settling.wait < limits.surfacing else { return }
        let left = Duration.microseconds(settling.due.microseconds - clock.now.microseconds)
        throw APIError(
            .status(409), effect: .none, message: "the conversation's last turn has no answer yet",
            retryAfter: min(max(left, .zero), settling.wait))
    }

    private func takeInHistory(_ description: Conversation) async throws {
        let history = try await api.getHistory(of: description.id)
        try store.takeIn([HistoryIntake(history, version: description.version)])
    }

    private func refresh(_ item: OutboxItem) async throws {
        guard item.kind != .delete, item.request["store"]?.bool != false,
            let remoteID = try store.conversation(matching: item.conversation.rawValue).remoteID
        else { return }
        let description = try await api.get(remoteID)
        _ = try store.takeIn([description])
        try await takeInHistory(description)
        if item.kind == .append {
            try noteOwnTurn(item)
        } else {
            try store.noteOwnCreation(of: item)
        }
    }

    private func noteOwnTurn(_ item: OutboxItem) throws {
        let sent = try store.operation(matching: item.id.rawValue)
        let outputs = try store.response(to: item.id).map { try ConversationResponse(raw: $0).outputs.count }
        let inputs = (try? Inputs(json: item.inputs))?.asEntries.count ?? 0
        guard let outputs else { return }  // found by confirming: what of it is ours is not told apart
        try store.noteOwnTurn(of: sent, entries: inputs + outputs)
    }

    private func settle(_ item: OutboxItem, _ verdict: Verdict) throws {
        switch verdict {
        case .delivered(let remoteID): try store.markDelivered(item.id, as: remoteID)
        case .queued(let reason, let moment):
            try store.markQueued(item.id, from: item.state, reason: reason, nextAttempt: moment)
        case .inDoubt(let reason, let moment): try store.markInDoubt(item.id, reason: reason, nextAttempt: moment)
        case .refused(let reason): try store.markStopped(item.id, from: item.state, as: .refused, reason: reason)
        case .held(let reason): try store.markStopped(item.id, from: item.state, as: .held, reason: reason)
        case .branched:
            if try !store.branchOff(item.id) {
                try store.markStopped(item.id, from: item.state, as: .held, reason: .overtaken)
            }
        }
    }
}
