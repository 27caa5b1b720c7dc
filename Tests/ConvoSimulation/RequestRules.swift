import ConvoJSON
import ConvoModel

/// The rules of the server's schema for requests, as far as a client can break them.
enum RequestRules {
    private static let common = ["inputs", "stream", "store", "handoff_execution", "completion_args"]
    private static let start =
        common + [
            "instructions", "tools", "guardrails", "name", "description", "metadata", "agent_id", "agent_version",
            "model",
        ]
    private static let append = common + ["tool_confirmations"]
    private static let restart = common + ["guardrails", "metadata", "agent_version", "from_entry_id"]

    static func refusal(of request: SimulatedRequest) -> ServerRefusal? {
        switch request {
        case .list(let page, let pageSize, let metadata):
            guard page >= 0, pageSize >= 1 else { return .invalid("page or page_size out of range") }
            return metadata.map { $0.kind == .object } ?? true ? nil : .invalid("metadata is not an object")
        case .get, .history, .messages, .delete, .whoAmI:
            return nil
        case .start(let body):
            let owners = [body.model, body.agentID].compactMap(\.self)
            guard owners.count == 1 else { return .invalid("exactly one of model and agent_id is required") }
            return extraField(in: body.json, beyond: start) ?? missingInputs(in: body.json)
        case .append(let body, _):
            if let extra = extraField(in: body.json, beyond: append) { return extra }
            return body.toolConfirmations == nil ? missingInputs(in: body.json) : nil
        case .restart(let body, _):
            guard body.fromEntryID != nil else { return .invalid("from_entry_id is required") }
            return extraField(in: body.json, beyond: restart) ?? missingInputs(in: body.json)
        }
    }

    private static func extraField(in body: JSONText, beyond known: [String]) -> ServerRefusal? {
        body.members.first { !known.contains($0.key) }.map { .invalid("extra_forbidden: \($0.key)") }
    }

    private static func missingInputs(in body: JSONText) -> ServerRefusal? {
        guard let json = body["inputs"], let inputs = try? Inputs(json: json), !inputs.asEntries.isEmpty else {
            return .invalid("inputs is required")
        }
        return nil
    }
}
