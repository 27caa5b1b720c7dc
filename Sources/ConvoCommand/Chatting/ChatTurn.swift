import ConvoJSON
import ConvoModel
import ConvoStore

/// What a chat waits for, and so what becomes of a line that the person types.
enum ChatTurn: Equatable {
    /// For nothing: a message is sent at once.
    case idle
    /// An answer is being read; nothing can be typed until it has ended or is stopped.
    case streaming
    /// A write waits for the server, or for another process that sends it; a message is queued behind it.
    case queued(OperationID)
    /// The person has stopped an answer that the server goes on with; a message is queued behind it.
    case stopped(OperationID)
    /// The server has refused a write, or it is held: the person decides about it before anything else is sent.
    case blocked(OperationID)
    /// The model has called functions: the person answers before anything else is sent.
    case asked([FunctionQuestion])

    /// The turn that follows from what is stored.
    ///
    /// - Parameters:
    ///   - pending: the open writes to the conversation, in the order of acceptance.
    ///   - entries: the end of the conversation.
    ///   - stopped: the write whose answer the person has stopped; `nil` if there is none.
    init(pending: [OutboxItem], entries: [StoredEntry], stopped: OperationID?) {
        self.init(
            pending: pending.map { ($0.id, $0.state) }, questions: FunctionQuestion.open(in: entries.map(\.entry)),
            stopped: stopped)
    }

    init(
        pending: [(id: OperationID, state: OperationState)], questions: [FunctionQuestion], stopped: OperationID?
    ) {
        if let blocked = pending.first(where: { $0.state == .refused || $0.state == .held }) {
            self = .blocked(blocked.id)
        } else if let first = pending.first {
            self = first.id == stopped ? .stopped(first.id) : .queued(first.id)
        } else {
            self = questions.isEmpty ? .idle : .asked(questions)
        }
    }

    /// What is done with a message.
    enum Handling: Equatable {
        /// It is sent, and its answer read.
        case send
        /// It is queued behind others.
        case queue
        /// It waits in the line until the person has decided or answered.
        case keep(String)
    }

    /// What is done with a message now.
    var handling: Handling {
        switch self {
        case .idle, .streaming: .send
        case .queued, .stopped: .queue
        case .blocked:
            .keep("The message before is not sent: /edit changes it and sends it again, /cancel takes it back.")
        case .asked: .keep("The model waits for the results of its calls first; your message is kept.")
        }
    }

    /// The write that somebody has to deliver; `nil` where none waits.
    var undelivered: OperationID? {
        switch self {
        case .queued(let id), .stopped(let id): id
        case .idle, .streaming, .blocked, .asked: nil
        }
    }
}

/// A function that the model has called, and that the person answers.
struct FunctionQuestion: Hashable {
    let callID: String
    let name: String
    let arguments: String
    /// Whether the server carries the call out itself, once the person allows it.
    let wantsConsent: Bool

    /// The calls that nobody has answered yet: those behind the last input, but those whose confirmation was given.
    static func open(in entries: [Entry]) -> [FunctionQuestion] {
        let lastInput = entries.lastIndex { $0.type.isInput }
        return entries[(lastInput.map { $0 + 1 } ?? 0)...].compactMap { entry in
            guard case .functionCall(let id, let name, let arguments) = entry.content else { return nil }
            let status = entry.raw["confirmation_status"]?.string
            guard status == nil || status == "pending" else { return nil }
            return FunctionQuestion(callID: id, name: name, arguments: arguments, wantsConsent: status != nil)
        }
    }
}

/// The answers to calls, gathered until each has one, because the API takes them together.
struct FunctionAnswers: Equatable {
    private var results: [FunctionResult] = []
    private var confirmations: [ToolConfirmation] = []

    /// The first call that has no answer yet; `nil` where each has one.
    func next(of questions: [FunctionQuestion]) -> FunctionQuestion? {
        questions.first { question in
            !results.contains { $0.callID == question.callID }
                && !confirmations.contains { $0.callID == question.callID }
        }
    }

    /// Takes an answer.
    ///
    /// - Returns: whether it is one: a confirmation is a yes or a no.
    mutating func take(_ text: String, to question: FunctionQuestion) -> Bool {
        guard question.wantsConsent else {
            results.append(FunctionResult(callID: question.callID, result: text))
            return true
        }
        let answer: ToolConfirmation.Answer
        switch text.trimmed.lowercased() {
        case "y", "yes", "allow": answer = .allow
        case "n", "no", "deny": answer = .deny
        default: return false
        }
        confirmations.append(ToolConfirmation(callID: question.callID, answer: answer))
        return true
    }

    /// The request that gives all answers.
    var request: AppendRequest { AppendRequest(inputs: nil, results: results, confirmations: confirmations) }
}
