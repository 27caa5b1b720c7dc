package import ConvoJSON
package import ConvoModel

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
        switch self {
        case .start, .append, .restart, .delete: true
        case .list, .get, .history, .messages, .whoAmI: false
        }
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

/// The content of a successful answer.
package enum APIAnswer: Hashable, Sendable {
    case conversations([JSONText])
    /// A conversation, a history, the messages or a response.
    case object(JSONText)
    /// Such an object as bytes, where no value can hold it: it is not UTF-8, or is nested too deeply.
    case bytes([UInt8])
    case nothing
}

/// An error that the server answers.
package struct ServerRefusal: Error, Hashable, Sendable {
    package let status: Int
    package let code: Int?
    package let message: String

    package init(_ status: Int, code: Int? = nil, _ message: String) {
        (self.status, self.code, self.message) = (status, code, message)
    }

    static func unknownConversation(_ id: RemoteID) -> ServerRefusal {
        ServerRefusal(404, code: 3000, "Conversation with id '\(id)' not found")
    }
    static let forbidden = ServerRefusal(403, "Not allowed")
    static let busy = ServerRefusal(409, "Conversation is being updated, concurrent requests are not supported")
    static let unansweredCalls = ServerRefusal(
        400, code: 3230, "Not the same number of function calls and responses")
    static let runFailed = ServerRefusal(503, code: 3000, "Failed to create conversation response.")
    static func invalid(_ message: String) -> ServerRefusal { ServerRefusal(422, code: 3001, message) }
}
