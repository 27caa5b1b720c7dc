import ConvoApp
import ConvoModel
import ConvoStore

extension SetAsideItem {
    /// The object that scripts rely on. `position` counts from 0.
    var json: JSONText {
        .object([
            "conversation_id": .string(conversation?.rawValue),
            "remote_id": .string(remoteID?.rawValue),
            "conversation_name": .string(conversationName),
            "position": position.map { .int($0) } ?? .null,
            "id": .string(id),
            "name": .string(name),
            "reason": .string(reason),
            "seen_at": .string(seenAt),
        ])
    }
}

extension [SetAsideItem] {
    private static var namedLimit: Int { 5 }

    /// The first of them by name, and how many more there are.
    var words: String {
        let named = prefix(Self.namedLimit).map(\.words).joined(separator: "; ")
        return count > Self.namedLimit ? "\(named); and \(count - Self.namedLimit) more: see `convo status`" : named
    }
}
