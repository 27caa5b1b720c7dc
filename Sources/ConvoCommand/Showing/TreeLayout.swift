import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

/// A tree of branches, with what is shown beside it: references, the numbers of entries, and the writes that wait.
struct TreeLayout {
    /// The narrowest room for a conversation behind its indent, in columns.
    private static let leastRoom = 24
    /// The narrowest room for a title, in columns; facts that leave less are cut.
    private static let leastTitle = 12

    let tree: BranchTree
    private let references: References
    /// The numbers, in their parents, of the entries that branches were made from.
    private let numbers: [LocalID: Int]
    private let pending: [LocalID: [OutboxItem]]

    /// Reads what belongs to the tree.
    ///
    /// - Parameters:
    ///   - tree: the tree.
    ///   - store: where it was read.
    /// - Throws: ``StoreError`` if the file cannot be read.
    init(of tree: BranchTree, in store: Store) throws(StoreError) {
        let conversations = tree.conversations
        let pending = try store.pendingWrites(in: conversations.filter { $0.pendingCount > 0 }.map(\.id))
        let origins = conversations.compactMap { conversation in
            conversation.parent.flatMap { parent in
                parent.entry.map { (branch: conversation.id, conversation: parent.conversation, entry: $0) }
            }
        }
        let numbers = try store.entryNumbers(of: origins.map { ($0.conversation, $0.entry) })
        self.init(
            tree: tree,
            references: try store.references(of: conversations.map(\.id), pending.values.joined().map(\.id)),
            numbers: Dictionary(
                zip(origins.map(\.branch), numbers).compactMap { branch, number in number.map { (branch, $0) } },
                uniquingKeysWith: { first, _ in first }),
            pending: pending)
    }

    /// Makes a layout of what was read before.
    init(tree: BranchTree, references: References, numbers: [LocalID: Int], pending: [LocalID: [OutboxItem]]) {
        (self.tree, self.references, self.numbers, self.pending) = (tree, references, numbers, pending)
    }

    /// `{"id", "remote_id", "name", "local_name", "tags", "title", "from_entry_id", "inferred", "pending": […], "branches": […]}`,
    /// with each branch in the same form.
    var json: JSONText { json(of: tree) }

    private func json(of node: BranchTree) -> JSONText {
        let conversation = node.conversation
        return .object([
            "id": .string(conversation.id.rawValue),
            "remote_id": .string(conversation.remoteID?.rawValue),
            "name": .string(conversation.name),
            "local_name": .string(conversation.localName),
            "tags": .array(conversation.tags.map { .string($0) }),
            "title": .string(conversation.title),
            "from_entry_id": .string(conversation.parent?.entry?.rawValue),
            "inferred": .bool(conversation.parent?.isInferred ?? false),
            "pending": .array((pending[node.id] ?? []).map(\.pendingJSON)),
            "branches": .array(node.branches.map(json(of:))),
        ])
    }

    /// A line for each conversation and each write that waits, what is below a conversation indented.
    ///
    /// - Parameters:
    ///   - marked: the conversation that stands out: an asterisk is before it.
    ///   - style: the layout; no line is wider than the terminal.
    /// - Returns: the lines.
    func lines(marking marked: LocalID, _ style: OutputStyle) -> [String] {
        let layout = Line(style: style, marked: marked, references: references, numbers: numbers)
        return [layout.conversation(tree.conversation, indent: "")] + lines(below: tree, indent: "", layout)
    }

    private func lines(below node: BranchTree, indent: String, _ layout: Line) -> [String] {
        let writes = pending[node.id] ?? []
        var lines = writes.enumerated().map { number, write in
            let isLast = number == writes.count - 1 && node.branches.isEmpty
            return layout.write(write, indent: indent + (isLast ? "└─ " : "├─ "))
        }
        for (number, branch) in node.branches.enumerated() {
            let isLast = number == node.branches.count - 1
            lines.append(layout.conversation(branch.conversation, indent: indent + (isLast ? "└─ " : "├─ ")))
            lines += self.lines(below: branch, indent: indent + (isLast ? "   " : "│  "), layout)
        }
        return lines
    }

    /// Lays out one line of the tree.
    private struct Line {
        let style: OutputStyle
        let marked: LocalID
        let references: References
        let numbers: [LocalID: Int]

        func conversation(_ conversation: StoredConversation, indent: String) -> String {
            let isMarked = conversation.id == marked
            let reference = (isMarked ? "* " : "") + references[conversation.id].sanitised(.line)
            let (indent, room) = room(behind: indent, before: reference)
            var facts = facts(of: conversation).joined(separator: " · ").sanitised(.line)
            var title = conversation.titleWithTags.sanitised(.line)
            if let room {
                facts = facts.truncated(to: max(0, room - TreeLayout.leastTitle - 2))
                title = title.truncated(to: room - (facts.isEmpty ? 0 : facts.columns + 2))
            }
            return indent + (isMarked ? style.ansi.strong(reference) : reference) + "  " + title
                + (facts.isEmpty ? "" : style.ansi.faint("  " + facts))
        }

        func write(_ write: OutboxItem, indent: String) -> String {
            let head =
                "→ \(references[write.id]) \(write.kind == .append ? "" : "\(write.kind.rawValue) ")\(write.state.words)"
            let (indent, room) = room(behind: indent, before: head)
            let text = write.text(upTo: style.width).sanitised(.line)
            return indent + style.ansi.faint(head + "  " + (room.map { text.truncated(to: $0) } ?? text))
        }

        /// What is known of a conversation beside its title.
        private func facts(of conversation: StoredConversation) -> [String] {
            var facts: [String] = []
            if let parent = conversation.parent {
                let number = numbers[conversation.id].map { "#\($0)" } ?? parent.entry?.rawValue
                facts += [number.map { "from \($0)" }, parent.isInferred ? "inferred" : nil].compactMap(\.self)
            }
            if conversation.deletedRemotelyAt != nil { facts.append("deleted on the server") }
            return facts
        }

        /// The indent, cut at its left where the terminal is too narrow for all of it, and the room behind it and the beginning
        /// of the line; `nil` for no limit.
        private func room(behind indent: String, before start: String) -> (indent: String, room: Int?) {
            guard let width = style.width else { return (indent, nil) }
            let limit = max(3, width - TreeLayout.leastRoom)
            let kept = indent.count > limit ? "…" + indent.suffix(limit - 1) : indent
            return (kept, max(0, width - kept.count - start.columns - 2))
        }
    }
}

extension BranchTree {
    /// All conversations of the tree.
    fileprivate var conversations: [StoredConversation] { [conversation] + branches.flatMap(\.conversations) }
}
