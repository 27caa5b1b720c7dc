import ConvoJSON
import ConvoModel

/// Makes a ``Draft`` of a request: checks the rules that a write must pass before the model runs.
extension Emulator {
    /// A request whose body has the form that the API's description wants.
    struct CheckedRequest {
        let body: JSONText
        let principal: Principal
        let alteration: InputAlteration?

        func stored(_ inputs: [JSONText]) -> [JSONText] {
            guard let alteration else { return inputs }
            return inputs.map(alteration.applied)
        }
    }

    /// Checks the rules for a body alone.
    func checked(
        _ body: JSONText, _ operation: Operation, _ principal: Principal, _ conditions: Conditions
    ) throws(Refusal) -> CheckedRequest {
        try RequestRules(operation: operation, switches: switches).check(body)
        return CheckedRequest(body: body, principal: principal, alteration: conditions.storedText)
    }

    mutating func draftStart(_ request: CheckedRequest) throws(Refusal) -> Draft {
        let inputs = entries(from: request.body)
        let conversation = newConversation(from: request.body, entries: [], switches.owner(request.principal))
        return try draft(new: conversation, inputs, request)
    }

    mutating func draftRestart(of id: RemoteID, _ request: CheckedRequest) throws(Refusal) -> Draft {
        let body = request.body
        let original = try view(for: request.principal).find(id)
        let from = body["from_entry_id"]?.string ?? ""
        guard let last = original.entries.firstIndex(where: { $0["id"]?.string == from }) else {
            throw .business(404, code: switches.notFoundCode, "Entry \(from) not found in conversation")
        }
        var copies = Array(original.entries[...last])
        if switches.restartHistory == .newIDs { copies = copies.map { renamed($0) } }
        let inputs = entries(from: body)
        let heritage = ["instructions", "tools", "completion_args", "name", "description", "model", "agent_id"]
        var description: [(String, JSONText?)] = heritage.map { ($0, original.object[$0]) }
        description.append(("guardrails", body["guardrails"] ?? original.object["guardrails"]))
        description.append(("metadata", body["metadata"]))
        description.append(("agent_version", body["agent_version"] ?? original.object["agent_version"]))
        if let arguments = body["completion_args"] {
            description = description.map { $0.0 == "completion_args" ? ($0.0, arguments) : $0 }
        }
        let owner = switches.owner(request.principal)
        let branch = newConversation(from: .object(description), entries: copies, owner)
        return try draft(new: branch, inputs, request)
    }

    /// Drafts an append.
    ///
    /// - Throws: the refusal where a rule is broken. Where the inputs come while function results are missing, the
    ///   changes may store them all the same (``Switches/inputWithoutResults``).
    mutating func draftAppend(
        to id: RemoteID, _ request: CheckedRequest, _ changes: inout [Change]
    ) throws(Refusal) -> Draft {
        let body = request.body
        let conversation = try view(for: request.principal).find(id)
        guard !isBusy(id) else { throw switches.busy }
        if Switches.list(switches.brokenConversations, has: id.rawValue) { throw .failedResponse }
        if body["store"]?.bool == false, switches.appendUnstored == .refused {
            throw .invalid("store cannot be false for a stored conversation")
        }
        let confirmations = try RequestRules.confirmations(in: body, history: conversation.entries)
        let inputs = body["inputs"] == nil ? [] : entries(from: body)
        let confirmed = conversation.entries.confirmed(by: confirmations)
        if let violation = CallViolation.found(in: inputs, after: confirmed, switches) {
            if case .resultsMissing = violation, switches.inputWithoutResults == .stored {
                let commit = Commit(object: updated(conversation.object), added: request.stored(inputs))
                changes.append(Change(.commit(commit, to: id)))
            }
            throw violation.refusal
        }
        var model = model(of: conversation.object, handoffEndsTurn: body.handsOverToClient(switches))
        let answered = confirmations.map { (conversation.entries[$0.index], $0.isAllowed) }
        try RequestRules.checkSpeaker(of: conversation.object, hearing: inputs, switches)
        let script = inputs.isEmpty ? model.answer(toConfirmations: answered) : model.answer(to: inputs)
        ids = model.maker.ids
        let isKept = body["store"]?.bool != false || switches.appendUnstored == .kept
        return Draft(
            target: isKept ? .existing(id) : .nowhere(id), object: conversation.object,
            inputs: request.stored(inputs), owner: conversation.owner,
            replacements: confirmations.map { .init(index: $0.index, entry: confirmed[$0.index]) }, script: script,
            usage: Usage(prompt: Usage.prompt(of: conversation.object, confirmed + inputs), outputs: script.outputs))
    }

    private mutating func draft(
        new conversation: EmulatedConversation, _ inputs: [JSONText], _ request: CheckedRequest
    ) throws(Refusal) -> Draft {
        if let violation = CallViolation.found(in: inputs, after: conversation.entries, switches) {
            throw violation.refusal
        }
        var model = model(
            of: conversation.object, handoffEndsTurn: request.body.handsOverToClient(switches))
        try RequestRules.checkSpeaker(of: conversation.object, hearing: inputs, switches)
        let script = model.answer(to: inputs)
        ids = model.maker.ids
        var kept = conversation
        if switches.restartHistory == .newOnly { kept.unlistedCount = kept.entries.count }
        return Draft(
            target: request.body["store"]?.bool == false ? .nowhere(conversation.id) : .new(kept),
            object: conversation.object, inputs: request.stored(inputs), owner: conversation.owner, script: script,
            usage: Usage(
                prompt: Usage.prompt(of: conversation.object, conversation.entries + inputs), outputs: script.outputs))
    }

    // MARK: What the server writes

    /// The conversation's object with the current time as `updated_at`.
    mutating func updated(_ object: JSONText) -> JSONText { object.setting("updated_at", to: .string(moment().text)) }

    /// Makes a conversation whose `updated_at` is a microsecond after its `created_at`.
    ///
    /// In recorded conversations without an append the two are one or two microseconds apart.
    private mutating func newConversation(
        from body: JSONText, entries: [JSONText], _ owner: Owner?
    ) -> EmulatedConversation {
        var created = moment()
        if switches.creationTimes == .milliseconds {
            created = Timestamp(microseconds: created.microseconds / 1000 * 1000)
        }
        let id = ids.conversation(at: created)
        let fields = body["agent_id"]?.string == nil ? Emulator.modelFields : Emulator.agentFields
        let given = body.members.filter { fields.contains($0.key) && !$0.value.isNull }
        let written: [(String, JSONText?)] = [
            ("object", .string("conversation")), ("id", .string(id.rawValue)),
            ("created_at", .string(created.text)),
            ("updated_at", .string(Timestamp(microseconds: created.microseconds + 1).text)),
        ]
        return EmulatedConversation(
            id: id, createdAt: created, object: .object(given.map { ($0.key, $0.value) } + written), entries: entries,
            owner: owner)
    }

    private static let modelFields: Set<String> = [
        "instructions", "tools", "completion_args", "guardrails", "name", "description", "metadata", "model",
    ]
    /// A conversation with an agent does not repeat what the agent has itself, such as its instructions.
    private static let agentFields: Set<String> = ["name", "description", "metadata", "agent_id", "agent_version"]

    /// The request's inputs as the history will show them, before ``Conditions/storedText`` alters them.
    private mutating func entries(from body: JSONText) -> [JSONText] {
        guard let inputs = body["inputs"], let given = try? Inputs(json: inputs) else { return [] }
        return given.asEntries.map { entry in
            let created = moment()
            let type = entry["type"]?.string ?? "message.input"
            let fresh = ids.entry(prefix(of: type), at: created)
            let id = switches.clientEntryIDs == .keep ? entry["id"]?.string ?? fresh : fresh
            let content = entry.members.filter { !Emulator.entryFields.contains($0.key) }
            return .object(
                content.map { ($0.key, $0.value) } + [
                    ("object", .string("entry")), ("type", .string(type)), ("created_at", .string(created.text)),
                    ("completed_at", .null), ("id", .string(id)),
                ])
        }
    }

    /// The fields that the server sets in every entry, whatever the client sent.
    private static let entryFields: Set<String> = ["object", "type", "created_at", "completed_at", "id"]

    private mutating func renamed(_ entry: JSONText) -> JSONText {
        let id = ids.entry(prefix(of: entry["type"]?.string ?? ""), at: moment())
        return entry.setting("id", to: .string(id))
    }

    private func prefix(of type: String) -> String {
        switch EntryType(type) {
        case .functionCall: "fc_"
        case .functionResult: switches.functionResultPrefix
        case .toolExecution: "tool_exec_"
        case .agentHandoff: "handoff_"
        default: "msg_"
        }
    }
}

extension JSONText {
    fileprivate func handsOverToClient(_ switches: Switches) -> Bool {
        self["handoff_execution"]?.string == "client" && switches.clientHandoff == .endsTurn
    }
}

/// One accepted write: the conversation that it adds to, the inputs, and what the model will do.
struct Draft: Hashable, Sendable {
    enum Target: Hashable, Sendable {
        /// A new conversation, with the entries that a branch copies from its original.
        case new(EmulatedConversation)
        case existing(RemoteID)
        /// Nothing is stored; the answer still names this id.
        case nowhere(RemoteID)
    }

    let target: Target
    /// The conversation's object, before the turn.
    let object: JSONText
    /// The input entries as the history will hold them.
    let inputs: [JSONText]
    /// The conversation's owner, who gets the files that the model makes; `nil`: everybody's.
    let owner: Owner?
    var replacements: [Commit.Replacement] = []
    let script: EchoModel.Script
    let usage: Usage

    var conversationID: RemoteID {
        switch target {
        case .new(let conversation): conversation.id
        case .existing(let id), .nowhere(let id): id
        }
    }
}
