import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoSimulation

@testable import ConvoStore
@testable import ConvoSync

/// Mistakes in sending and confirming.
extension Mutation {
    static let pushing: [Mutation] = [
        Mutation("sends what is in doubt again without looking", breaks: [.blindResend, .repeatedWrite]).with {
            $0.limits = { $0.surfacing = .zero }
            $0.push = { step, engine in
                if case .confirm = step { .confirmed(.absent, readSince: engine.clock.uptime) } else { nil }
            }
        },
        Mutation("takes \"not there yet\" for \"not there\"", breaks: [.blindResend, .repeatedWrite]).with {
            $0.limits = { $0.surfacing = .zero }
        },
        .push("takes a lost answer for a lost request", breaks: [.blindResend, .repeatedWrite]) { step, engine in
            guard case .send = step, case .failed(.api(let error)) = await engine.pushExecutor.perform(step) else {
                return nil
            }
            return .failed(.api(APIError(error.kind, effect: .none, message: error.message)))
        },
        .push("takes an error after the commit for a refusal", breaks: [.falseState]) { step, engine in
            guard case .settle(let item, .inDoubt(let reason, _)) = step else { return nil }
            return await engine.pushExecutor.perform(.settle(item, .refused(reason)))
        },
        .push("forgets the base", breaks: [.falseState]) { step, engine in
            guard case .send(let item, _) = step else { return nil }
            return await engine.pushExecutor.perform(.send(item, OutboxItem.Base(entryID: nil)))
        },
        .push("reads nothing before it sends an append", breaks: [.falseState], needs: [.bursts]) { step, engine in
            guard case .prepare(let item) = step, let tip = try? engine.store.tip(of: item.conversation) else {
                return nil
            }
            let known = try? engine.store.conversation(matching: item.conversation.rawValue).updatedAt
            return .prepared(OutboxItem.Base(entryID: tip.entryID, version: known?.text))
        },
        .push(
            "takes an answer for the conversation's end, however late it came", breaks: [.falseState], needs: [.bursts]
        ) { step, engine in
            guard case .send(let item, _) = step, item.kind == .append else { return nil }
            let outcome = await engine.pushExecutor.perform(step)
            guard case .sent(nil) = outcome, (try? engine.store.burst(in: item.conversation)) != nil,
                let span = (try? engine.store.response(to: item.id)).flatMap(TurnSpan.init),
                let tip = try? engine.store.tip(of: item.conversation).entryID
            else { return outcome }
            return .sent(end: OutboxItem.Base(entryID: tip, version: span.end.text))
        },
        .push("says that it is delivered before it is", breaks: [.falseState]) { step, engine in
            guard case .send(let item, let base) = step,
                (try? engine.store.markSending(item.id, base: base)) != nil
            else { return nil }
            try? engine.store.markDelivered(item.id)
            _ = try? await engine.pushExecutor.send(item)
            return .sent(end: nil)
        },
        .push("sends before it has written down that it sends", breaks: [.repeatedWrite]) { step, engine in
            guard case .send(let item, let base) = step, item.kind == .append, let id = item.remoteID else {
                return nil
            }
            do {
                let response = try await engine.api.append(AppendRequest(json: item.request), to: id)
                _ = try engine.store.markSending(item.id, base: base)
                try engine.store.markDelivered(item.id, response: response)
                return .sent(end: nil)
            } catch {
                _ = try? engine.store.markSending(item.id, base: base)
                return .failed((error as? APIError).map { .api($0) } ?? .cancelled)
            }
        },
        Mutation("takes what was interrupted for never sent", breaks: [.blindResend, .repeatedWrite]).with {
            $0.recover = { store throws(StoreError) in
                for item in try store.outbox() where item.state == .sending {
                    try store.markQueued(item.id, from: .sending, reason: nil, nextAttempt: nil)
                }
            }
        },
        .push("trusts the list's filter", breaks: [.blindResend, .repeatedWrite]) { step, engine in
            guard case .confirm(let item) = step, item.kind == .start || item.kind == .restart else { return nil }
            let readSince = engine.clock.uptime
            let filter = JSONText.object([(Store.operationKey, .string(item.id.rawValue))])
            do {
                let found = try await engine.api.list(page: 0, pageSize: 100, metadata: filter)
                let ours = found.conversations.first {
                    $0.metadata?[Store.operationKey]?.string == item.id.rawValue
                }
                return .confirmed(ours.map { .present($0.id) } ?? .absent, readSince: readSince)
            } catch { return .failed((error as? APIError).map { .api($0) } ?? .cancelled) }
        },
        .push("does not keep the order", breaks: [.wrongOrder, .overlappingWriters, .stubborn]) { step, engine in
            guard case .load = step else { return nil }
            let open = (try? engine.store.outbox()) ?? []
            let ready = open.filter { $0.state == .queued || $0.state == .inDoubt }
            return .loaded(ready.filter { $0.kind == .start || $0.remoteID != nil || $0.parentRemoteID != nil })
        },
        Mutation("says that it is queued before it is on the disk", breaks: [.lostWrite]).with {
            $0.environment = { $0.syncsDurableCommits = false }
        },
        Mutation("commits an answer that nobody else has as any other", breaks: [.forgotten], needs: [.unstored]).with {
            $0.environment = { $0.syncsUnstoredAnswers = false }
        },
        .push("does not keep what an answer brought", breaks: [.forgotten]) { step, engine in
            guard case .send(let item, let base) = step, item.kind == .start else { return nil }
            return await started(item, base, engine, as: \.conversationID)
        },
        .push(
            "says of a missing agent that the conversation is gone", breaks: [.falseState], needs: [.refusedTurns]
        ) { step, _ in
            if case .find = step { .found(false) } else { nil }
        },
        .push("sends again what was refused", breaks: [.stubborn]) { step, engine in
            guard case .settle(let item, .refused(let reason)) = step else { return nil }
            let later = engine.now + .seconds(30)
            return await engine.pushExecutor.perform(.settle(item, .queued(reason, until: later)))
        },
    ]

    /// Sends a start as the engine does, but stores nothing of the answer except a conversation's id.
    static func started(
        _ item: OutboxItem, _ base: OutboxItem.Base?, _ engine: MutantEngine, as id: (ConversationResponse) -> RemoteID
    ) async -> PushMachine.Outcome {
        do {
            guard try engine.store.markSending(item.id, base: base) != nil else { return .withdrawn }
            let name = JSONText.object([Store.operationKey: .string(item.id.rawValue)])
            let request = item.request.setting("metadata", to: name)
            try engine.store.markDelivered(item.id, as: id(try await engine.api.start(StartRequest(json: request))))
            return .sent(end: nil)
        } catch { return .failed((error as? APIError).map { .api($0) } ?? .cancelled) }
    }
}
