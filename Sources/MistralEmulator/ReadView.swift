import ConvoJSON
import ConvoModel

/// The state as one request sees it: what the principal may see, minus what its conditions hide.
struct ReadView: Sendable {
    let table: ConversationTable
    let switches: Switches
    let conditions: Conditions
    let principal: Principal

    func list(page: Int, pageSize: Int, metadata: JSONText?) throws(Refusal) -> Emulator.Answer {
        let size = try checkedSize(page: page, pageSize: pageSize)
        try refuseForeignList()
        let items = table.page(
            conditions.ignoresPage ? 0 : page, size: size, filter: metadata, matching: switches.metadataMatch
        ) { shows($0) && !isMissing($0.id) }
        return answer(.array(items.map(shown)))
    }

    func history(of conversation: EmulatedConversation) -> Emulator.Answer {
        answer(conversation.history, at: "entries")
    }

    func messages(of conversation: EmulatedConversation) -> Emulator.Answer {
        answer(conversation.messages, at: "messages")
    }

    func object(of conversation: EmulatedConversation) -> JSONText { shown(conversation.object) }

    private func shown(_ object: JSONText) -> JSONText {
        conditions.hidesMetadata ? object.setting("metadata", to: nil) : object
    }

    /// The size of a page: that of the request, or ``Switches/pageSizeLimit``.
    ///
    /// - Throws: 422 for a page or a size out of range.
    private func checkedSize(page: Int, pageSize: Int) throws(Refusal) -> Int {
        guard page >= 0 else { throw .outOfRange("page", page, "greater than or equal to 0", ("ge", 0)) }
        guard pageSize >= 1 else {
            throw .outOfRange("page_size", pageSize, "greater than or equal to 1", ("ge", 1))
        }
        let limit = switches.pageSizeLimit
        guard limit > 0, pageSize > limit else { return pageSize }
        guard switches.pageSizeOverLimit == .clamp else {
            throw .outOfRange("page_size", pageSize, "less than or equal to \(limit)", ("le", limit))
        }
        return limit
    }

    /// Finds a conversation.
    ///
    /// - Parameter id: the conversation's id.
    /// - Returns: the conversation.
    /// - Throws: 404 for a conversation that is not there; 404 or 403 (``Switches/foreignConversation``) for one that
    ///   the principal does not see.
    func find(_ id: RemoteID) throws(Refusal) -> EmulatedConversation {
        guard let conversation = table[id], !isMissing(id) else { throw switches.notFound }
        guard shows(conversation) else {
            throw switches.foreignConversation == .forbidden ? .forbidden : switches.notFound
        }
        return conversation
    }

    private func shows(_ conversation: EmulatedConversation) -> Bool {
        switches.shows(conversation.owner, to: principal)
    }

    /// Refuses the list, where the switches say so, to a principal that sees none of the conversations there are.
    private func refuseForeignList() throws(Refusal) {
        guard switches.foreignList != .empty, table.count > 0, !table.all.contains(where: shows) else { return }
        throw switches.foreignList == .forbidden ? .forbidden : switches.notFound
    }

    /// Whether ``Conditions/hidesMost`` hides a conversation: a hash of the id decides, so each answer hides the same.
    private func isMissing(_ id: RemoteID) -> Bool {
        conditions.hidesMost && FNV1a.hash(id.rawValue) % 4 != 0
    }

    private func answer(_ json: JSONText, at key: String? = nil) -> Emulator.Answer {
        conditions.oddItem?.spoiling(json, at: key) ?? .json(json)
    }
}

extension Refusal {
    fileprivate static func outOfRange(
        _ parameter: String, _ value: Int, _ bound: String, _ context: (String, Int)
    ) -> Refusal {
        .validation([
            ValidationIssue(
                context.0 == "ge" ? "greater_than_equal" : "less_than_equal", at: ["query", .name(parameter)],
                "Input should be \(bound)", input: .string(String(value)),
                context: .object([(context.0, .int(context.1))]))
        ])
    }
}

/// The latest changes, with the state before each, from which a replica that lags answers.
struct RecentPast: Sendable {
    private struct Step {
        let moment: Timestamp
        let id: RemoteID
        let before: EmulatedConversation?
    }

    private var steps: [Step] = []

    /// Records a change that is about to be made, and forgets the changes before `horizon`.
    ///
    /// - Parameters:
    ///   - id: the conversation that changes.
    ///   - before: the conversation before the change; `nil` where the change creates it.
    ///   - moment: the time of the change.
    ///   - horizon: the earliest time that is still of interest.
    mutating func note(_ id: RemoteID, _ before: EmulatedConversation?, at moment: Timestamp, since horizon: Timestamp)
    {
        if let first = steps.first, first.moment < horizon {
            steps.removeFirst(steps.firstIndex { $0.moment >= horizon } ?? steps.count)
        }
        steps.append(Step(moment: moment, id: id, before: before))
    }

    /// The table as it was at `moment`, as far back as the recorded changes reach.
    func table(_ table: ConversationTable, at moment: Timestamp) -> ConversationTable {
        var table = table
        for step in steps.reversed() {
            guard step.moment > moment else { break }
            if let before = step.before { table.put(before) } else { _ = table.remove(step.id) }
        }
        return table
    }
}
