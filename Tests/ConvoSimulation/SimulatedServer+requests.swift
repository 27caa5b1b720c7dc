import ConvoJSON
import ConvoModel

/// How the server handled one request.
package struct Handling: Sendable {
    package let result: Result<APIAnswer, ServerRefusal>
    package let answersAt: VirtualInstant
    /// The run that the request began, if it began one.
    let run: Int?
}

extension SimulatedServer {
    static let readLatency = Duration.milliseconds(20)...Duration.milliseconds(300)
    static let runLatency = Duration.milliseconds(300)...Duration.seconds(8)

    /// Handles a request that arrives at `instant`, and says what the server answers and when.
    ///
    /// A read shows the state at that moment, or at a moment `age` earlier where a lagging replica answers. A turn's
    /// answer holds the same entries that the commit will add to the conversation.
    package mutating func handle(
        _ request: SimulatedRequest, at instant: VirtualInstant, cause: Cause, lasting lasts: Duration? = nil,
        seenAs age: Duration = .zero
    ) -> Handling {
        advance(to: instant)
        do {
            if let refusal = RequestRules.refusal(of: request) { throw refusal }
            if let id = request.conversation, hidden.contains(id) {
                throw denial == .notFound ? ServerRefusal.unknownConversation(id) : .forbidden
            }
            switch request {
            case .start(let body): return try start(body, cause: cause, lasting: lasts)
            case .append(let body, let id): return try append(body, to: id, cause: cause, lasting: lasts)
            case .restart(let body, let id): return try restart(body, of: id, cause: cause, lasting: lasts)
            case .delete(let id): return answer(.success(try delete(id)))
            default:
                let replica = replica(behind: age)
                if let replica, let id = request.conversation, replica.conversation(id) == nil, conversation(id) != nil
                {
                    deniedByReplica.insert(id)
                }
                return answer(.success(try (replica ?? self).read(request)))
            }
        } catch {
            return answer(.failure(error as? ServerRefusal ?? .invalid("\(error)")))
        }
    }

    private mutating func answer(_ result: Result<APIAnswer, ServerRefusal>) -> Handling {
        let answersAt = now + random.duration(in: SimulatedServer.readLatency)
        return Handling(result: result, answersAt: answersAt, run: nil)
    }

    /// The server as a replica that lags `age` behind shows it: without what was created since, and with what was
    /// deleted since. `nil` if nothing has changed since.
    private func replica(behind age: Duration) -> SimulatedServer? {
        guard age > .zero, let old = past.conversations(at: now + (.zero - age)) else { return nil }
        var replica = self
        (replica.runs, replica.conversations) = ([], old)
        return replica
    }

    private func read(_ request: SimulatedRequest) throws -> APIAnswer {
        switch request {
        case .list(let page, let pageSize, let metadata):
            return .conversations(list(page: page, pageSize: pageSize, metadata: metadata))
        case .get(let id):
            return .object(shown(try existing(id), inList: false))
        case .history(let id):
            return history(of: id, entries: try visibleEntries(of: id))
        case .messages(let id):
            let messages = try visibleEntries(of: id).filter(\.type.isMessage)
            return .object(
                .object([
                    "conversation_id": .string(id.rawValue), "messages": .array(messages.map(\.inHistory)),
                    "object": .string("conversation.messages"),
                ]))
        case .whoAmI, .start, .append, .restart, .delete:
            return .nothing  // does not occur: the callers handle these themselves
        }
    }

    func existing(_ id: RemoteID) throws -> ServedConversation {
        guard let conversation = conversation(id) else { throw ServerRefusal.unknownConversation(id) }
        return conversation
    }

    private func list(page: Int, pageSize: Int, metadata: JSONText?) -> [JSONText] {
        let matching = filtered(by: metadata).filter { listsHidden || !hidden.contains($0.id) }
        let rows = oddities.list(matching.map { ($0.id, shown($0, inList: true)) })
        guard !switches.ignoresPage else { return rows }
        let size = min(pageSize, switches.pageSizeLimit)
        let (offset, overflow) = page.multipliedReportingOverflow(by: size)
        return overflow ? [] : Array(rows.dropFirst(offset).prefix(size))
    }

    /// The conversation's object as the list gives it, or as `get` does.
    func shown(_ conversation: ServedConversation, inList: Bool) -> JSONText {
        let isMissing =
            switch switches.metadataShown {
            case .everywhere: false
            case .notInList: inList
            case .notInGet: !inList
            case .nowhere: true
            case .notOfBranches: conversation.isBranch
            }
        return isMissing ? conversation.raw.setting("metadata", to: nil) : conversation.raw
    }

    /// The objects that a correct mirror may hold for the conversation: the one from `get`, or the one from the list.
    func forms(of conversation: ServedConversation) -> [JSONText] {
        let listed = shown(conversation, inList: true)
        return [shown(conversation, inList: false), oddities.row(listed, of: conversation.id)]
    }

    /// The entries that a mirror must hold of the conversation's history, malformed ones that can be held included.
    package func mirrored(of conversation: ServedConversation) -> [ServedEntry] {
        oddities.history(conversation.entries, of: conversation.id, \.mirrored)
    }

    private func filtered(by metadata: JSONText?) -> [ServedConversation] {
        guard let wanted = metadata?.members, !wanted.isEmpty, switches.metadataFilter != .ignored else {
            return conversations
        }
        let matching = conversations.filter { conversation in
            wanted.allSatisfy { conversation.metadata?[$0.key] == $0.value }
        }
        return switches.metadataFilter == .works ? matching : matching.filter { $0.sequence % 2 == 0 }
    }

    /// The conversation's entries as a reader sees them now; a run in flight shows as the switches say.
    private func visibleEntries(of id: RemoteID) throws -> [ServedEntry] {
        let conversation = try existing(id)
        guard let run = runs.first(where: { $0.target.id == id }) else {
            if switches.historyDuringRun == .refused, conversation.lockedUntil > now { throw ServerRefusal.busy }
            return conversation.entries
        }
        switch switches.historyDuringRun {
        case .asBefore: return conversation.entries
        case .inputsOnly: return conversation.entries + run.inputs
        case .inputsAndTools:
            return conversation.entries + run.inputs
                + run.outputs.prefix { $0.type != .messageOutput && $0.type != .functionCall }
        case .refused: throw ServerRefusal.busy
        }
    }

    private func history(of id: RemoteID, entries: [ServedEntry]) -> APIAnswer {
        let history = JSONText.object([
            "conversation_id": .string(id.rawValue),
            "entries": .array(oddities.history(entries.map(\.inHistory), of: id, \.raw)),
            "object": .string("conversation.history"),
        ])
        let needsBytes = oddities.elements[id]?.contains(where: \.needsBytes) ?? false
        return needsBytes ? .bytes(OddElement.bytes(of: history)) : .object(history)
    }

    private mutating func delete(_ id: RemoteID) throws -> APIAnswer {
        guard conversation(id) != nil else {
            if switches.refusesUnknownDeletes { throw ServerRefusal.unknownConversation(id) }
            return .nothing
        }
        guard !isLocked(id) else { throw ServerRefusal.busy }
        remove(id)
        deleted.append(id)
        deletedAt[id] = now
        return .nothing
    }
}
