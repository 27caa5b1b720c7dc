internal import ConvoModel

/// The shape that the API's answer must have to prove that an operation succeeded.
enum ExpectedAnswer: Equatable {
    case list
    case conversation(RemoteID)
    case history(of: RemoteID)
    case messages(of: RemoteID)
    /// - Parameter id: the conversation that must have answered; `nil` where the server names a new one.
    case response(from: RemoteID?)
    case account
    /// 204 without a body.
    case nothing
    case events

    /// Why a body is none of these; `nil` where it has the shape.
    ///
    /// Only what tells the API from another program is looked at: elements of a list are judged one by one, elsewhere.
    func flaw(of answer: JSONAnswer) -> String? {
        let json = answer.value
        return switch self {
        case .list: json.kind == .array ? nil : "the list is not an array"
        case .conversation(let id):
            !ExpectedAnswer.names(id, json["id"])
                ? "it is not the conversation that was asked for"
                : ExpectedAnswer.isConversation(json) ? nil : "it is no conversation"
        case .history(let id): ExpectedAnswer.flaw(of: json, with: "entries", of: id)
        case .messages(let id): ExpectedAnswer.flaw(of: json, with: "messages", of: id)
        case .response(let id): ExpectedAnswer.flaw(of: json, with: "outputs", of: id)
        case .account: json.kind == .object ? nil : "it is no account"
        case .nothing, .events: nil
        }
    }

    private static func flaw(of json: JSONText, with list: String, of id: RemoteID?) -> String? {
        guard let given = json["conversation_id"]?.string, !given.isEmpty else { return "it has no conversation_id" }
        if let id, id != RemoteID(given) { return "it is about another conversation than was asked for" }
        return json.kind(of: list) == .array ? nil : "it has no \(list)"
    }

    private static func names(_ id: RemoteID, _ json: JSONText?) -> Bool { json?.string.map { RemoteID($0) } == id }

    private static func isConversation(_ json: JSONText) -> Bool {
        json["model"]?.kind == .string || json["agent_id"]?.kind == .string || json["object"]?.string == "conversation"
    }
}
