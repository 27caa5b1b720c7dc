import ConvoModel
import ConvoServer

/// What one read sees of the state: the principal's own, less what its faults take away.
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

    /// - Throws: what another's key is answered, and 404.
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

    /// Where a key sees none of the conversations that there are.
    private func refuseForeignList() throws(ServiceError) {
        guard switches.foreignList != .empty, library.count > 0, !library.all.contains(where: shows) else { return }
        throw switches.foreignList == .forbidden ? .forbidden : switches.notFound
    }

    /// The same conversations are missing in each answer.
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

/// What was changed a short while ago and how it was before, for answers from a replica that lags.
struct RecentPast: Sendable {
    private struct Step {
        let moment: Int64
        let id: RemoteID
        let before: StoredConversation?
    }

    private var steps: [Step] = []

    /// Notes a change that is about to be made, and forgets those from before `horizon`. Both in microseconds.
    mutating func note(_ id: RemoteID, _ before: StoredConversation?, at moment: Int64, since horizon: Int64) {
        if let first = steps.first, first.moment < horizon {
            steps.removeFirst(steps.firstIndex { $0.moment >= horizon } ?? steps.count)
        }
        steps.append(Step(moment: moment, id: id, before: before))
    }

    /// The library without what was changed after `moment`.
    func library(_ library: ConversationTable, at moment: Int64) -> ConversationTable {
        var library = library
        for step in steps.reversed() {
            guard step.moment > moment else { break }
            if let before = step.before { library.put(before) } else { _ = library.remove(step.id) }
        }
        return library
    }
}
