import ConvoAPI
import ConvoIPC
import ConvoJSON
import ConvoModel
import ConvoStore

/// Performs the steps of a push: asks the server, then commits the answer.
struct PushExecutor: Sendable {
    let api: any ConversationsAPI
    let account: AccountGuard
    let store: Store
    let clock: any SyncClock
    let limits: SyncLimits
    var options = PushOptions()
    var watch = DeliveryWatch()

    /// The differences between pushes.
    struct PushOptions: Sendable {
        /// The write whose answer is streamed, and its observer; `nil` if none is.
        var streaming: Streaming?
        /// The one conversation whose writes are sent; `nil` for all.
        var only: LocalID?
        /// Whether the push starts nothing new while another process waits for the engine's lock.
        var makesRoom = false
    }

    /// Performs one step.
    ///
    /// Waits for the server, the disk, or another writer of the database. An error becomes
    /// ``PushMachine/Outcome/failed(_:)``.
    func perform(_ step: PushMachine.Step) async -> PushMachine.Outcome {
        do {
            let outcome = try await outcome(of: step)
            tellWatchers(of: step, outcome, nil)
            await makeRoom(behind: step)
            return outcome
        } catch {
            let interrupted = APIError(.cancelled, effect: .unknown, message: "the engine has stopped")
            tellWatchers(of: step, nil, error as? APIError ?? interrupted)
            return .failed(SyncFailure(error))
        }
    }

    /// Tells those who wait for a write's answer that a step has ended.
    private func tellWatchers(of step: PushMachine.Step, _ outcome: PushMachine.Outcome?, _ error: APIError?) {
        switch step {
        case .prepare(let item), .send(let item, _), .find(let item, _):
            if let error { watch[item.id]?.failed(error) } else { watch[item.id]?.moved() }
        case .confirm(let item):
            let isMissing = if case .confirmed(.absent, _) = outcome { true } else { false }
            watch[item.id]?.looked(isMissing: isMissing)
        // Before its finding is stored, nobody may act on a look.
        case .settle(let item, .inDoubt) where item.state == .inDoubt: watch[item.id]?.stayedInDoubt()
        case .settle(let item, _), .refresh(let item): watch[item.id]?.moved()
        case .verify, .load: break
        }
    }

    /// Waits for room in SQLite's log behind a write that was one of many: a long outbox makes it long as well.
    ///
    /// The step has stored its outcome before, so every process sees it during the wait.
    private func makeRoom(behind step: PushMachine.Step) async {
        switch step {
        case .send, .refresh:
            if options.only == nil { try? await clock.waitForRoom(in: store, seconds: 2) }  // cancelled: the push ends
        default: break
        }
    }

    private func outcome(of step: PushMachine.Step) async throws -> PushMachine.Outcome {
        switch step {
        case .verify:
            try await account.verify()
            return .verified
        case .load(let limit):
            if options.makesRoom, store.lockHolder(.turn) != nil { return .madeRoom }
            let awaited = watch.ids
            let items = try store.readyOperations(limit: limit, in: options.only, awaited: awaited, now: clock.now)
            return .loaded(items, awaited: awaited.intersection(items.map(\.id)))
        case .prepare(let item): return try await prepare(item)
        case .send(let item, let base):
            try Task.checkCancellation()
            try account.requireOwner()
            guard let sending = try store.markSending(item.id, base: base ?? baseOfCreation(item)) else {
                return .withdrawn
            }
            watch[item.id]?.begin()
            let asked = clock.uptime
            let response = try await send(sending)
            let wait = clock.uptime.since(asked)
            // Where the end cannot be found out, the conversation is read; the write is delivered all the same.
            return .sent(end: wait.flatMap { try? end(of: item, response, after: $0) })
        case .confirm(let item):
            let readSince = clock.uptime
            return .confirmed(try await confirm(item), readSince: readSince)
        case .find(let item, _):
            return .found(try await isThere(try item.requireRemoteID()))
        case .settle(let item, let transition):
            try settle(item, transition)
            return .settled
        case .refresh(let item):
            return .refreshed(end: try await refresh(item))
        }
    }

    /// What is known of the server's clock before a start or restart is sent: what it makes of it is newer.
    private func baseOfCreation(_ item: OutboxItem) throws -> OutboxItem.Base? {
        guard item.kind.makesConversation else { return nil }
        return try store.newestChange().map { OutboxItem.Base(entryID: nil, version: $0.text) }
    }

    private func isThere(_ id: RemoteID) async throws -> Bool {
        do {
            _ = try store.ingest([try await api.get(id)])
            return true
        } catch let error as APIError where error.isNotFound {
            try store.markDeletedRemotely([id])
            return false
        }
    }

    /// After a write was delivered or stopped, reads what the mirror does not have of the conversation.
    ///
    /// While more writes are queued for it, its description is enough: the history is read when the burst ends.
    ///
    /// - Returns: the conversation's end, as ``prepare(_:)`` would find it, for the next write of a burst; `nil` if there is
    ///   none, or it must be prepared.
    private func refresh(_ item: OutboxItem) async throws -> OutboxItem.Base? {
        guard item.kind != .delete, item.request["store"]?.bool != false,
            let remoteID = try store.conversation(matching: item.conversation.rawValue).remoteID
        else { return nil }
        let state = try store.operation(matching: item.id.rawValue).state
        if state != .delivered, try !store.isHistoryBehind(of: item.conversation) { return nil }
        let description = try await api.get(remoteID)
        _ = try store.ingest([description])
        if state == .delivered, let response = try store.response(to: item.id),
            TurnSpan(response)?.hasMoved(description.version) ?? true
        {
            try store.recordOwnVersion(description.version, of: item.conversation)
            if let end = try burstEnd(of: item.conversation) {
                return OutboxItem.Base(entryID: end.entryID, version: description.version)
            }
        }
        guard try await takeInHistory(description), state == .delivered else { return nil }
        if item.kind == .append {
            try noteOwnTurn(item)
        } else {
            try store.noteOwnCreation(of: item)
        }
        return nil
    }

    private func noteOwnTurn(_ item: OutboxItem) throws {
        let sent = try store.operation(matching: item.id.rawValue)
        let outputs = try store.response(to: item.id).map { ($0["outputs"]?.elements ?? []).count }
        let inputs = (try? Inputs(json: item.inputs))?.asEntries.count ?? 0
        guard let outputs else { return }  // found by a lookup, which does not tell which outputs are ours
        try store.noteOwnTurn(of: sent, entries: inputs + outputs)
    }

    private func settle(_ item: OutboxItem, _ transition: OperationTransition) throws {
        switch transition {
        case .delivered(let remoteID): try store.markDelivered(item.id, as: remoteID)
        case .queued(let reason, let moment):
            try store.markQueued(item.id, from: item.state, reason: reason, nextAttempt: moment)
        case .inDoubt(let reason, let moment): try store.markInDoubt(item.id, reason: reason, nextAttempt: moment)
        case .refused(let reason): try store.markStopped(item.id, from: item.state, as: .refused, reason: reason)
        case .held(let reason):
            try store.markStopped(
                item.id, from: item.state, as: .held, reason: reason, isUnnamed: item.remoteID == nil)
        case .branched:
            if try !store.branchOff(item.id) {
                try store.markStopped(item.id, from: item.state, as: .held, reason: .overtaken)
            }
        }
    }
}
