import ConvoJSON
import ConvoModel
package import MistralEmulator

/// How the server handled one request.
package struct Handling: Sendable {
    package let result: Result<APIAnswer, Refusal>
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
        if let refusal = refusal(of: request) { return answer(.failure(refusal)) }
        var conditions = Conditions()
        if !request.isWrite { conditions.age = age }
        conditions.storedText = switches.storedText
        let existed = request.conversation.map { conversation($0) != nil } ?? false
        let effects = emulator.handle(request.emulated, at: now.timestamp, under: conditions)
        apply(effects.changes)
        switch effects.result {
        case .failure(let refusal):
            if age > .zero, !request.isWrite, refusal.status == 404, existed, let id = request.conversation {
                deniedByReplica.insert(id)
            }
            return answer(.failure(refusal))
        case .success(.run(let run)): return begin(run, of: request, cause: cause, lasting: lasts)
        case .success(.json(let json)): return answer(.success(shown(json, to: request)))
        case .success(.nothing), .success(.bytes):
            if existed, let id = request.conversation {
                deleted.append(id)
                deletedAt[id] = now
            }
            return answer(.success(.nothing))
        }
    }

    private mutating func answer(_ result: Result<APIAnswer, Refusal>) -> Handling {
        let answersAt = now + random.duration(in: SimulatedServer.readLatency)
        return Handling(result: result, answersAt: answersAt, run: nil)
    }

    /// The refusal of a request with a wrong form, or for a conversation that is hidden, or locked since its last client
    /// went away.
    private func refusal(of request: SimulatedRequest) -> Refusal? {
        if let refusal = request.formRefusal { return refusal }
        guard let id = request.conversation else { return nil }
        if hidden.contains(id) {
            return denial == .notFound
                ? Refusal(404, .business(message: "Conversation not found", code: 3000)) : .notAllowed
        }
        guard isLockedByAbsence(id) else { return nil }
        switch request {
        case .append, .delete: return conversation(id) == nil ? nil : .conversationBusy
        case .history, .messages: return switches.api.historyWhileBusy == .refuse ? .conversationBusy : nil
        default: return nil
        }
    }

    // MARK: Reads

    /// The emulator's answer with what this server hides and spoils.
    private func shown(_ json: JSONText, to request: SimulatedRequest) -> APIAnswer {
        switch request {
        case .list(let page, let pageSize, let metadata):
            return .conversations(list(json.elements, page: page, pageSize: pageSize, isFiltered: metadata != nil))
        case .get(let id): return .object(shown(json, of: id, inList: false))
        case .history(let id): return history(json, of: id)
        default: return .object(json)
        }
    }

    private func list(_ all: [JSONText], page: Int, pageSize: Int, isFiltered: Bool) -> [JSONText] {
        let listed = all.compactMap { raw -> (id: RemoteID, raw: JSONText)? in
            let id = RemoteID(raw["id"]?.string ?? "")
            guard listsHidden || !hidden.contains(id) else { return nil }
            if isFiltered, switches.metadataFilter == .missesSome, (made[id] ?? 0) % 2 == 0 { return nil }
            return (id, shown(raw, of: id, inList: true))
        }
        let rows = oddities.list(listed)
        guard !switches.ignoresPage else { return rows }
        let size = min(pageSize, switches.pageSizeLimit)
        let (offset, overflow) = page.multipliedReportingOverflow(by: size)
        return overflow ? [] : Array(rows.dropFirst(offset).prefix(size))
    }

    /// The conversation's object as the list gives it, or as `get` does.
    private func shown(_ raw: JSONText, of id: RemoteID, inList: Bool) -> JSONText {
        let isMissing =
            switch switches.metadataShown {
            case .everywhere: false
            case .notInList: inList
            case .notInGet: !inList
            case .nowhere: true
            case .notOfBranches: branches.contains(id)
            }
        return isMissing ? raw.setting("metadata", to: nil) : raw
    }

    private func history(_ json: JSONText, of id: RemoteID) -> APIAnswer {
        guard let elements = oddities.elements[id], !elements.isEmpty else { return .object(json) }
        let entries = oddities.history(json["entries"]?.elements ?? [], of: id, \.raw)
        let history = json.setting("entries", to: .array(entries))
        return elements.contains(where: \.needsBytes) ? .bytes(OddElement.bytes(of: history)) : .object(history)
    }

    /// The objects that a correct mirror may hold for the conversation: the one from `get`, or the one from the list.
    func forms(of conversation: ServedConversation) -> [JSONText] {
        let (raw, id) = (conversation.raw, conversation.id)
        return [shown(raw, of: id, inList: false), oddities.row(shown(raw, of: id, inList: true), of: id)]
    }

    /// The entries that a mirror must hold of the conversation's history, malformed ones that can be held included.
    package func mirrored(of conversation: ServedConversation) -> [ServedEntry] {
        oddities.history(conversation.entries, of: conversation.id, \.mirrored)
    }

    // MARK: Turns

    /// Draws when the run ends, and records what it will have done.
    private mutating func begin(
        _ run: Run, of request: SimulatedRequest, cause: Cause, lasting lasts: Duration?
    ) -> Handling {
        let commitsAt = now + (lasts ?? random.duration(in: SimulatedServer.runLatency))
        guard let body = request.body, let spoken = emulator.speak(run.number, at: now.timestamp) else {
            return answer(.success(.nothing))  // does not occur: the run has just begun
        }
        apply(spoken.changes)
        let result: Result<APIAnswer, Refusal>
        var outputs: [EntryID] = []
        switch spoken.result {
        case .success(let response):
            // The response has an output's members in another order than the history.
            let given = response["outputs"]?.elements ?? []
            let creations = creations(of: given, until: commitsAt)
            emulator.changeOutputs(of: run) { $0.timed(creations, completed: commitsAt) }
            let answered = given.map { output in
                let members = output.timed(creations, completed: commitsAt).members
                return JSONText.object(members.reversed().map { ($0.key, $0.value) })
            }
            for output in answered {
                let id = EntryID(output["id"]?.string ?? "")
                outputs.append(id)
                responses[id] = output
            }
            result = .success(.object(response.setting("outputs", to: .array(answered))))
        case .failure(let refusal): result = .failure(refusal)
        }
        let kind: Turn.Kind =
            switch request {
            case .start: .start
            case .restart: .restart
            default: .append
            }
        if kind != .append { made[run.conversationID] = made.count }
        if kind == .restart { branches.insert(run.conversationID) }
        let turn = Turn(
            kind: kind, cause: cause, conversation: run.conversationID, at: now,
            inputs: emulator.inputs(of: run).map { EntryID($0["id"]?.string ?? "") }, outputs: outputs,
            said: ((try? body["inputs"].map { try Inputs(json: $0) })?.asEntries ?? []).map(ServedEntry.said),
            answered: spoken.lastEvent != nil,
            stored: body["store"]?.bool ?? true || (kind == .append && switches.api.appendUnstored == .kept))
        runs.append(TurnUnderWay(number: run.number, turn: turn, commitsAt: commitsAt))
        return Handling(result: result, answersAt: commitsAt, run: run.number)
    }
}

extension SimulatedServer {
    /// Draws when each output was created: at some moment of the run behind the inputs', not in the outputs' order.
    private mutating func creations(of outputs: [JSONText], until end: VirtualInstant) -> [String: VirtualInstant] {
        var creations: [String: VirtualInstant] = [:]
        for output in outputs {
            creations[output["id"]?.string ?? ""] =
                now + random.duration(in: .milliseconds(1)...max(.milliseconds(1), end - now))
        }
        return creations
    }
}

extension JSONText {
    /// The output with its times; a `completed_at` of `null` stays.
    fileprivate func timed(_ creations: [String: VirtualInstant], completed: VirtualInstant) -> JSONText {
        guard let created = creations[self["id"]?.string ?? ""] else { return self }
        let output = setting("created_at", to: .string(created.description))
        guard self["completed_at"]?.string != nil else { return output }
        return output.setting("completed_at", to: .string(completed.description))
    }
}

extension Refusal {
    static let notAllowed = Refusal(403, .business(message: "Not allowed", code: 3000))
    fileprivate static let conversationBusy = Refusal(
        409,
        .business(message: "Conversation is being updated, concurrent requests are not supported", code: 3000))
}
