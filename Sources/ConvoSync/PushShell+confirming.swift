import ConvoAPI
import ConvoModel
import ConvoStore

/// Reads whether a write in doubt is on the server.
extension PushShell {
    /// Pages of the list that are looked through for a conversation that we may have made.
    private static let pageLimit = 1000
    /// How far the server's clock and ours may be apart, in microseconds.
    private static let clockTolerance: Int64 = 86_400_000_000

    func confirm(_ item: OutboxItem) async throws -> Confirmation {
        if item.request["store"]?.bool == false { return .unclear(.unconfirmable) }
        do {
            switch item.kind {
            case .append: return try await confirmAppend(item)
            case .start, .restart: return try await confirmCreation(item)
            case .delete: return try await confirmDeletion(item)
            }
        } catch let error as APIError where error.isBusy {
            return .busy
        }
    }

    private func confirmAppend(_ item: OutboxItem) async throws -> Confirmation {
        guard let base = item.base else { return .unclear(.ambiguous) }
        let remoteID = try item.requireRemoteID()
        let description = try await api.get(remoteID)
        let history = try await api.getHistory(of: remoteID)
        _ = try store.takeIn([description])
        try store.takeIn([HistoryIntake(history, version: description.version)])
        let match = InputMatch(
            of: AppendRequest(json: item.request), in: history.entries, after: base.entryID, baseCount: base.count)
        switch match {
        case .present: return .present(nil)
        case .unanswered: return .unanswered(nil)
        case .absent: return .absent
        case .unclear: return .unclear(.ambiguous)
        }
    }

    /// Looks through the conversations that are new since it was sent. The list's own filter is reported to be
    /// unreliable, so it is not asked.
    private func confirmCreation(_ item: OutboxItem) async throws -> Confirmation {
        // A pull may have met it since, and known it for ours.
        if let known = try store.operation(matching: item.id.rawValue).remoteID { return try await confirm(known) }
        let oldest = (item.sentAt?.microseconds ?? 0) - PushShell.clockTolerance
        for page in 0..<PushShell.pageLimit {
            let conversations = try await api.list(page: page, pageSize: limits.pageSize, metadata: nil).conversations
            _ = try store.takeIn(conversations)
            if let ours = conversations.first(where: { $0.metadata?[Store.operationKey]?.string == item.id.rawValue }) {
                return try await answered(ours.id)
            }
            let isPast = conversations.last.map { $0.createdAt.microseconds < oldest } ?? true
            if isPast { break }
        }
        return .absent
    }

    /// What was there once is not sent again because somebody has deleted it.
    private func confirm(_ known: RemoteID) async throws -> Confirmation {
        do {
            _ = try store.takeIn([try await api.get(known)])
            return try await answered(known)
        } catch let error as APIError where error.isNotFound {
            return .unclear(.conversationGone)
        }
    }

    /// A conversation may be listed before its first answer, and taken back if that fails.
    private func answered(_ id: RemoteID) async throws -> Confirmation {
        let history = try await api.getHistory(of: id)
        return history.entries.last.map { $0.type == .messageInput || $0.type == .functionResult } ?? true
            ? .unanswered(id) : .present(id)
    }

    private func confirmDeletion(_ item: OutboxItem) async throws -> Confirmation {
        do {
            _ = try await api.get(try item.requireRemoteID())
            return .absent
        } catch let error as APIError where error.isNotFound {
            return .present(nil)
        }
    }
}
