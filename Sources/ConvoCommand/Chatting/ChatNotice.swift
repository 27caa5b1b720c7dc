import ConvoApp
import ConvoModel
import ConvoStore
import ConvoTerminal

/// What a chat says beside messages and answers.
enum ChatNotice {
    static let refusedMeans = "/edit changes it and sends it again, /cancel takes it back."
    static let otherProcess = "Another process is sending now; the answer is shown when it is here."
    static let behindOthers = "Queued behind the message before; the answers are shown when they come."
    static let unreadableAnswer = "Answer with y or n."

    /// What became of a write for whose answer the chat has waited; `nil` where the answer is there.
    static func outcome(of item: OutboxItem) -> String? {
        let reason = item.reason.map { CLIError.sentence($0.message) }
        switch item.state {
        case .delivered: return nil
        case .queued where item.reason == nil || item.reason?.code == "cancelled":
            return "Stopped before it was sent. It stays queued, and is sent all the same: /cancel takes it back."
        case .queued:
            return "\(reason ?? "It is not sent yet.") It stays queued, and is sent as soon as that can be done; "
                + "the answer is shown when it comes."
        case .inDoubt where item.reason?.code == "cancelled":
            return "Stopped. The message was sent, and the server goes on with its answer: "
                + "you are told when the whole of it is here."
        case .inDoubt:
            return "\(reason ?? "It was sent, and its answer did not arrive.") Nothing is sent twice: "
                + "the answer is shown when it is found."
        case .sending: return otherProcess
        case .refused, .held: return blocked(by: item)
        case .cancelled: return "It was cancelled before it was sent."
        }
    }

    /// Why nothing is sent, and what the person can do.
    static func blocked(by item: OutboxItem) -> String {
        [item.deliveryFailure?.message, refusedMeans].compactMap(\.self).joined(separator: " ")
    }

    /// That an answer is here which the person has stopped.
    static func stoppedAnswer(number: Int) -> String {
        "The answer that you stopped is here, whole: #\(number). /copy takes it."
    }

    /// Why a chat cannot send.
    static func unsendable(_ error: any Error) -> String {
        let failure = CLIError(error)
        return [failure?.message ?? "Nothing can be sent.", failure?.hint, "What you type is queued."]
            .compactMap(\.self).joined(separator: " ")
    }

    /// A call, as the person is asked about it.
    static func question(_ question: FunctionQuestion) -> String {
        let call = "\(question.name)(\(question.arguments))"
        return question.wantsConsent
            ? "The model wants to run \(call). Do you allow it?"
            : "The model calls \(call). Type what it returns."
    }
}
