public import ConvoJSON
package import ConvoModel

/// All conversations, in memory, with an index by creation; and the files that the model made.
struct ConversationTable: Sendable {
    /// A conversation's sort key: its creation, then the order of arrival.
    private struct Place: Hashable, Comparable {
        let createdAt: Timestamp
        let number: Int

        static func < (left: Place, right: Place) -> Bool {
            (left.createdAt, left.number) < (right.createdAt, right.number)
        }
    }

    private var conversations: [RemoteID: EmulatedConversation] = [:]
    private var places: [RemoteID: Place] = [:]
    /// Oldest first.
    private var order: [(place: Place, id: RemoteID)] = []
    private var nextNumber = 0
    var files: [String: StoredFile] = [:]

    subscript(id: RemoteID) -> EmulatedConversation? { conversations[id] }
    var count: Int { conversations.count }
    /// Oldest first by creation.
    var all: [EmulatedConversation] { order.compactMap { conversations[$0.id] } }

    /// Adds a conversation, or replaces the one with its id, which keeps its place in the order.
    mutating func put(_ conversation: EmulatedConversation) {
        if conversations.updateValue(conversation, forKey: conversation.id) != nil { return }
        let place = Place(createdAt: conversation.createdAt, number: nextNumber)
        nextNumber += 1
        places[conversation.id] = place
        order.insert((place, conversation.id), at: index(of: place))
    }

    mutating func apply(_ commit: Commit, to id: RemoteID) {
        conversations[id]?.apply(commit)
    }

    /// Removes a conversation.
    ///
    /// - Parameter id: the conversation's id; one that is not in the table changes nothing.
    /// - Returns: whether the conversation was in the table.
    mutating func remove(_ id: RemoteID) -> Bool {
        guard conversations.removeValue(forKey: id) != nil, let place = places.removeValue(forKey: id) else {
            return false
        }
        order.remove(at: index(of: place))
        return true
    }

    /// A page of the conversations that are shown and match the filter, newest first by creation.
    func page(
        _ number: Int, size: Int, filter: JSONText?, matching: Switches.MetadataMatch,
        where isShown: (EmulatedConversation) -> Bool
    ) -> [JSONText] {
        let start = number.multipliedReportingOverflow(by: size)
        guard !start.overflow else { return [] }
        var (page, toSkip) = ([JSONText](), start.partialValue)
        for (_, id) in order.reversed() where page.count < size {
            guard let conversation = conversations[id], isShown(conversation),
                conversation.object.matches(filter, matching)
            else { continue }
            if toSkip > 0 { toSkip -= 1 } else { page.append(conversation.object) }
        }
        return page
    }

    /// The index of a place in the order, or the one at which it belongs; found by binary search.
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

/// A change of the stored state, and its form as a line of a journal.
public struct Change: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case put(EmulatedConversation)
        case commit(Commit, to: RemoteID)
        case remove(RemoteID)
        case putFile(StoredFile)
        case removeFile(id: String)
    }

    let kind: Kind

    init(_ kind: Kind) { self.kind = kind }

    /// Reads a line of a journal; `nil` where it is no change.
    public init?(line: JSONText) {
        guard let kind = Kind(line: line) else { return nil }
        self.kind = kind
    }

    /// The journal's line, with its line feed.
    public var line: String { kind.json.text + "\n" }
}

extension Change.Kind {
    fileprivate init?(line: JSONText) {
        if let record = line["put"] {
            guard let conversation = try? EmulatedConversation(record: record) else { return nil }
            self = .put(conversation)
        } else if let id = line["commit"]?.string {
            guard let object = line["conversation"], let added = line["added"] else { return nil }
            let replacements = (line["replaced"]?.elements ?? []).compactMap { pair -> Commit.Replacement? in
                guard let index = pair["index"]?.int, let entry = pair["entry"] else { return nil }
                return Commit.Replacement(index: index, entry: entry)
            }
            self = .commit(Commit(object: object, replacements: replacements, added: added.elements), to: RemoteID(id))
        } else if let id = line["remove"]?.string {
            self = .remove(RemoteID(id))
        } else if let json = line["put_file"] {
            guard let file = StoredFile(json: json) else { return nil }
            self = .putFile(file)
        } else if let id = line["remove_file"]?.string {
            self = .removeFile(id: id)
        } else {
            return nil
        }
    }

    /// The conversation that it changes; `nil` for a change of a file.
    var conversationID: RemoteID? {
        switch self {
        case .put(let conversation): conversation.id
        case .commit(_, let id), .remove(let id): id
        case .putFile, .removeFile: nil
        }
    }

    fileprivate var json: JSONText {
        switch self {
        case .put(let conversation): .object(["put": conversation.record])
        case .commit(let commit, let id):
            .object([
                "commit": .string(id.rawValue), "conversation": commit.object,
                "replaced": .array(
                    commit.replacements.map { .object(["index": .int($0.index), "entry": $0.entry]) }),
                "added": .array(commit.added),
            ])
        case .remove(let id): .object(["remove": .string(id.rawValue)])
        case .putFile(let file): .object(["put_file": file.json])
        case .removeFile(let id): .object(["remove_file": .string(id)])
        }
    }
}

extension ConversationTable {
    mutating func apply(_ change: Change) {
        switch change.kind {
        case .put(let conversation): put(conversation)
        case .commit(let commit, let id): apply(commit, to: id)
        case .remove(let id): _ = remove(id)
        case .putFile(let file): files[file.id] = file
        case .removeFile(let id): files[id] = nil
        }
    }
}

/// One conversation as the emulator keeps it: the objects that it serves, as text.
package struct EmulatedConversation: Hashable, Sendable {
    package let id: RemoteID
    package let createdAt: Timestamp
    /// The conversation object, served as it stands.
    package var object: JSONText
    package var entries: [JSONText]
    /// The number of entries at the beginning that the history does not show: the copies in a branch, under
    /// ``Switches/RestartHistory/newOnly``.
    var unlistedCount = 0
    /// `nil`: every key sees the conversation.
    let owner: Owner?

    init(id: RemoteID, createdAt: Timestamp, object: JSONText, entries: [JSONText], owner: Owner? = nil) {
        self.owner = owner
        self.id = id
        self.createdAt = createdAt
        self.object = object
        self.entries = entries
    }

    /// Reads `{"conversation": {…}, "entries": […]}`, which may name its `"owner"`.
    ///
    /// - Throws: ``ModelError`` if the conversation lacks its id or times, or an entry its type.
    init(record: JSONText) throws(ModelError) {
        guard let object = record["conversation"] else { throw .missing(field: "conversation", in: "record") }
        guard let entries = record["entries"], entries.kind == .array else {
            throw .missing(field: "entries", in: "record")
        }
        let conversation = try Conversation(raw: object)
        var kept: [JSONText] = []
        for entry in entries.elements { kept.append(Entry(raw: entry).raw) }
        self.init(
            id: conversation.id, createdAt: conversation.createdAt, object: object, entries: kept,
            owner: record["owner"].flatMap { Owner(json: $0) })
        unlistedCount = min(max(0, record["unlisted"]?.int ?? 0), kept.count)
    }

    var record: JSONText {
        .object([
            "conversation": object, "entries": .array(entries), "owner": owner?.json,
            "unlisted": unlistedCount > 0 ? .int(unlistedCount) : nil,
        ])
    }

    /// The entries that the history shows.
    package var listed: [JSONText] {
        get { Array(entries.dropFirst(unlistedCount)) }
        set { entries.replaceSubrange(min(unlistedCount, entries.count)..., with: newValue) }
    }

    var history: JSONText {
        .object([
            "conversation_id": .string(id.rawValue), "entries": .array(listed),
            "object": .string("conversation.history"),
        ])
    }

    var messages: JSONText {
        let messages = listed.filter { EntryType($0["type"]?.string ?? "").isMessage }
        return .object([
            "conversation_id": .string(id.rawValue), "messages": .array(messages),
            "object": .string("conversation.messages"),
        ])
    }

    /// Applies what a finished run changes.
    mutating func apply(_ commit: Commit) {
        object = commit.object
        for replacement in commit.replacements where entries.indices.contains(replacement.index) {
            entries[replacement.index] = replacement.entry
        }
        entries += commit.added
    }
}

/// The changes of one finished run in its conversation.
struct Commit: Hashable, Sendable {
    struct Replacement: Hashable, Sendable {
        let index: Int
        let entry: JSONText
    }

    let object: JSONText
    var replacements: [Replacement] = []
    var added: [JSONText]
}
