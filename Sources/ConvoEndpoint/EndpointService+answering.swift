import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoServer
import ConvoStore
import ConvoSync

/// The endpoint tells a client the outcome of its write, and takes the write back or gives it up if it tells the client that the write has failed.
extension EndpointService {
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
        guard let item else {
            // Deleted here with its conversation, or given up with the one that it would have made, for another client.
            if let failure = progress.failure, failure.isAPIsOwn, let answer = failure.answer, answer.status >= 400 {
                throw .relayed(answer)
            }
            guard write.makesConversation else { throw .noConversation }
            throw .unavailable("the request was taken back, and is not sent any more", after: 1)
        }
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
            _ = try await stored { () throws(StoreError) in try store.takeBack(item.id) }
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
        // One that was lost, and that a person has let go, may have arrived.
        case "dependency" where item.doubtedAt == nil:
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
            let createdAt = try parts.store.servedConversation(remoteID.rawValue).flatMap { Timestamp($0.createdAt) }
            if let outputs = SettledTurn.outputs(of: item, in: entries, createdAt: createdAt) {
                return OfflineAnswer.response(remoteID.rawValue, outputs: outputs.map(\.raw))
            }
        } catch { throw ServiceError(error) }
        return nil
    }
}
