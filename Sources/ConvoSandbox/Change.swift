import ConvoModel

/// A change of the library, as a line of the journal says it.
enum Change: Sendable {
    case put(StoredConversation)
    case commit(Commit, to: RemoteID)
    case remove(RemoteID)

    init?(line: JSONText) {
        if let record = line["put"] {
            guard let conversation = try? StoredConversation(record: record) else { return nil }
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
        } else {
            return nil
        }
    }

    /// With its line feed.
    var line: String { json.text + "\n" }

    private var json: JSONText {
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
        }
    }
}

extension Library {
    mutating func apply(_ change: Change) {
        switch change {
        case .put(let conversation): put(conversation)
        case .commit(let commit, let id): apply(commit, to: id)
        case .remove(let id): _ = remove(id)
        }
    }
}
