package import ConvoJSON
package import ConvoModel
package import MistralEmulator

/// One request to the Conversations API, as data.
package enum SimulatedRequest: Hashable, Sendable {
    case list(page: Int, pageSize: Int, metadata: JSONText?)
    case get(RemoteID)
    case history(RemoteID)
    case messages(RemoteID)
    case start(StartRequest)
    case append(AppendRequest, to: RemoteID)
    case restart(RestartRequest, of: RemoteID)
    case delete(RemoteID)
    case whoAmI

    /// The conversation that the request names, if any.
    package var conversation: RemoteID? {
        switch self {
        case .list, .start, .whoAmI: nil
        case .get(let id), .history(let id), .messages(let id), .delete(let id): id
        case .append(_, let id), .restart(_, let id): id
        }
    }

    package var isWrite: Bool {
        if case .delete = self { true } else { isTurn }
    }

    /// Whether the request makes the model answer; such a request must take effect exactly once.
    package var isTurn: Bool {
        switch self {
        case .start, .append, .restart: true
        case .list, .get, .history, .messages, .delete, .whoAmI: false
        }
    }

    /// The operation's name, for reports.
    package var name: String {
        switch self {
        case .list: "list"
        case .get: "get"
        case .history: "history"
        case .messages: "messages"
        case .start: "start"
        case .append: "append"
        case .restart: "restart"
        case .delete: "delete"
        case .whoAmI: "whoAmI"
        }
    }
}

extension StartRequest {
    /// A start with a text, for the one model that simulated writers use.
    package init(_ text: String) {
        self.init(inputs: .text(text))
        model = "mistral-small-latest"
    }
}

/// The content of a successful answer.
package enum APIAnswer: Hashable, Sendable {
    case conversations([JSONText])
    /// A conversation, a history, the messages or a response.
    case object(JSONText)
    /// Such an object as bytes, where no value can hold it: it is not UTF-8, or is nested too deeply.
    case bytes([UInt8])
    case nothing
}

extension SimulatedRequest {
    /// The request as the emulator takes it; a list as a whole, because the simulated server has rows of its own in it.
    package var emulated: Emulator.Request {
        switch self {
        case .list(_, _, let metadata): .list(page: 0, pageSize: .max, metadata: metadata)
        case .get(let id): .get(id)
        case .history(let id): .getHistory(of: id)
        case .messages(let id): .getMessages(of: id)
        case .start(let body): .start(body.json)
        case .append(let body, let id): .append(body.json, to: id)
        case .restart(let body, let id): .restart(body.json, of: id)
        case .delete(let id): .delete(id)
        case .whoAmI: .whoAmI
        }
    }

    /// The body of a request that makes the model answer.
    var body: JSONText? {
        switch self {
        case .start(let body): body.json
        case .append(let body, _): body.json
        case .restart(let body, _): body.json
        default: nil
        }
    }

    /// The refusal that the request gets for its form, whatever is stored; `nil` for a good form.
    var formRefusal: Refusal? {
        if case .list(let page, let pageSize, let metadata) = self {
            return Emulator.formRefusal(of: .list(page: page, pageSize: pageSize, metadata: metadata))
        }
        return Emulator.formRefusal(of: emulated)
    }
}
