import ConvoModel
import ConvoServer

/// All conversations, in memory, in the list's order; and the files that the model made.
struct ConversationTable: Sendable {
    private struct Place: Hashable, Comparable {
        let createdAt: Timestamp
        let number: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.createdAt, left.number) < (right.createdAt, right.number)
        }
    }

    private var conversations: [RemoteID: StoredConversation] = [:]
    private var places: [RemoteID: Place] = [:]
    /// Oldest first.
    private var order: [(place: Place, id: RemoteID)] = []
    private var nextNumber = 0
    var files: [String: StoredFile] = [:]

    subscript(id: RemoteID) -> StoredConversation? { conversations[id] }
    var count: Int { conversations.count }
    /// Oldest first by creation.
    var all: [StoredConversation] { order.compactMap { conversations[$0.id] } }

    /// Adds a conversation, or puts it in the place of the one with its id.
    mutating func put(_ conversation: StoredConversation) {
        if conversations.updateValue(conversation, forKey: conversation.id) != nil { return }
        let place = Place(createdAt: conversation.createdAt, number: nextNumber)
        nextNumber += 1
        places[conversation.id] = place
        order.insert((place, conversation.id), at: index(of: place))
    }

    mutating func apply(_ commit: Commit, to id: RemoteID) {
        conversations[id]?.apply(commit)
    }

    /// - Returns: whether it was there.
    mutating func remove(_ id: RemoteID) -> Bool {
        guard conversations.removeValue(forKey: id) != nil, let place = places.removeValue(forKey: id) else {
            return false
        }
        order.remove(at: index(of: place))
        return true
    }

    /// One page, newest first by creation, of those that are shown.
    func page(
        _ query: ListQuery, matching: Switches.MetadataMatch, where isShown: (StoredConversation) -> Bool
    ) -> [JSONText] {
        let start = query.page.multipliedReportingOverflow(by: query.pageSize)
        guard !start.overflow else { return [] }
        var (page, toSkip) = ([JSONText](), start.partialValue)
        for (_, id) in order.reversed() where page.count < query.pageSize {
            guard let conversation = conversations[id], isShown(conversation),
                conversation.object.matches(query.metadata, matching)
            else { continue }
            if toSkip > 0 { toSkip -= 1 } else { page.append(conversation.object) }
        }
        return page
    }

    /// Where a place is in the order, or would be.
    private func index(of place: Place) -> Int {
        var (low, high) = (0, order.count)
        while low < high {
            let middle = (low + high) / 2
            if order[middle].place < place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension JSONText {
    fileprivate func matches(_ filter: JSONText?, _ match: Switches.MetadataMatch) -> Bool {
        guard let filter, match != .ignore else { return true }
        let metadata = self["metadata"] ?? .object([])
        let agree = filter.members.allSatisfy { metadata[$0.key] == $0.value }
        return agree && (match == .subset || metadata.members.count == filter.members.count)
    }
}
