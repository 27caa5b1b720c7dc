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
        let identity = rules.identity(kind, id, body, call.name)
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
            throw await refusal(of: body, for: kind, id, reason, parts)
        }
        parts.engine.tryNow()
        parts.wake()
        switch accepted {
        case .queued(let queued):
            call.answers(new)
            return WaitingWrite(
                id: new, conversation: queued.conversation, makesConversation: kind == .start || kind == .restart,
                delivery: delivery, parts: parts)
        case .misnamed:
            parts.engine.watch.unwatch(new)
            throw .answer(
                status: 422, .detail("Idempotency-Key stands for another request: give each request a key of its own"))
        case .joined(let earlier):
            parts.engine.watch.unwatch(new)
            call.answers(earlier)
            let delivery = parts.engine.watch.watch(earlier, isStreamed: isStreamed)
            return WaitingWrite(
                id: earlier, conversation: nil, makesConversation: kind == .start || kind == .restart,
                delivery: delivery, parts: parts)
        }
    }

    /// Asks the server what is wrong with a request that the outbox cannot hold; where it cannot be asked, says it.
    ///
    /// If the server carries it out all the same, its answer passes, and the conversation is read.
    private func refusal(
        of body: JSONText, for kind: RequestIdentity.Kind, _ id: RemoteID?, _ reason: String,
        _ parts: EndpointBackend.Parts
    ) async -> ServiceError {
        do throws(ServiceError) {
            let answer = try await upstream.answer(to: kind, id, body)
            if case .relayed(let relayed) = answer, relayed.status < 400, let id {
                try? await parts.engine.refresh(id)
            }
            return answer
        } catch {
            return .validation([ValidationIssue("value_error", at: ["body"], "Value error, \(reason)", input: body)])
        }
    }

    /// Finds out whether an answer that was just written was read, before an equal request joins its write.
    ///
    /// A proxy between the client and us may close its connection to us a moment after the client has closed its own, so this waits
    /// for that moment first.
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
                let identity = rules.identity(kind, id, body, call.name)
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
}
