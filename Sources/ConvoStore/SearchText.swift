package import ConvoJSON
import ConvoModel

/// Extracts the searchable text of an entry: its words, without the JSON around them.
///
/// The index keeps no copy of the text, and a row can be removed from it only with the very text that was inserted: a
/// change here needs a new `indexVersion` and `SearchIndex.version`.
package enum SearchText {
    static let indexVersion = 3

    /// Members whose strings are identifiers and constants, not words of a person or a model.
    private static let silent: Set<String> = [
        "id", "object", "type", "role", "created_at", "completed_at", "tool_call_id", "agent_id", "model",
        "previous_agent_id", "next_agent_id", "file_id", "signature", "confirmation_status", "function", "prefix",
        "closed", "detail",
    ]

    /// The text of a JSON value, an entry of any kind or a request's inputs, with line breaks between its strings.
    ///
    /// Leaves out empty strings, inline images and files (`data:` URLs), and members that hold identifiers or constants; signed
    /// links are replaced.
    package static func of(_ entry: JSONText) -> String {
        entry.strings(exceptIn: silent).filter { !$0.isEmpty && !$0.hasPrefix("data:") }
            .map { SignedLink.removed(from: $0) }.joined(separator: "\n")
    }
}
