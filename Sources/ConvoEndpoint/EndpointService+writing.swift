import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync

/// Writes: each becomes a write of the outbox before anything is sent, or joins the one that the same request has made.
extension EndpointService {
    func start(_ body: JSONText, by call: EndpointCall) async throws(ServiceError) -> JSONText {
        try await whole(try await accept(.start, nil, body, call), call)
    }

    func append(
        _ body: JSONText, to id: RemoteID, by call: EndpointCall
    ) async throws(ServiceError) -> JSONText {
        try await whole(try await accept(.append, id, body, call), call)
    }

    func restart(
        _ body: JSONText, of id: RemoteID, by call: EndpointCall
    ) async throws(ServiceError) -> JSONText {
        try await whole(try await accept(.restart, id, body, call), call)
    }

    func delete(_ id: RemoteID, by call: EndpointCall) async throws(ServiceError) {
        _ = try await whole(try await accept(.delete, id, .object([]), call), call)
    }

    /// Makes the request a write of the outbox, or finds the one that it has made before.
    func accept(
        _ kind: RequestIdentity.Kind, _ id: RemoteID?, _ body: JSONText, _ call: EndpointCall, isStreamed: Bool = false
    ) async throws(ServiceError) -> WaitingWrite {
        let parts = try parts()
        let conversation: LocalID? =
            if let id { try await place(of: kind, id, body, call) } else { nil }
        let identity = rules.identity(kind, conversation, body, call.name)
        let write = EndpointService.write(kind, body.setting("stream", to: nil), conversation)
        let new = parts.store.makeOperationID()
        // Registered before it is queued: the engine may be faster than what follows.
        let delivery = parts.engine.watch.watch(new, isStreamed: isStreamed)
        let accepted: AcceptedRequest
        do throws(StoreError) {
            try await proveEarlierAnswer(to: identity, parts)
            accepted = try await stored { [store = parts.store] () throws(StoreError) in
                try store.accept(
                    write, identity: identity.text, content: identity.content, isNamed: identity.isNamed, as: new)
            }
        } catch {
            parts.engine.watch.unwatch(new)
            guard case .invalidRequest(let reason) = error else { throw ServiceError(error) }
            throw await refusal(of: body, for: kind, id, reason)
        }
        parts.engine.tryNow()
        parts.wake()
        switch accepted {
        case .queued(let queued):
            call.answers(new)
            return WaitingWrite(id: new, conversation: queued.conversation, delivery: delivery, parts: parts)
        case .misnamed:
            parts.engine.watch.unwatch(new)
            throw .answer(
                status: 422, .detail("Idempotency-Key stands for another request: give each request a key of its own"))
        case .joined(let earlier):
            parts.engine.watch.unwatch(new)
            call.answers(earlier)
            let delivery = parts.engine.watch.watch(earlier, isStreamed: isStreamed)
            return WaitingWrite(id: earlier, conversation: nil, delivery: delivery, parts: parts)
        }
    }

    /// Asks the server what is wrong with a request that the outbox cannot hold; where it cannot be asked, says it.
    private func refusal(
        of body: JSONText, for kind: RequestIdentity.Kind, _ id: RemoteID?, _ reason: String
    ) async -> ServiceError {
        do throws(ServiceError) { return try await upstream.answer(to: kind, id, body) } catch {
            return .validation([ValidationIssue("value_error", at: ["body"], "Value error, \(reason)", input: body)])
        }
    }

    /// Finds out whether an answer that was just written was read, before an equal request joins its write.
    ///
    /// What stands between may close its connection to us a moment after the client's: that moment passes first.
    private func proveEarlierAnswer(
        to identity: RequestIdentity, _ parts: EndpointBackend.Parts
    ) async throws(StoreError) {
        guard let earlier = try parts.store.earlierWrite(of: identity.text) else { return }
        for _ in 0..<10 where receipts.isUnproved(earlier) {
            do { try await parts.engine.sleep(for: .milliseconds(5)) } catch { return }
        }
        await receipts.prove(earlier)
    }

    /// The conversation that a write goes to, which the mirror may have to be told of first.
    private func place(
        of kind: RequestIdentity.Kind, _ id: RemoteID, _ body: JSONText, _ call: EndpointCall
    ) async throws(ServiceError) -> LocalID {
        let store = try parts().store
        do throws(StoreError) {
            if let held = try store.servedConversation(id.rawValue), !held.isOnlyHere {
                if !held.isGone { return held.id }
                // The same deletion again joins the first one, also when that is done.
                let identity = rules.identity(kind, held.id, body, call.name)
                if try store.earlierWrite(of: identity.text) != nil { return held.id }
            }
        } catch { throw ServiceError(error) }
        return try await conversation(id, call, withHistory: false).conversation.id
    }

    private static func write(
        _ kind: RequestIdentity.Kind, _ body: JSONText, _ conversation: LocalID?
    ) -> RequestedWrite {
        guard let conversation else { return .start(StartRequest(json: body)) }
        return switch kind {
        case .start: .start(StartRequest(json: body))
        case .append: .append(AppendRequest(json: body), to: conversation)
        case .restart: .restart(RestartRequest(json: body), of: conversation)
        case .delete: .delete(conversation)
        }
    }

    /// Waits for the outcome of a write, and makes the client's answer of it.
    private func whole(_ write: WaitingWrite, _ call: EndpointCall) async throws(ServiceError) -> JSONText {
        defer { write.leave() }
        var clock = WriteClock(write.parts.engine.now)
        while true {
            let seen = write.delivery.changed.generation
            if let answer = try await answer(to: write, &clock) { return answer }
            // The client has left, or the endpoint stops; the write goes on.
            guard await write.waitForNews(after: seen) else { throw .connectionReset }
        }
    }

    /// The answer to a write as things are now; `nil` if nothing is known yet.
    func answer(to write: WaitingWrite, _ clock: inout WriteClock) async throws(ServiceError) -> JSONText? {
        let (item, verdict) = try verdict(on: write, &clock)
        switch verdict {
        case .wait: return nil
        case .answer:
            if let settled = try await settledAnswer(to: item, write.parts) { return settled }
            guard clock.waited(in: item.state, at: write.parts.engine.now) >= write.parts.options.patience else {
                return nil
            }
            throw .unavailable(
                "the request has arrived, and its answer cannot be read yet", after: 2, joining: item.id)
        case .queued: return OfflineAnswer.response(item.remoteID?.rawValue ?? item.conversation.rawValue)
        case .relay(let answer, takesBack: true):
            guard try await takeBack(item, write.parts.store) else { return nil }
            throw .relayed(answer)
        case .relay(let answer, takesBack: false):
            guard try await giveUp(item, write.parts.store) else { return nil }
            throw .relayed(answer)
        case .unreachable(let reason):
            guard try await takeBack(item, write.parts.store) else { return nil }
            throw .unavailable("the server cannot be reached: \(reason)", after: 5)
        case .unsettled:
            if write.parts.options.offlineWrites == .fail { try await forgetIfAbsent(item, write.parts.store) }
            throw .unavailable(
                "the answer was lost, and it is not known yet whether the request arrived; the same request joins it",
                after: 5, joining: item.id)
        case .withdrawn:
            // By a person, or for another client of the same request; nothing of it is sent.
            throw .unavailable("the request was taken back, and is not sent any more", after: 1)
        case .told(let answer): throw .relayed(answer)
        case .stopped(let reason): throw try await stopped(item, reason, write)
        }
    }

    private func verdict(
        on write: WaitingWrite, _ clock: inout WriteClock
    ) throws(ServiceError) -> (OutboxItem, WriteVerdict) {
        let (parts, progress) = (write.parts, write.delivery.progress)
        let item: OutboxItem?
        do throws(StoreError) { item = try parts.store.operation(write.id) } catch { throw ServiceError(error) }
        guard let item else { throw .noConversation }  // deleted here, with its writes
        let facts = WriteVerdict.Facts(
            state: item.state, reason: item.reason, failure: progress.failure, lookups: progress.lookups,
            attempts: item.attempts,
            outage: parts.engine.outage, waited: clock.waited(in: item.state, at: parts.engine.now))
        return (item, rules.verdict(facts, parts.options.offlineWrites, parts.options.patience))
    }

    /// Takes a write back, because its client is told that it failed.
    ///
    /// - Returns: `false` if the engine is sending it again already.
    private func takeBack(_ item: OutboxItem, _ store: Store) async throws(ServiceError) -> Bool {
        if Task.isCancelled { throw .connectionReset }  // nobody is told
        do throws(StoreError) {
            _ = try await stored { () throws(StoreError) in try store.cancel(item.id) }
            return true
        } catch {
            if case .wrongState = error { return false }
            throw ServiceError(error)
        }
    }

    /// Lets a write that turns out not to have arrived go, because its client is told that it failed.
    private func forgetIfAbsent(_ item: OutboxItem, _ store: Store) async throws(ServiceError) {
        do throws(StoreError) {
            try await stored { () throws(StoreError) in try store.noteUnwanted(item.id) }
        } catch { throw ServiceError(error) }
    }

    /// Gives a write up, because the server has said itself that its run failed, and its client is told so.
    ///
    /// - Returns: `false` if it has been found or sent again meanwhile.
    func giveUp(_ item: OutboxItem, _ store: Store) async throws(ServiceError) -> Bool {
        do throws(StoreError) {
            return try await stored { () throws(StoreError) in try store.abandon(item.id, attempts: item.attempts) }
        } catch { throw ServiceError(error) }
    }

    private func stopped(
        _ item: OutboxItem, _ reason: OutboxItem.Reason, _ write: WaitingWrite
    ) async throws(ServiceError) -> ServiceError {
        switch reason.code {
        case "dependency":
            _ = try await takeBack(item, write.parts.store)
            return .business(
                409, code: 3000, "An earlier write to the conversation waits for a decision: see convo outbox")
        case OutboxItem.Reason.conversationDeleted.code:
            _ = try await takeBack(item, write.parts.store)
            return .noConversation
        default:
            if item.state == .refused {
                _ = try await takeBack(item, write.parts.store)
                return .business(422, code: 3000, reason.message)
            }
            return .answer(
                status: 409,
                .detail("nobody can tell whether the request arrived (\(reason.message)): see convo outbox"),
                headers: [EndpointCall.operationHeader: item.id.rawValue])
        }
    }

    /// The answer to a delivered write: the server's, or one made of the entries where that was lost; `nil` if those cannot be
    /// read yet.
    private func settledAnswer(
        to item: OutboxItem, _ parts: EndpointBackend.Parts
    ) async throws(ServiceError) -> JSONText? {
        if item.kind == .delete { return .object([]) }
        do throws(StoreError) {
            if let response = try parts.store.response(to: item.id), response["outputs"] != nil { return response }
        } catch { throw ServiceError(error) }
        guard let remoteID = item.remoteID else { return OfflineAnswer.response(item.conversation.rawValue) }
        // Without the history there is nothing to answer with.
        let isRead: Bool
        do throws(SyncFailure) {
            try await parts.engine.refresh(remoteID)
            isRead = true
        } catch { isRead = false }
        do throws(StoreError) {
            let isWhole = try parts.store.servedConversation(remoteID.rawValue)?.isWhole == true
            let entries =
                isRead || isWhole ? try parts.store.servedEntries(of: item.conversation).map { Entry(raw: $0) } : []
            // A mirror that was not told of the turn would make an answer without words.
            if let outputs = SettledTurn.outputs(of: item, in: entries) {
                return OfflineAnswer.response(remoteID.rawValue, outputs: outputs.map(\.raw))
            }
        } catch { throw ServiceError(error) }
        return nil
    }
}

/// A write that a client waits for.
struct WaitingWrite: Sendable {
    let id: OperationID
    /// The conversation, if this request has made the write.
    let conversation: LocalID?
    let delivery: WatchedDelivery
    let parts: EndpointBackend.Parts

    /// Ends the wait; the write goes on.
    func leave() { parts.engine.watch.unwatch(id) }

    /// Waits until something is told of the write, or the store is to be looked at.
    ///
    /// - Parameters:
    ///   - known: the latest news that the caller knows.
    ///   - limit: how long to wait at most.
    /// - Returns: `false` if the task was cancelled.
    func waitForNews(after known: AsyncEvent.Generation, atMost limit: Duration = WriteClock.look) async -> Bool {
        let (changed, engine) = (delivery.changed, parts.engine)
        let isRunning = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await changed.wait(after: known)
                return true
            }
            group.addTask {
                do { try await engine.sleep(for: limit) } catch { return false }
                return true
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        return isRunning && !Task.isCancelled
    }
}

/// How long a client has waited for what nobody knows.
struct WriteClock {
    /// How often the store is looked at while nothing is told.
    static let look = Duration.seconds(1)

    private var since: Timestamp
    private var isInDoubt = false

    init(_ now: Timestamp) { since = now }

    /// The time since the write was accepted or sent, or since its answer was lost.
    ///
    /// Where the wall clock was set back, the wait begins again.
    mutating func waited(in state: OperationState, at now: Timestamp) -> Duration {
        if state == .sending || isInDoubt != (state == .inDoubt) || now < since {
            (since, isInDoubt) = (now, state == .inDoubt)
        }
        return .microseconds(now.microseconds - since.microseconds)
    }
}
