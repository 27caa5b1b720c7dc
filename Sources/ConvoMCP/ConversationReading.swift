import ConvoJSON
import ConvoModel
import ConvoStore

/// A window of a conversation with what an agent needs beside it: what conversation it is, what waits, how to go on.
struct ConversationReading {
    /// How many characters of a queued write are shown.
    private static let pendingLimit = 400

    let conversation: StoredConversation
    private(set) var window: EntryWindow
    private var pendingLeft = 0

    /// Reads a window.
    ///
    /// - Parameters:
    ///   - store: the store.
    ///   - id: the conversation.
    ///   - start: where the window begins.
    ///   - characters: the most characters of entries.
    ///   - isStructured: whether the result has the JSON beside the text.
    /// - Throws: ``StoreError`` if the conversation or the entry is not here, or the file cannot be read.
    init(
        _ store: Store, _ id: LocalID, _ start: EntryWindow.Start, characters: Int = .max, isStructured: Bool = true
    ) throws(StoreError) {
        var page = ResultPage(isStructured: isStructured)
        conversation = try store.conversation(matching: id.rawValue)
        // What the head takes.
        page.reserve(
            isStructured ? conversation.agentText.text + conversation.agentJSON.text : conversation.agentText.text)
        window = try EntryWindow(store, id, start, characters: characters, page: page)
        guard !window.hasLater else { return }
        let pending = try store.pendingWrites(in: [id])[id] ?? []
        for (place, write) in pending.enumerated() {
            guard window.addPending(ConversationReading.item(write)) else {
                pendingLeft = pending.count - place
                break
            }
        }
    }

    private static func item(_ write: OutboxItem) -> ResultPage.Item {
        let inputs = Entry(raw: .object(["type": .string("message.input"), "content": write.inputs]))
        let text = write.inputs.string ?? (write.inputs.kind == .array ? write.inputs.text : inputs.agentText)
        let shown = AgentText.block(String(text.unicodeScalars.prefix(pendingLimit)))
        var quoted = QuotedText()
        quoted.add("not delivered yet: \(write.kind.rawValue), \(write.state.rawValue), operation \(write.id)")
        quoted.quote(shown)
        return ResultPage.Item(
            text: quoted,
            json: .object([
                "operation_id": .string(write.id.rawValue), "kind": .string(write.kind.rawValue),
                "state": .string(write.state.rawValue), "text": .string(shown),
            ]))
    }

    /// What the result is, in words of ours, and the conversation's own facts, quoted.
    var head: String {
        let numbers = window.parts.compactMap(\.number)
        let range =
            numbers.isEmpty
            ? "no entries"
            : numbers.count == 1 ? "entry #\(numbers[0])" : "entries #\(numbers[0]) to #\(numbers[numbers.count - 1])"
        var text = conversation.agentText
        text.add("\(range) of \(conversation.entryCount):")
        return String(text.text.dropLast())
    }

    /// What follows the entries.
    var ending: [String] {
        if window.hasLater { return [] }
        return [pendingLeft > 0 ? "\(pendingLeft) more writes are not delivered." : "End of the conversation."]
    }

    /// The place where the reading goes on; `nil` at the conversation's end.
    var next: String? {
        guard window.hasLater, let last = window.parts.last else { return nil }
        return last.nextOffset.map { "at \($0) \(last.handle)" } ?? "after \(last.handle)"
    }

    /// The place before which there is more; `nil` at the conversation's start.
    var previous: String? { window.hasEarlier ? window.parts.first.map { "before \($0.handle)" } : nil }

    /// Where a window begins that a cursor names; `nil` where the text names no place.
    static func start(_ place: String, _ store: Store, _ id: LocalID) throws(ToolError) -> EntryWindow.Start? {
        func entry(_ handle: Substring) throws(ToolError) -> EntryID {
            guard handle.hasPrefix("#") else { return EntryID(String(handle.dropFirst())) }
            do throws(StoreError) { return try store.entry(called: String(handle), in: id) } catch {
                throw ToolError(error)
            }
        }
        let parts = place.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "after": return .forwards(.beside(try entry(parts[1])), offset: 0)
        case "before": return .backwards(.beside(try entry(parts[1])))
        case "at":
            let parts = parts[1].split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let offset = Int(parts[0]), offset >= 0 else { return nil }
            return .forwards(.at(try entry(parts[1])), offset: offset)
        default: return nil
        }
    }
}

extension EntryPart {
    /// How a cursor names the entry: by its id behind a sign, or by its number where the id is too long.
    fileprivate var handle: String {
        stored.id.isShort ? "=\(stored.id)" : number.map { "#\($0)" } ?? "=\(stored.id)"
    }
}

extension StoredConversation {
    /// The conversation as text: a line of ours, and the facts that others have written, quoted.
    var agentText: QuotedText {
        var facts = ["conversation \(AgentText.word(id.rawValue) ?? "?")", "updated \(AgentText.time(updatedAt))"]
        facts.append(entryCount == 1 ? "1 entry" : "\(entryCount) entries")
        if pendingCount > 0 { facts.append("\(pendingCount) not delivered") }
        if deletedRemotelyAt != nil { facts.append("deleted on the server") }
        if isLocalOnly { facts.append("kept here only") }
        if let parent { facts.append("branch of \(AgentText.word(parent.conversation.rawValue) ?? "?")") }
        var text = QuotedText()
        text.add(facts.joined(separator: ", "))
        text.quote("title", title)
        text.quote("tags", tags.joined(separator: ", "))
        text.quote(model == nil ? "agent" : "model", model ?? agentID)
        return text
    }

    /// The conversation as JSON.
    var agentJSON: JSONText { .object(agentMembers) }

    var agentMembers: [(String, JSONText?)] {
        func line(_ text: String?) -> JSONText? { text.map { .string(AgentText.line($0, limit: AgentText.nameLimit)) } }
        return [
            ("id", line(id.rawValue)), ("remote_id", line(remoteID?.rawValue)), ("title", line(title)),
            ("tags", tags.isEmpty ? nil : line(tags.joined(separator: ", "))), ("model", line(model)),
            ("agent_id", line(agentID)), ("created_at", .string(AgentText.time(createdAt))),
            ("updated_at", .string(AgentText.time(updatedAt))), ("entry_count", .int(entryCount)),
            ("pending_count", .int(pendingCount)), ("deleted_remotely", deletedRemotelyAt == nil ? nil : .bool(true)),
            ("local_only", isLocalOnly ? .bool(true) : nil), ("parent_id", line(parent?.conversation.rawValue)),
        ]
    }
}
