public import ConvoModel

/// What a server's answers hold that no client understands, and what is too much for one.
public struct Oddities: Hashable, Sendable {
    /// A row of the list that is no conversation.
    public enum Row: CaseIterable, Hashable, Sendable {
        case withoutID, numberForID, notAnObject

        var raw: JSONText {
            switch self {
            case .withoutID: .stored(#"{"object":"conversation","name":"odd","created_at":"2026-10-05T14:00:00Z"}"#)
            case .numberForID:
                .stored(#"{"id":17,"created_at":"2026-10-05T14:00:00Z","updated_at":"2026-10-05T14:00:00Z"}"#)
            case .notAnObject: .stored("17")
            }
        }
    }
    /// An element of a history that is no entry.
    public enum Element: CaseIterable, Hashable, Sendable {
        case withoutType, notAnObject

        var raw: JSONText {
            switch self {
            case .withoutType: .stored(#"{"object":"entry","id":"msg_odd","content":"x"}"#)
            case .notAnObject: .stored("null")
            }
        }
    }

    /// By their place in the list.
    public internal(set) var rows: [Int: Row] = [:]
    /// Conversations whose row in the list lacks its times; `get` has them.
    public internal(set) var spoiledRows: Set<RemoteID> = []
    /// By their place in the history.
    public internal(set) var elements: [RemoteID: [Int: Element]] = [:]
    /// Conversations whose history is larger than what a client reads.
    public internal(set) var oversized: Set<RemoteID> = []

    func list(_ conversations: [(id: RemoteID, raw: JSONText)]) -> [JSONText] {
        var all = conversations.map { spoiledRows.contains($0.id) ? $0.raw.setting("updated_at", to: nil) : $0.raw }
        for (place, row) in rows.sorted(by: { $0.key < $1.key }) { all.insert(row.raw, at: min(place, all.count)) }
        return all
    }

    func history(_ entries: [JSONText], of id: RemoteID) -> [JSONText] {
        var all = entries
        for (place, element) in (elements[id] ?? [:]).sorted(by: { $0.key < $1.key }) {
            all.insert(element.raw, at: min(place, all.count))
        }
        return all
    }
}
