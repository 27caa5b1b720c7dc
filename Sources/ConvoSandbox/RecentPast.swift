import ConvoModel

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
