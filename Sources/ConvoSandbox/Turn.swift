import ConvoModel

/// One write, decided in all but its answer: what it is added to, what the client said, and what the model will do.
struct Turn: Sendable {
    enum Target: Sendable {
        /// A new conversation, with what it starts from (a branch's copies).
        case new(StoredConversation)
        case existing(RemoteID)
        /// Nothing is kept.
        case nowhere(RemoteID)
    }

    let target: Target
    /// The conversation's object, before the turn.
    let object: JSONText
    /// As they are stored.
    let inputs: [JSONText]
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
