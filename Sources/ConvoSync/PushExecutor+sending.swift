import ConvoAPI
import ConvoJSON
import ConvoModel
import ConvoStore

/// Sends a write, once, and stores the answer.
extension PushExecutor {
    /// Sends a write that is marked as being sent, and marks it as delivered.
    ///
    /// - Returns: the answer; `nil` for a deletion.
    func send(_ item: OutboxItem) async throws -> ConversationResponse? {
        switch item.kind {
        case .delete:
            do {
                try await api.delete(try item.requireRemoteID())
            } catch let error as APIError where error.isNotFound {}  // gone already, as was asked for
            try store.markDelivered(item.id)
            return nil
        case .start:
            let request = StartRequest(json: item.signedRequest)
            return try await deliver(
                item, whole: { try await api.start(request) }, stream: { try await api.startStream(request) })
        case .append:
            let (request, id) = (AppendRequest(json: item.request), try item.requireRemoteID())
            return try await deliver(
                item, whole: { try await api.append(request, to: id) },
                stream: { try await api.appendStream(request, to: id) })
        case .restart:
            let (request, id) = (RestartRequest(json: item.signedRequest), try item.requireParentID())
            return try await deliver(
                item, whole: { try await api.restart(request, of: id) },
                stream: { try await api.restartStream(request, of: id) })
        }
    }

    /// Sends a write in one of two ways, stores its answer and returns it: as a stream where the push's options name this
    /// write.
    private func deliver(
        _ item: OutboxItem, whole: () async throws -> ConversationResponse,
        stream: () async throws -> ConversationEventStream
    ) async throws -> ConversationResponse {
        let isStreamed = options.streaming?.operation == item.id || watch[item.id]?.isStreamed == true
        if isStreamed { return try await observed(item, try await stream()) }
        let response = try await whole()
        try store.markDelivered(item.id, response: response)
        return response
    }

    /// Reads a write's answer to its end, shows each event to the observer, and marks the write as delivered.
    ///
    /// The last event is shown when the answer is stored: who has seen it may read what it has said. If the stream breaks, the
    /// part of the answer that came is stored; the history completes it later.
    private func observed(
        _ item: OutboxItem, _ stream: ConversationEventStream
    ) async throws -> ConversationResponse {
        var answer = ResponseAccumulator()
        // It stays registered while the answer comes: who joins later gets the events from the first one on.
        let watched = watch[item.id].map { _ in watch.watch(item.id, isStreamed: true) }
        defer { if watched != nil { watch.unwatch(item.id) } }
        do {
            for try await event in stream {
                answer.take(event)
                if answer.isDone {
                    guard let response = answer.response else { break }
                    try store.markDelivered(item.id, response: response)
                }
                if options.streaming?.operation == item.id { await options.streaming?.observe(event) }
                watched?.note(event)
            }
        } catch  where !answer.isDone {
            try store.keepPartial(of: item.id, conversation: answer.conversationID, entries: answer.entries)
            throw error
        }
        guard let response = answer.response else {
            try store.keepPartial(of: item.id, conversation: answer.conversationID, entries: answer.entries)
            throw APIError(.truncatedStream, effect: .unknown, message: "the stream ended before the answer was whole")
        }
        return response
    }
}

extension OutboxItem {
    /// The request with our operation's id in its `metadata`, by which the conversation that it makes is found.
    fileprivate var signedRequest: JSONText {
        let metadata = request["metadata"].flatMap { $0.kind == .object ? $0 : nil } ?? .object([])
        return request.setting("metadata", to: metadata.setting(Store.operationKey, to: .string(id.rawValue)))
    }

    /// The conversation's id on the server.
    ///
    /// The store offers no append before its conversation is there.
    func requireRemoteID() throws(StoreError) -> RemoteID {
        guard let remoteID else { throw .noSuchConversation(conversation.rawValue) }
        return remoteID
    }

    fileprivate func requireParentID() throws(StoreError) -> RemoteID {
        guard let parentRemoteID else { throw .noSuchConversation(conversation.rawValue) }
        return parentRemoteID
    }
}
