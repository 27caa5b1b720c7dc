import ConvoJSON
import ConvoModel
import ConvoStore
import ConvoTerminal

extension BranchTree {
    /// `{"id", "remote_id", "name", "local_name", "tags", "from_entry_id", "inferred", "branches": […]}`, with each branch in the same form.
    var json: JSONText {
        .object([
            "id": .string(conversation.id.rawValue),
            "remote_id": .string(conversation.remoteID?.rawValue),
            "name": .string(conversation.name),
            "local_name": .string(conversation.localName),
            "tags": .array(conversation.tags.map { .string($0) }),
            "from_entry_id": .string(conversation.parent?.entry?.rawValue),
            "inferred": .bool(conversation.parent?.isInferred ?? false),
            "branches": .array(branches.map(\.json)),
        ])
    }

    /// A line for each conversation, the branches indented below their parent; the id of `marked` is emphasized.
    func lines(marking marked: LocalID, _ style: OutputStyle) -> [String] {
        [line(marking: marked, style)] + branchLines(marking: marked, indent: "", style)
    }

    private func branchLines(marking marked: LocalID, indent: String, _ style: OutputStyle) -> [String] {
        branches.enumerated().flatMap { number, branch in
            let isLast = number == branches.count - 1
            return [indent + (isLast ? "└─ " : "├─ ") + branch.line(marking: marked, style)]
                + branch.branchLines(marking: marked, indent: indent + (isLast ? "   " : "│  "), style)
        }
    }

    private func line(marking marked: LocalID, _ style: OutputStyle) -> String {
        let id = conversation.id.rawValue
        var line = conversation.id == marked ? style.ansi.strong(id) : id
        line += "  \(conversation.titleWithTags.sanitised(.line))"
        guard let parent = conversation.parent else { return line }
        let from = parent.entry.map { " from \($0.rawValue.sanitised(.line))" } ?? ""
        return line + style.ansi.faint(from + (parent.isInferred ? " (inferred)" : ""))
    }
}
