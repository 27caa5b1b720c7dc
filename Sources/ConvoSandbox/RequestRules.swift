import ConvoModel
import ConvoServer

/// What a request must hold before it is looked at in the light of its conversation.
struct RequestRules: Sendable {
    let operation: Operation
    let switches: Switches

    func check(_ body: JSONText) throws(ServiceError) {
        let issues = Schema.body(of: operation).issues(in: body, at: ["body"])
        guard issues.isEmpty else { throw .validation(Array(issues.prefix(Schema.issueLimit))) }
        switch operation {
        case .start, .startStream: try checkStart(body)
        case .append, .appendStream:
            if body["tool_confirmations"]?.elements.isEmpty ?? true { try RequestRules.requireInputs(body) }
        default: try RequestRules.requireInputs(body)
        }
    }

    private func checkStart(_ body: JSONText) throws(ServiceError) {
        try RequestRules.requireInputs(body)
        let (model, agent) = (body["model"]?.string, body["agent_id"]?.string)
        if model != nil, agent != nil { throw .invalid("Only one of model or agent_id can be provided") }
        if model == nil, agent == nil { throw .invalid("Either model or agent_id must be provided") }
        if model != nil, switches.handoffWithModel == .refuse, body["handoff_execution"]?.string != nil {
            throw .invalid("handoff_execution can only be used with agent_id")
        }
        try RequestRules.checkTools(body)
    }

    private static func requireInputs(_ body: JSONText) throws(ServiceError) {
        let inputs = body["inputs"]
        guard let inputs, !inputs.isNull, inputs.kind != .array || !inputs.elements.isEmpty else {
            throw .invalid("inputs is required")
        }
    }

    private static func checkTools(_ body: JSONText) throws(ServiceError) {
        let types = body["tools"]?.elements.map { $0["type"]?.string ?? "function" } ?? []
        if types.contains("web_search"), types.contains("web_search_premium") {
            throw .invalid("web_search and web_search_premium cannot be used together")
        }
        if body["completion_args"]?["tool_choice"]?.string == "required", types.contains(where: { $0 != "function" }) {
            throw .invalid("tool_choice required cannot be used with built-in connectors")
        }
    }

    // MARK: In the light of the history

    /// A model that is in use, and hears nothing that it does not take.
    static func checkModel(
        of conversation: JSONText, hearing inputs: [JSONText], _ switches: Switches
    ) throws(ServiceError) {
        let inUse = switches.modelsInUse.split(separator: ",").map(String.init)
        if let model = conversation["model"]?.string, !inUse.isEmpty, !inUse.contains(model) {
            throw .business(400, code: 3003, "Model \(model) is not in use")
        }
        let chunks = inputs.flatMap { $0["content"]?.elements ?? [] }
        if switches.imageInput == .refuse, chunks.contains(where: { $0["type"]?.string == "image_url" }) {
            throw .business(400, code: 3051, "Image input is not enabled for this model")
        }
    }

    /// Every function call must have its result, each once, by the end of the inputs.
    static func checkCalls(_ entries: [JSONText]) throws(ServiceError) {
        let calls = entries.filter { $0.isUnconfirmedOrPlainCall }
        let results = entries.filter { $0["type"]?.string == "function.result" }
        guard calls.count == results.count else {
            throw .business(400, code: 3230, "Not the same number of function calls and responses")
        }
    }

    /// The calls that a request confirms, by their places in the history.
    static func confirmations(
        in body: JSONText, history: [JSONText]
    ) throws(ServiceError) -> [Confirmation] {
        var confirmations: [Confirmation] = []
        for given in body["tool_confirmations"]?.elements ?? [] {
            let callID = given["tool_call_id"]?.string ?? ""
            guard let index = history.lastIndex(where: { $0.isPendingCall(callID) }),
                !confirmations.contains(where: { $0.index == index })
            else { throw .business(400, code: 3000, "Tool call \(callID) does not wait for a confirmation") }
            confirmations.append(
                Confirmation(index: index, isAllowed: given["confirmation"]?.string == "allow"))
        }
        return confirmations
    }
}

extension JSONText {
    /// A call that nobody but the client can answer: one that was confirmed is the server's to run.
    fileprivate var isUnconfirmedOrPlainCall: Bool {
        guard self["type"]?.string == "function.call" else { return false }
        let status = self["confirmation_status"]?.string
        return status == nil || status == "pending"
    }

    fileprivate func isPendingCall(_ callID: String) -> Bool {
        self["tool_call_id"]?.string == callID && self["confirmation_status"]?.string == "pending"
    }
}
