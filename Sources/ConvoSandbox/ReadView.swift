import ConvoJSON
import ConvoModel
import ConvoServer

/// The state as one request sees it: what the principal may see, minus what the request's faults hide.
struct ReadView: Sendable {
    let library: ConversationTable
    let switches: Switches
    let plan: FaultPlan
    let principal: Principal

    func list(_ query: ListQuery) throws(ServiceError) -> Payload {
        try refuseForeignList()
        var query = query
        if plan.has(.pageIgnored) { query.page = 0 }
        let page = library.page(query, matching: switches.metadataMatch) { shows($0) && !isMissing($0.id) }
        let items = plan.has(.withoutMetadata) ? page.map { $0.setting("metadata", to: nil) } : page
        return payload(.array(items))
    }

    func history(of conversation: StoredConversation) -> Payload { payload(conversation.history, at: "entries") }

    func messages(of conversation: StoredConversation) -> Payload { payload(conversation.messages, at: "messages") }

    func object(of conversation: StoredConversation) -> JSONText {
        plan.has(.withoutMetadata) ? conversation.object.setting("metadata", to: nil) : conversation.object
    }

    /// Finds a conversation.
    ///
    /// - Parameter id: the conversation's id.
    /// - Returns: the conversation.
    /// - Throws: 404 for a conversation that is not there; 404 or 403 (``Switches/foreignConversation``) for one that
    ///   the principal does not see.
    func find(_ id: RemoteID) throws(ServiceError) -> StoredConversation {
        guard let conversation = library[id], !isMissing(id) else { throw switches.notFound }
        guard shows(conversation) else {
            throw switches.foreignConversation == .forbidden ? .forbidden : switches.notFound
        }
        return conversation
    }

    private func shows(_ conversation: StoredConversation) -> Bool {
        switches.shows(conversation.owner, to: principal)
    }

    /// Refuses the list, where the switches say so, to a principal that sees none of the conversations there are.
    private func refuseForeignList() throws(ServiceError) {
        guard switches.foreignList != .empty, library.count > 0, !library.all.contains(where: shows) else { return }
        throw switches.foreignList == .forbidden ? .forbidden : switches.notFound
    }

    /// Whether the fault `disappearance` hides a conversation: a hash of the id decides, so each answer hides the same.
    private func isMissing(_ id: RemoteID) -> Bool {
        plan.has(.disappearance) && FNV1a.hash(id.rawValue) % 4 != 0
    }

    private func payload(_ json: JSONText, at key: String? = nil) -> Payload {
        plan.has(.oddItem) ? switches.oddShape.spoiling(json, at: key) : .json(json)
    }
}

extension Switches {
    var notFound: ServiceError { .business(404, code: notFoundCode, notFoundMessage) }
}

extension ServiceError {
    static let forbidden = ServiceError.business(403, code: 3000, "Forbidden")
}

/// The latest changes, with the state before each, from which a replica that lags answers.
struct RecentPast: Sendable {
    private struct Step {
        let moment: Int64
        let id: RemoteID
        let before: StoredConversation?
    }

    private var steps: [Step] = []

    /// Records a change that is about to be made, and forgets the changes before `horizon`.
    ///
    /// - Parameters:
    ///   - id: the conversation that changes.
    ///   - before: the conversation before the change; `nil` where the change creates it.
    ///   - moment: the time of the change, in microseconds since 1970.
    ///   - horizon: the earliest time that is still of interest, in microseconds since 1970.
    mutating func note(_ id: RemoteID, _ before: StoredConversation?, at moment: Int64, since horizon: Int64) {
        if let first = steps.first, first.moment < horizon {
            steps.removeFirst(steps.firstIndex { $0.moment >= horizon } ?? steps.count)
        }
        steps.append(Step(moment: moment, id: id, before: before))
    }

    /// The table as it was at `moment` (microseconds since 1970), as far back as the recorded changes reach.
    func library(_ library: ConversationTable, at moment: Int64) -> ConversationTable {
        var library = library
        for step in steps.reversed() {
            guard step.moment > moment else { break }
            if let before = step.before { library.put(before) } else { _ = library.remove(step.id) }
        }
        return library
    }
}
