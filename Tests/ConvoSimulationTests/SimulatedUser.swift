import ConvoJSON
import ConvoModel
import ConvoSimulation
import ConvoStore
import Synchronization

/// The person who writes through the store, and remembers which writes it has acknowledged as durable.
///
/// Each write carries a number of its own in a field that no history shows, so that it is known for which write a
/// request is sent, whatever its text.
final class SimulatedUser: Sendable {
    private struct State {
        var acknowledged: [OperationID] = []
        var retried: Set<OperationID> = []
        var revived: Set<OperationID> = []
        var risks: [OperationID: Int] = [:]
        var mistakes: [Violation] = []
        var deletedHere: Set<RemoteID> = []
        var deletedRemotely: [LocalID: RemoteID?] = [:]
        var operations: [Int: OperationID] = [:]
        /// How the write of a program's request is found out, once the endpoint has accepted it; and those found so far.
        var expected: [Int: @Sendable () -> OperationID?] = [:]
        var found: [Int: Set<OperationID>] = [:]
        var homes: [OperationID: LocalID] = [:]
        var count = 0

        mutating func find(_ number: Int) -> OperationID? {
            guard let id = expected[number]?() else { return nil }
            found[number, default: []].insert(id)
            return id
        }
    }
    private let state = Mutex(State())

    /// The writes that the store has acknowledged as durable, cancelled ones included.
    var acknowledged: [OperationID] { state.withLock { $0.acknowledged } }
    /// The local conversation in which each write was queued.
    var homes: [OperationID: LocalID] { state.withLock { $0.homes } }
    var retried: Set<OperationID> { state.withLock { $0.retried } }
    /// The writes that were cancelled, and wait again since a backup was put back.
    var revived: Set<OperationID> { state.withLock { $0.revived } }
    /// How often a person let each write go, or cancelled it, although it may have been on the server, and nothing looks for it.
    var risks: [OperationID: Int] { state.withLock { $0.risks } }
    /// Writes that were let go without a look, although the store promises one.
    var mistakes: [Violation] { state.withLock { $0.mistakes } }
    var deletedHere: Set<RemoteID> { state.withLock { $0.deletedHere } }
    /// The conversations that were to be deleted on the server, with their id there at that time.
    var deletedRemotely: [LocalID: RemoteID?] { state.withLock { $0.deletedRemotely } }

    /// The write that a request is sent for; `nil` for one without inputs.
    func operation(of request: SimulatedRequest) -> OperationID? {
        let body: JSONText? =
            switch request {
            case .start(let body): body.json
            case .append(let body, _): body.json
            case .restart(let body, _): body.json
            default: nil
            }
        guard let number = body?["completion_args"]?["random_seed"]?.int else { return nil }
        return state.withLock { state in
            if let known = state.operations[number] { return known }
            return state.find(number)
        }
    }

    /// Gives a program's request its number.
    func announce() -> Int {
        state.withLock { state in
            state.count += 1
            return state.count
        }
    }

    /// Names the way in which the write of a program's request is found out.
    func expect(_ number: Int, _ write: @escaping @Sendable () -> OperationID?) {
        state.withLock { state in
            _ = state.find(number)
            state.expected[number] = write
        }
    }

    /// Notes that a program was told that its write succeeded.
    func heard(_ id: OperationID) {
        state.withLock { if !$0.acknowledged.contains(id) { $0.acknowledged.append(id) } }
    }

    /// The writes that a program's request has made.
    func writes(of number: Int) -> Set<OperationID> {
        state.withLock { state in
            _ = state.find(number)
            return state.found[number] ?? []
        }
    }

    /// Forgets the writes that an older state of the disk, which was put back, does not have.
    ///
    /// - Parameters:
    ///   - known: the writes of the state that was put back.
    ///   - cancelled: the writes that were cancelled before.
    func forget(butFor known: [OutboxItem], cancelled: Set<OperationID>) {
        let ids = Set(known.map(\.id))
        state.withLock { state in
            state.acknowledged.removeAll { !ids.contains($0) }
            state.revived.formUnion(known.filter { $0.state != .cancelled && cancelled.contains($0.id) }.map(\.id))
        }
    }

    /// Does one action; where the store refuses it, the person knows, and nothing is promised.
    ///
    /// - Returns: the write that was queued, if one was.
    @discardableResult
    func perform(_ action: Scenario.Action, in store: Store) throws -> OperationID? {
        let before = acknowledged.count
        do throws(StoreError) {
            try act(action, in: store)
        } catch {
            switch error {
            case .corrupt, .notWritable, .diskFull, .busy, .unexpected, .newerSchema, .newerIndex, .notOurs: throw error
            default: break
            }
        }
        return acknowledged.count > before ? acknowledged.last : nil
    }

    private func act(_ action: Scenario.Action, in store: Store) throws(StoreError) {
        switch action {
        case .start(let text, let isStored):
            var request = StartRequest(text)
            request.store = isStored ? nil : false
            if text.contains("sandbox:announce") { request.tools = OtherWriter.tool }
            try write(request) { request throws(StoreError) in try store.start(request) }
        case .startStreaming(let text, _, _):
            var request = StartRequest(text)
            if text.contains("sandbox:announce") { request.tools = OtherWriter.tool }
            try write(request) { request throws(StoreError) in try store.start(request) }
        case .append(let nth, let text), .appendStreaming(let nth, let text, _, _):
            guard let target = try conversation(nth, in: store) else { return }
            try write(AppendRequest(inputs: .text(text))) { request throws(StoreError) in
                try store.append(request, to: target.id)
            }
        case .restart(let nth, let text):
            guard let target = try conversation(nth, in: store) else { return }
            let entries = try store.history(of: target.id).entries
            guard !entries.isEmpty, let from = entries[nth % entries.count].entry.id else { return }
            try write(RestartRequest(from: from, inputs: .text(text))) { request throws(StoreError) in
                try store.restart(request, of: target.id)
            }
        case .answerCalls(let nth):
            guard let target = try conversation(nth, in: store) else { return }
            let results = try openCalls(of: target.id, in: store).map { call in
                JSONText.object([
                    "type": .string("function.result"), "tool_call_id": .string(call), "result": .string("42"),
                ])
            }
            guard !results.isEmpty else { return }
            try write(AppendRequest(inputs: .entries(results))) { request throws(StoreError) in
                try store.append(request, to: target.id)
            }
        case .deleteRemotely(let nth):
            guard let target = try conversation(nth, in: store) else { return }
            _ = try store.delete(target.id, .remote)
            state.withLock { $0.deletedRemotely[target.id] = .some(target.remoteID) }
        case .deleteHere(let nth):
            guard let target = try conversation(nth, in: store) else { return }
            _ = try store.delete(target.id, .local)
            if let remoteID = target.remoteID { state.withLock { _ = $0.deletedHere.insert(remoteID) } }
        case .cancel(let nth):
            guard let item = try operation(nth, in: store) else { return }
            // To cancel a write that may be on the server is a person's own risk; this person does not take it.
            guard item.state != .held || item.reason?.code == "dependency" else { return }
            _ = try store.cancel(item.id)
        case .flood(let rounds):
            let targets = try store.conversations()
            for round in 1...rounds {
                for target in targets {
                    try write(AppendRequest(inputs: .text("round \(round)"))) { request throws(StoreError) in
                        try store.append(request, to: target.id)
                    }
                }
            }
        case .retryCopied:
            for item in try store.outbox() where item.state == .held && item.reason?.code == "copied" {
                try store.retry(item.id)
                state.withLock { _ = $0.retried.insert(item.id) }
            }
        case .decide(let nth, let decision): try decide(nth, decision, in: store)
        case .aside(let nth, let text):
            guard let target = try conversation(nth, in: store) else { return }
            var request = AppendRequest(inputs: .text(text))
            request.store = false
            try write(request) { request throws(StoreError) in try store.append(request, to: target.id) }
        // The simulation does these with the engine or the disk.
        case .sync, .syncAs, .adoptAs, .acceptDeletions, .backUp, .restore, .syncCopy, .pullBeside: break
        case .retry(let nth):
            guard let item = try operation(nth, in: store) else { return }
            guard item.state == .refused || item.state == .queued || item.state == .inDoubt else { return }
            try store.retry(item.id)
            state.withLock { _ = $0.retried.insert(item.id) }
        }
    }

    /// The reasons for which nothing looks for a held write again: a person who retries it may double it, and was told so.
    private static let untold: Set<String> = [
        "ambiguous", "changed", "unreadable", "conversation_gone", "unconfirmable", "unrecognisable",
    ]

    private func decide(_ nth: Int, _ decision: Scenario.Decision, in store: Store) throws(StoreError) {
        let held = try store.outbox().filter { $0.state == .held && $0.reason?.code != "dependency" }
        guard !held.isEmpty else { return }
        let item = held[nth % held.count]
        var changed = [item.id]
        switch decision {
        case .edit: return try store.edit(item.id, inputs: .text("edited"))
        case .cancel: changed = try store.cancel(item.id)
        case .retry:
            try store.retry(item.id)
            // A power cut may have made the engine forget that it had sent the appends behind it: it sends them again.
            if item.kind.makesConversation {
                changed += try store.outbox().filter { $0.conversation == item.conversation && $0.id != item.id }.map(
                    \.id)
            }
        }
        let code = item.reason?.code ?? ""
        let isLookedFor = try store.operation(matching: item.id.rawValue).state == .inDoubt
        let mustBeLookedFor =
            ["copied", "not_shown"].contains(code)
            || item.doubtedAt != nil
                && (code == "other_account" || code == "conversation_gone" && item.kind == .append)
        state.withLock { state in
            if decision == .retry {
                state.retried.insert(item.id)
                if mustBeLookedFor, !isLookedFor {
                    state.mistakes.append(Violation(.blindResend, "\(item.id) (\(code)) is let go without a look"))
                }
            }
            let mayBeThere = mustBeLookedFor || item.doubtedAt != nil && SimulatedUser.untold.contains(code)
            if mayBeThere, !isLookedFor { for id in changed { state.risks[id, default: 0] += 1 } }
        }
    }

    private func write<Request: WriteRequest>(
        _ request: Request, _ queue: (Request) throws(StoreError) -> QueuedWrite
    ) throws(StoreError) {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        var request = request
        request.completionArgs = .object(["random_seed": .int(number)])
        let receipt = try queue(request)
        state.withLock { state in
            state.operations[number] = receipt.operation
            state.acknowledged.append(receipt.operation)
            state.homes[receipt.operation] = receipt.conversation
        }
    }

    private func conversation(_ nth: Int, in store: Store) throws(StoreError) -> StoredConversation? {
        let conversations = try store.conversations()
        return conversations.isEmpty ? nil : conversations[nth % conversations.count]
    }

    private func operation(_ nth: Int, in store: Store) throws(StoreError) -> OutboxItem? {
        let items = try store.outbox()
        return items.isEmpty ? nil : items[nth % items.count]
    }

    private func openCalls(of id: LocalID, in store: Store) throws(StoreError) -> [String] {
        let entries = try store.history(of: id).entries.filter { !$0.isLocalOnly }.map(\.entry)
        let answered = entries.filter { $0.type == .functionResult }.compactMap(\.toolCallID)
        return entries.filter { $0.type == .functionCall }.compactMap(\.toolCallID).filter { !answered.contains($0) }
    }
}
