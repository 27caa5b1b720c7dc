import ConvoJSON
package import ConvoModel

/// The parts of a server's answers that deviate from the API's schema, and the histories that are too large for a client.
package struct Oddities: Hashable, Sendable {
    /// A row of the list that is not a conversation.
    package enum Row: CaseIterable, Hashable, Sendable {
        case withoutID, numberForID, notAnObject
        /// Made long before every write of ours.
        case old

        var raw: JSONText {
            switch self {
            case .withoutID: .stored(#"{"object":"conversation","name":"odd","created_at":"2026-10-05T14:00:00Z"}"#)
            case .numberForID:
                .stored(#"{"id":17,"created_at":"2026-10-05T14:00:00Z","updated_at":"2026-10-05T14:00:00Z"}"#)
            case .notAnObject: .stored("17")
            case .old: .stored(#"{"id":18,"created_at":"2025-10-05T14:00:00Z","updated_at":"2025-10-05T14:00:00Z"}"#)
            }
        }
    }

    /// How the list writes a conversation where it deviates from the API's format; `get` does not deviate.
    package enum Form: CaseIterable, Hashable, Sendable {
        case withoutUpdate, withoutZone, shortOffset, numbers, unreadable
        /// Not a time: the row has no id, so that nothing of it can be read.
        case withoutID

        /// Whether a change of the conversation shows in the list.
        var tellsChanges: Bool { ![.withoutUpdate, .unreadable, .withoutID].contains(self) }

        func applied(to raw: JSONText) -> JSONText {
            switch self {
            case .withoutUpdate: raw.setting("updated_at", to: nil)
            case .withoutZone: changed(raw) { .string(String($0.text.dropLast())) }
            case .withoutID: raw.setting("id", to: nil)
            case .unreadable: changed(raw) { _ in .string("soon") }
            case .shortOffset: changed(raw) { .string($0.text.dropLast() + "+0000") }
            case .numbers:
                changed(raw) { moment in
                    let (seconds, rest) = moment.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
                    return .stored("\(seconds).\(String(1_000_000 + rest).dropFirst())")
                }
            }
        }

        private func changed(_ raw: JSONText, _ write: (Timestamp) -> JSONText) -> JSONText {
            ["created_at", "updated_at"].reduce(raw) { raw, field in
                raw.setting(field, to: raw[field]?.string.flatMap { Timestamp($0) }.map(write))
            }
        }
    }

    /// The malformed rows by their index in the list.
    package internal(set) var rows: [Int: Row] = [:]
    /// The conversations that the list writes in another form.
    package internal(set) var forms: [RemoteID: Form] = [:]
    /// The malformed elements of each history, in the order in which they were added.
    package internal(set) var elements: [RemoteID: [OddElement]] = [:]
    /// The conversations whose history is larger than a client reads.
    package internal(set) var oversized: Set<RemoteID> = []
    /// The conversations that have lost an entry, perhaps the first one.
    package private(set) var shortened: Set<RemoteID> = []
    /// The conversations whose history something between us and the server answers.
    package internal(set) var filtered: Set<RemoteID> = []

    func row(_ raw: JSONText, of id: RemoteID) -> JSONText { forms[id]?.applied(to: raw) ?? raw }

    func list(_ conversations: [(id: RemoteID, raw: JSONText)]) -> [JSONText] {
        var all = conversations.map { row($0.raw, of: $0.id) }
        for (place, row) in rows.sorted(by: { $0.key < $1.key }) { all.insert(row.raw, at: min(place, all.count)) }
        return all
    }

    /// An entry was dropped: the malformed elements behind it keep their neighbours.
    mutating func dropEntry(at place: Int, of id: RemoteID) {
        shortened.insert(id)
        for index in elements[id, default: []].indices where elements[id, default: []][index].place > place {
            elements[id]?[index].place -= 1
        }
    }

    /// The history with its malformed elements in their places; those for which `make` returns `nil` are left out.
    ///
    /// A state from before the first entry has none of them.
    func history<Item>(_ entries: [Item], of id: RemoteID, _ make: (OddElement) -> Item?) -> [Item] {
        guard !entries.isEmpty else { return [] }
        var all = entries
        var shift = 0
        for element in (elements[id] ?? []).sorted(by: { $0.place < $1.place }) {
            guard let item = make(element) else { continue }
            all.insert(item, at: min(element.place + shift, all.count))
            shift += 1
        }
        return all
    }
}
