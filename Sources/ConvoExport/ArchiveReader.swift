package import ConvoJSON
import ConvoModel
package import ConvoStore

/// The reason why a file is not a conversation of an export, with the place in the file.
package enum ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file is not JSON.
    case notJSON(JSONSyntaxError)
    /// The file is not UTF-8 from this byte on.
    case notUTF8(offset: Int)
    /// The file is JSON of another program.
    case notAnExport
    /// A newer Convo wrote the file.
    case newerVersion(Int)
    /// A member (`history.entries[3]`) is not what it must be, which is a phrase that follows "is not".
    case unexpected(member: String, expected: String)
    /// Two entries have the same id.
    case duplicate(id: String, first: Int, second: Int)

    /// A stable name in snake case, for programs to compare.
    package var code: String {
        switch self {
        case .notJSON, .notUTF8: "invalid_json"
        case .notAnExport: "not_an_export"
        case .newerVersion: "newer_export"
        case .unexpected, .duplicate: "damaged_export"
        }
    }

    /// One clause without a capital or a full stop, which shows no text of messages.
    package var description: String {
        switch self {
        case .notJSON(let error): "\(error)"
        case .notUTF8(let offset): "it is not UTF-8 text: see byte \(offset)"
        case .notAnExport: "it is not a conversation that Convo exported (its \"format\" says otherwise)"
        case .newerVersion(let version):
            "a newer Convo wrote it (version \(version); this one knows \(ArchiveDocument.version))"
        case .unexpected(let member, let expected): "\(member) is not \(expected)"
        case .duplicate(let id, let first, let second):
            "history.entries[\(first)] and history.entries[\(second)] have the same id (\(id.prefix(80)))"
        }
    }
}

/// Reads a conversation from the JSON of an export.
package struct ArchiveReader {
    /// How much deeper than an entry the file may be nested: its own levels.
    private static let ownLevels = 3
    /// The longest local id, in bytes.
    static let idLimit = 64

    private let value: JSONText
    /// Whether something in the file is nested so deep that the store cannot take it.
    private let isDeep: Bool

    /// Reads a file's bytes; everything is checked before anything is returned.
    ///
    /// - Parameter bytes: the whole file.
    /// - Returns: the conversation.
    /// - Throws: ``ArchiveError``.
    package static func archive(of bytes: [UInt8]) throws(ArchiveError) -> ArchivedConversation {
        try ArchiveReader(bytes).archive()
    }

    private init(_ bytes: [UInt8]) throws(ArchiveError) {
        let compact: (bytes: [UInt8], depth: Int)
        do {
            compact = try JSONCompactor.compact(bytes, depthLimit: JSONText.depthLimit + ArchiveReader.ownLevels)
        } catch { throw .notJSON(error) }
        guard let text = String(validating: compact.bytes, as: UTF8.self) else {
            let repaired = String(decoding: bytes, as: UTF8.self)
            throw .notUTF8(offset: zip(bytes, repaired.utf8).prefix { $0 == $1 }.count)
        }
        value = JSONText(trusted: text)
        isDeep = compact.depth > JSONText.depthLimit
        guard value.kind == .object, value["format"]?.string == ArchiveDocument.format else { throw .notAnExport }
        guard let version = value["version"]?.int, version > 0 else {
            throw .unexpected(member: "version", expected: "a number")
        }
        guard version <= ArchiveDocument.version else { throw .newerVersion(version) }
    }

    private func archive() throws(ArchiveError) -> ArchivedConversation {
        var facts = ArchivedConversation.Facts(
            id: LocalID(try localID("id", in: value)), createdAt: try text("created_at", in: value),
            updatedAt: try text("updated_at", in: value))
        facts.remoteID = try optionalName("remote_id", in: value).map { RemoteID($0) }
        facts.name = try optionalText("name", in: value)
        facts.description = try optionalText("description", in: value)
        facts.model = try optionalText("model", in: value)
        facts.agentID = try optionalText("agent_id", in: value)
        facts.deletedRemotelyAt = try optionalText("deleted_remotely_at", in: value)
        facts.isLocalOnly = try truth("local_only", in: value)
        facts.parent = try parent()
        facts.localName = try localName()
        facts.tags = try tags()
        return ArchivedConversation(facts: facts, raw: try conversation(facts.remoteID), entries: try entries())
    }

    private func localName() throws(ArchiveError) -> String? {
        guard let text = try optionalText("local_name", in: value) else { return nil }
        do { return try LocalName(text).text } catch {
            throw .unexpected(member: "local_name", expected: "a name of one line")
        }
    }

    private func tags() throws(ArchiveError) -> [String] {
        guard let list = value["tags"], !list.isNull else { return [] }
        guard list.kind == .array else { throw .unexpected(member: "tags", expected: "an array") }
        let names = list.elements.map { $0.string ?? "" }
        guard let tags = try? Tag.distinct(names) else {
            throw .unexpected(member: "tags", expected: "an array of tags")
        }
        return tags.map(\.name)
    }

    /// The server's object, which must be the conversation's own.
    private func conversation(_ remoteID: RemoteID?) throws(ArchiveError) -> JSONText? {
        guard let raw = value["conversation"], !raw.isNull else { return nil }
        try checkDepth(raw, "conversation")
        guard let read = try? Conversation(raw: raw), read.id == remoteID else {
            throw .unexpected(member: "conversation", expected: "the server's object of the remote_id")
        }
        return raw
    }

    private func parent() throws(ArchiveError) -> ArchivedConversation.Parent? {
        guard let parent = value["parent"], !parent.isNull else { return nil }
        guard parent.kind == .object else { throw .unexpected(member: "parent", expected: "an object") }
        return ArchivedConversation.Parent(
            id: LocalID(try localID("id", in: parent, "parent.")),
            remoteID: try optionalName("remote_id", in: parent, "parent.").map { RemoteID($0) },
            entry: try optionalName("entry_id", in: parent, "parent.").map { EntryID($0) },
            isInferred: try truth("inferred", in: parent, "parent."))
    }

    private func entries() throws(ArchiveError) -> [ArchivedEntry] {
        guard let list = value["history"]?["entries"], list.kind == .array else {
            throw .unexpected(member: "history.entries", expected: "an array")
        }
        let elements = list.elements
        let kept = try kept(count: elements.count)
        var entries: [ArchivedEntry] = []
        entries.reserveCapacity(elements.count)
        var positions: [TextBytes: Int] = [:]
        for (position, raw) in elements.enumerated() {
            try checkDepth(raw, "history.entries[\(position)]")
            let (entry, mark) = (Entry(raw: raw), kept[position])
            let place = "kept[\(position)]."
            let id = try mark.flatMap { mark throws(ArchiveError) in try optionalName("id", in: mark, place) }
            guard let id = id ?? entry.id?.rawValue else {
                throw .unexpected(member: "history.entries[\(position)]", expected: "an entry with an id")
            }
            if let first = positions.updateValue(position, forKey: TextBytes(id)) {
                throw .duplicate(id: id, first: first, second: position)
            }
            let empty = JSONText.object([])
            entries.append(
                ArchivedEntry(
                    id: EntryID(id), entry: entry, droppedAt: try optionalText("dropped_at", in: mark ?? empty, place),
                    isLocalOnly: try truth("local_only", in: mark ?? empty, place),
                    completedAt: try optionalText("completed_at", in: mark ?? empty, place)))
        }
        return entries
    }

    /// What is known of entries beside their objects, by their positions.
    private func kept(count: Int) throws(ArchiveError) -> [Int: JSONText] {
        guard let list = value["kept"], list.kind == .array else {
            throw .unexpected(member: "kept", expected: "an array")
        }
        var kept: [Int: JSONText] = [:]
        for (number, mark) in list.elements.enumerated() {
            guard let position = mark["position"]?.int, position >= 0, position < count,
                kept.updateValue(mark, forKey: position) == nil
            else { throw .unexpected(member: "kept[\(number)].position", expected: "the position of another entry") }
        }
        return kept
    }

    private func checkDepth(_ value: JSONText, _ member: String) throws(ArchiveError) {
        guard !isDeep || value.depth <= JSONText.depthLimit else {
            throw .unexpected(member: member, expected: "nested in at most \(JSONText.depthLimit) levels")
        }
    }

    private func optionalText(_ key: String, in value: JSONText, _ place: String = "") throws(ArchiveError) -> String? {
        guard let member = value[key], !member.isNull else { return nil }
        guard let text = member.string else { throw .unexpected(member: place + key, expected: "a string") }
        return text
    }

    private func text(_ key: String, in value: JSONText) throws(ArchiveError) -> String {
        guard let text = try optionalText(key, in: value) else { throw .unexpected(member: key, expected: "a string") }
        return text
    }

    /// A text that can identify something: not empty, and without U+0000.
    private func optionalName(_ key: String, in value: JSONText, _ place: String = "") throws(ArchiveError) -> String? {
        guard let text = try optionalText(key, in: value, place) else { return nil }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw .unexpected(member: place + key, expected: "an id")
        }
        return text
    }

    /// A local id, as the store makes them: small letters and digits.
    private func localID(_ key: String, in value: JSONText, _ place: String = "") throws(ArchiveError) -> String {
        let isUsual = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let text = try optionalName(key, in: value, place), text.utf8.count <= ArchiveReader.idLimit,
            text.utf8.allSatisfy(isUsual)
        else { throw .unexpected(member: place + key, expected: "a local id of small letters and digits") }
        return text
    }

    private func truth(_ key: String, in value: JSONText, _ place: String = "") throws(ArchiveError) -> Bool {
        guard let member = value[key], !member.isNull else { return false }
        guard let truth = member.bool else { throw .unexpected(member: place + key, expected: "true or false") }
        return truth
    }
}
