import ConvoJSON
import ConvoModel
import SeededRandom

/// Start, append and restart: the requests that make the model answer.
extension SimulatedServer {
    mutating func start(_ body: StartRequest, cause: Cause, lasting lasts: Duration?) throws -> Handling {
        let kept =
            ["model", "agent_id", "agent_version", "name", "description", "instructions", "tools"]
            + ["completion_args", "guardrails", "metadata"]
        let fields = JSONText.object(kept.map { ($0, body.json[$0]) })
        let newcomer = newConversation(fields: fields, entries: [], unlisted: [])
        return try run(.start, in: newcomer, body: body, cause: cause, lasting: lasts)
    }

    mutating func append(
        _ body: AppendRequest, to id: RemoteID, cause: Cause, lasting lasts: Duration?
    ) throws -> Handling {
        let conversation = try existing(id)
        guard !isLocked(id) else { throw ServerRefusal.busy }
        if let confirmations = body.toolConfirmations {
            let open = conversation.callsToConfirm
            let named = confirmations.elements.compactMap { $0["tool_call_id"]?.string }
            guard !named.isEmpty, named.allSatisfy(open.contains) else {
                throw ServerRefusal(400, code: 3001, "Tool call is not waiting for a confirmation")
            }
        } else {
            let results = (body.inputs?.asEntries ?? []).filter { $0["type"]?.string == "function.result" }
            guard results.count == conversation.openCalls.count else { throw ServerRefusal.unansweredCalls }
        }
        return try run(.append, in: conversation, body: body, cause: cause, lasting: lasts)
    }

    mutating func restart(
        _ body: RestartRequest, of id: RemoteID, cause: Cause, lasting lasts: Duration?
    ) throws -> Handling {
        let origin = try existing(id)
        let remembered = origin.unlisted + origin.entries
        guard let from = body.fromEntryID, let last = remembered.lastIndex(where: { $0.id == from }) else {
            throw ServerRefusal(404, code: 3000, "Entry not found")
        }
        var copies = Array(remembered[...last])
        if switches.copiedEntries == .newIDs {
            for index in copies.indices {
                copies[index] = copies[index].copied(as: mint.entry(copies[index].type, at: now))
            }
        }
        let listed = switches.copiedEntries != .notListed
        var fields = origin.fields
        for changed in ["metadata", "guardrails", "agent_version", "completion_args"] {
            if changed == "metadata" || body.json[changed] != nil {
                fields = fields.setting(changed, to: body.json[changed])
            }
        }
        let newcomer = newConversation(
            fields: fields, entries: listed ? copies : [], unlisted: listed ? [] : copies)
        return try run(.restart, in: newcomer, body: body, cause: cause, lasting: lasts)
    }

    private mutating func newConversation(
        fields: JSONText, entries: [ServedEntry], unlisted: [ServedEntry]
    ) -> ServedConversation {
        let created =
            switches.coarseCreationTimes
            ? VirtualInstant(microseconds: now.microseconds / 1000 * 1000) : now
        return ServedConversation(
            id: mint.conversation(at: now), createdAt: created,
            entries: entries, unlisted: unlisted, fields: fields, isBranch: !entries.isEmpty || !unlisted.isEmpty,
            sequence: nextSequence(), lockedUntil: now)
    }

    private mutating func run(
        _ kind: Turn.Kind, in target: ServedConversation, body: some WriteRequest, cause: Cause, lasting: Duration?
    ) throws -> Handling {
        let commitsAt = now + (lasting ?? random.duration(in: SimulatedServer.runLatency))
        let inputs = body.inputs?.asEntries ?? []
        let results = (body.json["tool_confirmations"]?.elements ?? []).map(confirmationResult)
        let taken = Set(target.entries.map(\.id))
        let arrived = (inputs.map(switches.storedText.applied) + results).map { inputEntry($0, avoiding: taken) }
        let outputs = EchoModel.outputs(for: inputs, mint: &mint).map { output in
            outputEntry(output.type, output.members, of: target, completedAt: commitsAt)
        }
        let stored = body.store ?? true || (kind == .append && switches.keepsUnstoredAppends)
        let number = begin(
            kind, in: target, inputs: inputs + results, outputs: outputs, entries: arrived, cause: cause,
            stored: stored,
            commitsAt: commitsAt)
        let response = SimulatedServer.response(in: target.id, outputs: outputs)
        return Handling(
            result: EchoModel.fails(on: inputs) ? .failure(.runFailed) : .success(.object(response)),
            answersAt: commitsAt, run: number)
    }

    private func confirmationResult(_ confirmation: JSONText) -> JSONText {
        .object([
            "type": .string("function.result"), "tool_call_id": confirmation["tool_call_id"],
            "result": .string(confirmation["confirmation"]?.string ?? "deny"),
        ])
    }

    private mutating func inputEntry(_ input: JSONText, avoiding taken: Set<EntryID>) -> ServedEntry {
        let type = EntryType(input["type"]?.string ?? "message.input")
        var id = mint.entry(type, at: now)
        if switches.keepsClientEntryIDs, let given = input["id"]?.string.map({ EntryID($0) }), !taken.contains(given) {
            id = given
        }
        let raw = input.setting("object", to: .string("entry"))
            .setting("created_at", to: .string(now.timestamp.text)).setting("completed_at", to: .null)
            .setting("id", to: .string(id.rawValue))
        return ServedEntry(id: id, type: type, inHistory: raw)
    }

    /// Makes both forms of one output: the response's, with its completion time, and the history's, whose members are
    /// in another order.
    private mutating func outputEntry(
        _ type: EntryType, _ members: [(String, JSONText?)], of conversation: ServedConversation,
        completedAt: VirtualInstant
    ) -> ServedEntry {
        let id = mint.entry(type, at: now)
        let created = JSONText.string((now + .microseconds(random.int(in: 1000...200_000))).timestamp.text)
        let completed = JSONText.string(completedAt.timestamp.text)
        let origin: [(String, JSONText?)] = [
            ("agent_id", conversation.fields["agent_id"]), ("model", conversation.fields["model"]),
        ]
        func object(_ completed: JSONText) -> [(String, JSONText?)] {
            [
                ("object", .string("entry")), ("type", .string(type.rawValue)), ("created_at", created),
                ("completed_at", completed), ("id", .string(id.rawValue)),
            ]
        }
        return ServedEntry(
            id: id, type: type,
            inHistory: .object(members + object(switches.historyHasCompletedAt ? completed : .null) + origin),
            inResponse: .object(object(completed) + origin + members))
    }

    private static func response(in conversation: RemoteID, outputs: [ServedEntry]) -> JSONText {
        .object([
            "object": .string("conversation.response"), "conversation_id": .string(conversation.rawValue),
            "outputs": .array(outputs.compactMap(\.inResponse)),
            "usage": .object(["prompt_tokens": .int(16), "completion_tokens": .int(3), "total_tokens": .int(19)]),
            "guardrails": .null,
        ])
    }
}
