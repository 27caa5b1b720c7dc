import ConvoModel
import ConvoStore

/// Who answers in a chat, and where.
enum ChatTarget: Equatable {
    /// A conversation that begins with the first message.
    case new(model: String?, agent: String?)
    /// A conversation that is here.
    case conversation(LocalID)
}

/// What the line is for that the person types next.
enum ChatPurpose: Equatable {
    /// A message to the conversation.
    case message
    /// A message behind an entry, in a branch; the entry's number is for the prompt.
    case branch(of: LocalID, from: EntryID, number: Int)
    /// Another text for a message that is not sent yet.
    case replacement(of: OperationID)
    /// The answer to a call of a function.
    case answer(to: FunctionQuestion)

    /// The words before the line.
    var prompt: String {
        switch self {
        case .message: "> "
        case .branch(_, _, let number): "branch of #\(number)> "
        case .replacement: "changed> "
        case .answer(let question): question.wantsConsent ? "allow? y/n> " : "result> "
        }
    }

    /// The write that a text becomes.
    ///
    /// - Returns: `nil` for the purposes that change a write or gather answers.
    func write(_ text: String, to target: ChatTarget) -> ChatWrite? {
        switch self {
        case .branch(let conversation, let entry, _):
            return .restart(RestartRequest(from: entry, inputs: .text(text)), of: conversation)
        case .message:
            switch target {
            case .conversation(let id): return .append(AppendRequest(inputs: .text(text)), to: id)
            case .new(let model, let agent):
                var request = StartRequest(inputs: .text(text))
                request.model = model
                request.agentID = agent
                return .start(request)
            }
        case .replacement, .answer: return nil
        }
    }
}

/// A write that a chat queues.
enum ChatWrite: Sendable {
    case start(StartRequest)
    case append(AppendRequest, to: LocalID)
    case restart(RestartRequest, of: LocalID)

    /// Puts the write into the outbox.
    func queue(in store: Store) throws(StoreError) -> QueuedWrite {
        switch self {
        case .start(let request): try store.start(request)
        case .append(let request, let id): try store.append(request, to: id)
        case .restart(let request, let id): try store.restart(request, of: id)
        }
    }
}
