import ConvoModel

/// Who speaks: a conversation has a model or an agent.
struct MessageAuthor: Hashable, Sendable {
    let model: String?
    let agentID: String?

    init(model: String?, agentID: String?) {
        (self.model, self.agentID) = (model, agentID)
    }

    /// An agent's model is not in its conversation; the answers name one all the same.
    init(of conversation: JSONText) {
        let agentID = conversation["agent_id"]?.string
        self.init(model: conversation["model"]?.string ?? "mistral-medium-latest", agentID: agentID)
    }

    var members: [(String, JSONText?)] {
        [("agent_id", agentID.map { .string($0) }), ("model", model.map { .string($0) })]
    }
}
