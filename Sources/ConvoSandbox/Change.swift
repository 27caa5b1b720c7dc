import ConvoModel

/// A change of the library, as a line of the journal says it.
enum Change: Sendable {
    case put(StoredConversation)
    case commit(Commit, to: RemoteID)
    case remove(RemoteID)
    case putFile(StoredFile)
    case removeFile(id: String)

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
        } else if let json = line["put_file"] {
            guard let file = StoredFile(json: json) else { return nil }
            self = .putFile(file)
        } else if let id = line["remove_file"]?.string {
            self = .removeFile(id: id)
        } else {
            return nil
        }
    }

    /// With its line feed.
    var line: String { json.text + "\n" }

    /// The conversation that it changes.
    var conversationID: RemoteID? {
        switch self {
        case .put(let conversation): conversation.id
        case .commit(_, let id), .remove(let id): id
        case .putFile, .removeFile: nil
        }
    }

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
        case .putFile(let file): .object(["put_file": file.json])
        case .removeFile(let id): .object(["remove_file": .string(id)])
        }
    }
}

extension ConversationTable {
    mutating func apply(_ change: Change) {
        switch change {
        case .put(let conversation): put(conversation)
        case .commit(let commit, let id): apply(commit, to: id)
        case .remove(let id): _ = remove(id)
        case .putFile(let file): files[file.id] = file
        case .removeFile(let id): files[id] = nil
        }
    }
}
