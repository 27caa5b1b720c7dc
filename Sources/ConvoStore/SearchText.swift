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

    /// The text of an entry of any kind, its pieces parted by line breaks. Inline images and files (`data:` URLs)
    /// are no text.
    public static func of(_ entry: JSONText) -> String {
        entry.strings(exceptIn: silent).filter { !$0.isEmpty && !$0.hasPrefix("data:") }.joined(separator: "\n")
    }
}
