public import ConvoModel

/// What of an entry is searched and shown: its words, without the JSON around them.
///
/// Frozen like a migration: the index keeps no copy of the text, and a row leaves it by the very text that it came
/// with. A change here needs a new ``indexVersion``, which rebuilds the index.
public enum SearchText {
    static let indexVersion = 1

    /// Members whose strings are names for machines, not words of a person or a model.
    private static let silent: Set<String> = [
        "id", "object", "type", "role", "created_at", "completed_at", "tool_call_id", "agent_id", "model",
        "previous_agent_id", "next_agent_id", "file_id", "signature", "confirmation_status", "function", "prefix",
        "closed", "detail",
    ]

    /// The text of an entry of any kind, its pieces parted by line breaks.
    public static func of(_ entry: JSONText) -> String {
        var pieces: [String] = []
        collect(entry, into: &pieces)
        return pieces.joined(separator: "\n")
    }

    /// Iterative: the text may be nested as deep as ``JSONText/depthLimit`` allows.
    private static func collect(_ root: JSONText, into pieces: inout [String]) {
        var stack = [root]
        while let value = stack.popLast() {
            switch value.kind {
            case .string: append(value.string ?? "", to: &pieces)
            case .array: stack.append(contentsOf: value.elements.reversed())
            case .object:
                stack.append(contentsOf: value.members.filter { !silent.contains($0.key) }.map(\.value).reversed())
            case .number, .bool, .null: break
            }
        }
    }

    /// Inline images and files (`data:` URLs) are no text.
    private static func append(_ text: String, to pieces: inout [String]) {
        if !text.isEmpty, !text.hasPrefix("data:") { pieces.append(text) }
    }
}
