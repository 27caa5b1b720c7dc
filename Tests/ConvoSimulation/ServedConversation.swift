package import ConvoJSON
package import ConvoModel
import MistralEmulator

/// One conversation as the server stores it.
package struct ServedConversation: Hashable, Sendable {
    private(set) var stored: EmulatedConversation
    /// The form that each entry had in its response.
    let responses: [EntryID: JSONText]

    init(_ stored: EmulatedConversation, responses: [EntryID: JSONText]) {
        (self.stored, self.responses) = (stored, responses)
    }

    package var id: RemoteID { stored.id }
    package var createdAt: VirtualInstant { VirtualInstant(microseconds: stored.createdAt.microseconds) }
    /// The object that `list` and `get` return, where they leave nothing out.
    package var raw: JSONText { stored.object }
    package var entries: [ServedEntry] {
        stored.listed.map { entry in
            let id = EntryID(entry["id"]?.string ?? "")
            return ServedEntry(id: id, inHistory: entry, inResponse: responses[id])
        }
    }

    /// Sets `updated_at`, which always grows.
    mutating func touch(at now: VirtualInstant) {
        let before = raw["updated_at"]?.string.flatMap { Timestamp($0) }?.microseconds ?? 0
        let moment = Timestamp(microseconds: max(now.microseconds, before + 1))
        stored.object = raw.setting("updated_at", to: .string(moment.text))
    }

    mutating func rename(_ name: String) { stored.object = raw.setting("name", to: .string(name)) }

    mutating func change(_ change: (inout [JSONText]) -> Void) { change(&stored.listed) }
}

/// One entry as the server stores it, in the two forms in which it sends it.
package struct ServedEntry: Hashable, Sendable {
    package let id: EntryID
    /// The entry as the history has it.
    package let inHistory: JSONText
    /// The entry as the response had it; `nil` for inputs, which no response echoes.
    package let inResponse: JSONText?

    init(id: EntryID, inHistory: JSONText, inResponse: JSONText? = nil) {
        (self.id, self.inHistory, self.inResponse) = (id, inHistory, inResponse)
    }

    /// An entry's content for a comparison: without ids and times.
    static func said(_ entry: JSONText) -> String {
        ["type", "role", "content", "tool_call_id", "result"].map { entry[$0]?.text ?? "" }.joined(separator: "|")
    }

    /// The entry with its text's accented letters in their other Unicode spelling, composed or decomposed.
    static func respelled(_ entry: JSONText) -> JSONText {
        entry["content"]?.string.map { entry.setting("content", to: .string(Letters.respelled($0))) } ?? entry
    }
}

/// The one accented letter that simulated writers use, in its two spellings.
enum Letters {
    private static let single: [Unicode.Scalar] = ["\u{E9}"]
    private static let double: [Unicode.Scalar] = ["e", "\u{301}"]

    /// The text in the letter's other spelling.
    static func respelled(_ text: String) -> String {
        text.unicodeScalars.contains("\u{E9}") ? replaced(text, single, double) : replaced(text, double, single)
    }

    /// Replaces scalars, because `String` takes both spellings for equal.
    private static func replaced(_ text: String, _ old: [Unicode.Scalar], _ new: [Unicode.Scalar]) -> String {
        String(String.UnicodeScalarView(Array(text.unicodeScalars).replacing(old, with: new)))
    }
}
