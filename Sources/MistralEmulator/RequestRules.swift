import ConvoJSON
import ConvoModel

/// The rules for a write's body: those for the body alone (``check(_:)``), then those that need its conversation.
struct RequestRules: Sendable {
    let operation: Operation
    let switches: Switches

    /// Checks a body against the API's description, then against the rules between its fields.
    ///
    /// - Throws: the refusal, 422 with at most ``RequestSchema/issueLimit`` issues where the body's form is wrong.
    func check(_ body: JSONText) throws(Refusal) {
        let issues = RequestSchema.body(of: operation).issues(in: body, at: ["body"])
        guard issues.isEmpty else { throw .validation(Array(issues.prefix(RequestSchema.issueLimit))) }
        switch operation {
        case .start, .startStream: try checkStart(body)
        case .append, .appendStream: try checkAppend(body)
        default: try RequestRules.requireInputs(body)
        }
    }

    private func checkStart(_ body: JSONText) throws(Refusal) {
        try RequestRules.requireInputs(body)
        let (model, agent) = (body["model"]?.string, body["agent_id"]?.string)
        if model != nil, agent != nil { throw .invalid("Only one of model or agent_id can be provided") }
        if model == nil, agent == nil { throw .invalid("Either model or agent_id must be provided") }
        if model != nil, switches.handoffWithModel == .refuse, body["handoff_execution"]?.string != nil {
            throw .invalid("handoff_execution can only be used with agent_id")
        }
        try RequestRules.checkTools(body)
    }

    private func checkAppend(_ body: JSONText) throws(Refusal) {
        guard body["tool_confirmations"]?.elements.isEmpty ?? true else { return }
        guard body["inputs"] != nil else {
            let issue = ValidationIssue(
                "value_error", at: ["body"], "Value error, Either inputs or tool_confirmations must be provided.",
                input: body, context: .object(["error": .object([])]))
            throw Refusal(switches.emptyAppend == .badRequest ? 400 : 422, .validation([issue]))
        }
        try RequestRules.requireInputs(body)
    }

    private static func requireInputs(_ body: JSONText) throws(Refusal) {
        let inputs = body["inputs"]
        guard let inputs, !inputs.isNull, inputs.kind != .array || !inputs.elements.isEmpty else {
            throw .invalid("inputs is required")
        }
    }

    private static func checkTools(_ body: JSONText) throws(Refusal) {
        let types = body["tools"]?.elements.map { $0["type"]?.string ?? "function" } ?? []
        let functions = body["tools"]?.elements.compactMap { $0["function"]?["name"]?.string } ?? []
        if let taken = functions.first(where: builtInConnectors.contains) {
            throw .invalid("Function name '\(taken)' is the name of a built-in connector")
        }
        if types.contains("web_search"), types.contains("web_search_premium") {
            throw .invalid("web_search and web_search_premium cannot be used together")
        }
        if body["completion_args"]?["tool_choice"]?.string == "required", types.contains(where: { $0 != "function" }) {
            throw .invalid("tool_choice required cannot be used with built-in connectors")
        }
    }

    private static let builtInConnectors: Set<String> = [
        "web_search", "web_search_premium", "code_interpreter", "image_generation", "document_library",
    ]

    // MARK: Rules that need the conversation

    /// Checks that the conversation's agent exists, or that its model is in use and in the plan, and that the model
    /// takes the inputs.
    static func checkSpeaker(
        of conversation: JSONText, hearing inputs: [JSONText], _ switches: Switches
    ) throws(Refusal) {
        if let agent = conversation["agent_id"]?.string, Switches.list(switches.agentsGone, has: agent) {
            throw .business(404, code: switches.notFoundCode, "Agent \(agent) not found")
        }
        if let model = conversation["model"]?.string {
            if !switches.modelsInUse.isEmpty, !Switches.list(switches.modelsInUse, has: model) {
                throw .business(400, code: 3003, "Model \(model) is not in use")
            }
            if Switches.list(switches.modelsOutsidePlan, has: model) {
                throw .notInPlan
            }
        }
        let chunks = inputs.flatMap { $0["content"]?.elements ?? [] }
        if switches.imageInput == .refuse, chunks.contains(where: { $0["type"]?.string == "image_url" }) {
            throw .business(400, code: 3051, "Image input is not enabled for this model")
        }
    }

    /// The calls that a request's `tool_confirmations` allow or deny, by their places in the history.
    ///
    /// - Throws: 400 where a call does not wait for a confirmation, or is confirmed twice.
    static func confirmations(
        in body: JSONText, history: [JSONText]
    ) throws(Refusal) -> [ToolConfirmation] {
        var confirmations: [ToolConfirmation] = []
        for given in body["tool_confirmations"]?.elements ?? [] {
            let callID = given["tool_call_id"]?.string ?? ""
            guard let index = history.lastIndex(where: { $0.isPendingCall(callID) }),
                !confirmations.contains(where: { $0.index == index })
            else { throw .business(400, code: 3000, "Tool call \(callID) does not wait for a confirmation") }
            confirmations.append(
                ToolConfirmation(index: index, isAllowed: given["confirmation"]?.string == "allow"))
        }
        return confirmations
    }
}

extension JSONText {
    fileprivate func isPendingCall(_ callID: String) -> Bool {
        self["tool_call_id"]?.string == callID && self["confirmation_status"]?.string == "pending"
    }
}

/// The client's decision on one function call whose `confirmation_status` is `pending`.
struct ToolConfirmation: Hashable, Sendable {
    /// The call's index in the history.
    let index: Int
    let isAllowed: Bool
}

extension [JSONText] {
    /// The entries with the `confirmation_status` of the confirmed calls set to `allowed` or `denied`.
    func confirmed(by confirmations: [ToolConfirmation]) -> [JSONText] {
        var entries = self
        for confirmation in confirmations {
            entries[confirmation.index] = entries[confirmation.index].setting(
                "confirmation_status", to: .string(confirmation.isAllowed ? "allowed" : "denied"))
        }
        return entries
    }
}
