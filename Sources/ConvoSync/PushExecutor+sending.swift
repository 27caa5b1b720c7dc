import ConvoAPI
import ConvoModel
import ConvoStore

/// Sends a write, once, and stores the answer.
extension PushExecutor {
    func send(_ item: OutboxItem) async throws {
        switch item.kind {
        case .delete:
            do {
                try await api.delete(try item.requireRemoteID())
            } catch let error as APIError where error.isNotFound {}  // gone already, as was asked for
            try store.markDelivered(item.id)
        case .start, .append, .restart:
            let response = options.streaming?.operation == item.id ? try await streamed(item) : try await whole(item)
            try store.markDelivered(item.id, response: response)
        }
    }

    private func whole(_ item: OutboxItem) async throws -> ConversationResponse {
        switch item.kind {
        case .restart: try await api.restart(RestartRequest(json: item.signedRequest), of: item.requireParentID())
        case .append: try await api.append(AppendRequest(json: item.request), to: item.requireRemoteID())
        case .start, .delete: try await api.start(StartRequest(json: item.signedRequest))
        }
    }

    /// Sends a write and observes its answer.
    ///
    /// If the stream breaks, the part of the answer that came is stored; the history completes it later.
    private func streamed(_ item: OutboxItem) async throws -> ConversationResponse {
        var fold = ResponseAccumulator()
        do {
            for try await event in try await stream(item) {
                fold.take(event)
                await options.streaming?.observe(event)
            }
        } catch {
            try store.keepPartial(of: item.id, conversation: fold.conversationID, entries: fold.entries)
            throw error
        }
        guard let response = fold.response else {
            try store.keepPartial(of: item.id, conversation: fold.conversationID, entries: fold.entries)
            throw APIError(.truncatedStream, effect: .unknown, message: "the stream ended before the answer was whole")
        }
        return response
    }

    private func stream(_ item: OutboxItem) async throws -> ConversationEventStream {
        switch item.kind {
        case .restart: try await api.restartStream(RestartRequest(json: item.signedRequest), of: item.requireParentID())
        case .append: try await api.appendStream(AppendRequest(json: item.request), to: item.requireRemoteID())
        case .start, .delete: try await api.startStream(StartRequest(json: item.signedRequest))
        }
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
