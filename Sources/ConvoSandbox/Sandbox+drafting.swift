import ConvoJSON
import ConvoModel
import ConvoServer

/// Makes a ``Turn`` of a request: checks the rules that a write must pass before the model runs.
extension Sandbox {
    /// Checks a write and decides what it will do.
    ///
    /// - Throws: the refusal where a rule is broken. The append of inputs while function results are missing may store
    ///   the inputs all the same (``Switches/inputWithoutResults``); otherwise nothing is changed.
    func draft(
        _ operation: Operation, _ id: RemoteID?, _ body: JSONText, _ plan: FaultPlan, _ principal: Principal
    ) throws(ServiceError) -> Turn {
        try RequestRules(operation: operation, switches: switches).check(body)
        let request = Request(body: body, plan: plan, principal: principal)
        guard let id else { return try draftStart(request) }
        switch operation {
        case .restart, .restartStream: return try draftRestart(of: id, request)
        default: return try draftAppend(to: id, request)
        }
    }

    private struct Request {
        let body: JSONText
        let plan: FaultPlan
        let principal: Principal

        func stored(_ inputs: [JSONText]) -> [JSONText] {
            guard let alteration = InputAlteration(plan.storage) else { return inputs }
            return inputs.map(alteration.applied)
        }
    }

    func refuseIfBusy(_ id: RemoteID) throws(ServiceError) {
        guard busy[id] == nil else {
            throw .business(
                409, code: switches.busyCode, "Conversation is being updated, concurrent requests are not supported")
        }
    }

    private func draftStart(_ request: Request) throws(ServiceError) -> Turn {
        let inputs = entries(from: request.body)
        let conversation = newConversation(from: request.body, entries: [], switches.owner(request.principal))
        return try turn(new: conversation, inputs, request)
    }

    private func draftRestart(of id: RemoteID, _ request: Request) throws(ServiceError) -> Turn {
        let body = request.body
        let original = try view(for: request.principal).find(id)
        let from = body["from_entry_id"]?.string ?? ""
        guard let last = original.entries.firstIndex(where: { $0["id"]?.string == from }) else {
            throw .business(404, code: switches.notFoundCode, "Entry \(from) not found in conversation")
        }
        var copies = Array(original.entries[...last])
        if switches.restartHistory == .newIDs { copies = copies.map(renamed) }
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
        return try turn(new: branch, inputs, request)
    }

    private func draftAppend(to id: RemoteID, _ request: Request) throws(ServiceError) -> Turn {
        let body = request.body
        let conversation = try view(for: request.principal).find(id)
        try refuseIfBusy(id)
        if Switches.list(switches.brokenConversations, has: id.rawValue) { throw .failedResponse }
        if body["store"]?.bool == false, switches.appendUnstored == .refused {
            throw .invalid("store cannot be false for a stored conversation")
        }
        let confirmations = try RequestRules.confirmations(in: body, history: conversation.entries)
        let inputs = body["inputs"] == nil ? [] : entries(from: body)
        let confirmed = conversation.entries.confirmed(by: confirmations)
        if let fault = CallFault.found(in: inputs, after: confirmed, switches) {
            if case .resultsMissing = fault, switches.inputWithoutResults == .stored {
                try apply(.commit(Commit(object: updated(conversation.object), added: request.stored(inputs)), to: id))
            }
            throw fault.refusal
        }
        let model = model(of: conversation.object, body)
        let answered = confirmations.map { (conversation.entries[$0.index], $0.isAllowed) }
        try RequestRules.checkSpeaker(of: conversation.object, hearing: inputs, switches)
        let script = inputs.isEmpty ? model.answer(toConfirmations: answered) : model.answer(to: inputs)
        let isKept = body["store"]?.bool != false || switches.appendUnstored == .kept
        return Turn(
            target: isKept ? .existing(id) : .nowhere(id), object: conversation.object,
            inputs: request.stored(inputs), owner: conversation.owner,
            replacements: confirmations.map { .init(index: $0.index, entry: confirmed[$0.index]) }, script: script,
            usage: Usage(prompt: Usage.prompt(of: conversation.object, confirmed + inputs), outputs: script.outputs))
    }

    private func turn(
        new conversation: StoredConversation, _ inputs: [JSONText], _ request: Request
    ) throws(ServiceError) -> Turn {
        if let fault = CallFault.found(in: inputs, after: conversation.entries, switches) { throw fault.refusal }
        let model = model(of: conversation.object, request.body)
        try RequestRules.checkSpeaker(of: conversation.object, hearing: inputs, switches)
        let script = model.answer(to: inputs)
        var kept = conversation
        if switches.restartHistory == .newOnly { kept.entries = [] }
        return Turn(
            target: request.body["store"]?.bool == false ? .nowhere(conversation.id) : .new(kept),
            object: conversation.object, inputs: request.stored(inputs), owner: conversation.owner, script: script,
            usage: Usage(
                prompt: Usage.prompt(of: conversation.object, conversation.entries + inputs), outputs: script.outputs))
    }

    private func model(of conversation: JSONText, _ body: JSONText) -> EchoModel {
        EchoModel(conversation: conversation, handoffEndsTurn: body.handsOverToClient(switches), maker: fileMaker)
    }

    // MARK: What the server writes

    /// The conversation's object with the current time as `updated_at`.
    func updated(_ object: JSONText) -> JSONText { object.setting("updated_at", to: .string(moment().text)) }

    /// Makes a conversation whose `updated_at` is a microsecond after its `created_at`.
    ///
    /// In recorded conversations without an append the two are one or two microseconds apart.
    private func newConversation(
        from body: JSONText, entries: [JSONText], _ owner: Owner?
    ) -> StoredConversation {
        let created = moment()
        let id = RemoteID("conv_" + UUIDv7(microseconds: created.microseconds).hex)
        let fields = body["agent_id"]?.string == nil ? Sandbox.modelFields : Sandbox.agentFields
        let given = body.members.filter { fields.contains($0.key) && !$0.value.isNull }
        let written: [(String, JSONText?)] = [
            ("object", .string("conversation")), ("id", .string(id.rawValue)),
            ("created_at", .string(created.text)),
            ("updated_at", .string(Timestamp(microseconds: created.microseconds + 1).text)),
        ]
        return StoredConversation(
            id: id, createdAt: created, object: .object(given.map { ($0.key, $0.value) } + written), entries: entries,
            owner: owner)
    }

    private static let modelFields: Set<String> = [
        "instructions", "tools", "completion_args", "guardrails", "name", "description", "metadata", "model",
    ]
    /// A conversation with an agent does not repeat what the agent has itself, such as its instructions.
    private static let agentFields: Set<String> = ["name", "description", "metadata", "agent_id", "agent_version"]

    /// The request's inputs as the history will show them, unless a fault of the stage `storage` alters them.
    private func entries(from body: JSONText) -> [JSONText] {
        guard let inputs = body["inputs"], let given = try? Inputs(json: inputs.withEntryTypes) else { return [] }
        return given.asEntries.map { entry in
            let created = moment()
            let type = entry["type"]?.string ?? "message.input"
            let fresh = prefix(of: type) + UUIDv7(microseconds: created.microseconds).hex
            let id = switches.clientEntryIDs == .keep ? entry["id"]?.string ?? fresh : fresh
            let content = entry.members.filter { !Sandbox.entryFields.contains($0.key) }
            return .object(
                content.map { ($0.key, $0.value) } + [
                    ("object", .string("entry")), ("type", .string(type)), ("created_at", .string(created.text)),
                    ("completed_at", .null), ("id", .string(id)),
                ])
        }
    }

    /// The fields that the server sets in every entry, whatever the client sent.
    private static let entryFields: Set<String> = ["object", "type", "created_at", "completed_at", "id"]

    private func renamed(_ entry: JSONText) -> JSONText {
        entry.setting(
            "id",
            to: .string(
                prefix(of: entry["type"]?.string ?? "") + UUIDv7(microseconds: moment().microseconds).hex))
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

    /// The inputs with a `type` in each entry: a client may leave it out where the entry's other fields imply it.
    fileprivate var withEntryTypes: JSONText {
        guard kind == .array else { return self }
        return .array(
            elements.map { entry in
                entry["type"] == nil ? entry.setting("type", to: .string(entry.impliedEntryType)) : entry
            })
    }

    private var impliedEntryType: String {
        if self["role"] != nil { return "message.input" }
        if self["result"] != nil { return "function.result" }
        if self["tool_call_id"] != nil { return "function.call" }
        if self["previous_agent_id"] != nil { return "agent.handoff" }
        return self["arguments"] != nil ? "tool.execution" : "message.output"
    }
}
