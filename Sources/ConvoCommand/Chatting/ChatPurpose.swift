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
    /// A message that begins another conversation, with who answered before.
    case beginning(model: String?, agent: String?)
    /// Another text for a message that is not sent yet.
    case replacement(of: OperationID)
    /// The answer to a call of a function.
    case answer(to: FunctionQuestion)

    /// The words before the line.
    var prompt: String {
        switch self {
        case .message: "> "
        case .branch(_, _, let number): "branch of #\(number)> "
        case .beginning: "new conversation> "
        case .replacement: "changed> "
        case .answer(let question): question.wantsConsent ? "allow? y/n> " : "result> "
        }
    }

    /// Whether the next message goes to another conversation, which waits for nothing in this one.
    var leavesConversation: Bool {
        switch self {
        case .branch, .beginning: true
        case .message, .replacement, .answer: false
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
            case .new(let model, let agent): return ChatPurpose.start(text, model, agent)
            }
        case .beginning(let model, let agent): return ChatPurpose.start(text, model, agent)
        case .replacement, .answer: return nil
        }
    }

    private static func start(_ text: String, _ model: String?, _ agent: String?) -> ChatWrite {
        var request = StartRequest(inputs: .text(text))
        request.model = model
        request.agentID = agent
        return .start(request)
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
