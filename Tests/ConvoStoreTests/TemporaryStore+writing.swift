import ConvoJSON
import ConvoModel
import ConvoStore

extension StartRequest {
    /// A start that the store accepts.
    static func sample(_ text: String = "hello", isStored: Bool = true) -> StartRequest {
        var request = StartRequest(inputs: .text(text))
        request.model = "m"
        if !isStored { request.store = false }
        return request
    }
}

extension OutboxItem.Reason {
    /// The server has refused the write.
    static let no = OutboxItem.Reason(code: "http_422", message: "no")
    static let lost = OutboxItem.Reason(code: "answer_lost", message: "reset")
}

/// The text of the error that `work` throws, for comparisons; empty if it throws none.
func refusal(_ work: () throws -> Void) -> String {
    do {
        try work()
        return ""
    } catch { return "\(error)" }
}

extension TemporaryStore {
    /// Mirrors a conversation with one turn.
    func conversation(_ name: String) throws -> LocalID {
        try store.mirror(.sample(name), exchange(name))
        return try store.localID(matching: name)
    }

    func start(_ text: String = "hello", isStored: Bool = true) throws -> QueuedWrite {
        try store.start(.sample(text, isStored: isStored))
    }

    func branch(_ text: String = "other", from entry: String, of id: LocalID) throws -> QueuedWrite {
        try store.restart(RestartRequest(from: EntryID(entry), inputs: .text(text)), of: id)
    }

    func append(_ text: String = "more", to id: LocalID) throws -> OperationID {
        try store.append(AppendRequest(inputs: .text(text)), to: id).operation
    }

    func item(_ id: OperationID) throws -> OutboxItem { try store.operation(matching: id.rawValue) }

    func stop(_ id: OperationID, as state: OperationState = .refused, _ reason: OutboxItem.Reason = .no) throws {
        try store.markStopped(id, from: .queued, as: state, reason: reason)
    }

    func doubt(_ id: OperationID, _ reason: OutboxItem.Reason = .lost) throws {
        _ = try store.markSending(id, base: nil)
        try store.markInDoubt(id, reason: reason, nextAttempt: clock.now)
    }

    /// Puts a write in doubt, whatever stands before it, as in a copy whose original may have sent it.
    func forceDoubt(_ id: OperationID) throws {
        let doubt = "state = 'in_doubt', doubted = 1, doubted_uptime = 1, doubted_boot = 'a'"
        try store.run("UPDATE operation SET \(doubt) WHERE id = ?", id.rawValue)
    }

    func states(_ ids: OperationID...) throws -> [OperationState] { try ids.map { try item($0).state } }

    /// The server's response to a write.
    func response(_ id: String, _ outputs: String...) throws -> ConversationResponse {
        try ConversationResponse(
            raw: JSONText(#"{"conversation_id":"\#(id)","outputs":[\#(outputs.joined(separator: ","))],"usage":{}}"#))
    }
}
