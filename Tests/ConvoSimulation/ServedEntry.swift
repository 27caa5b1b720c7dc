package import ConvoJSON
package import ConvoModel

/// One entry as the server stores it, in the two forms in which it sends it.
package struct ServedEntry: Hashable, Sendable {
    package let id: EntryID
    package let type: EntryType
    /// The entry as the history has it.
    package internal(set) var inHistory: JSONText
    /// The entry as the response had it; `nil` for inputs, which no response echoes.
    package let inResponse: JSONText?
    let toolCallID: String?

    init(id: EntryID, type: EntryType, inHistory: JSONText, inResponse: JSONText? = nil) {
        self.id = id
        self.type = type
        self.inHistory = inHistory
        self.inResponse = inResponse
        toolCallID = inHistory["tool_call_id"]?.string
    }

    /// The entry's content for a comparison: without ids and times.
    var said: String { ServedEntry.said(inHistory) }

    static func said(_ entry: JSONText) -> String {
        ["type", "role", "content", "tool_call_id", "result"].map { entry[$0]?.text ?? "" }.joined(separator: "|")
    }

    /// Rewrites the text's accented letters in their other Unicode spelling, composed or decomposed.
    mutating func respell() {
        guard let text = inHistory["content"]?.string else { return }
        inHistory = inHistory.setting("content", to: .string(Letters.respelled(text)))
    }

    /// The same entry under another id, as a restart may copy it.
    func copied(as id: EntryID) -> ServedEntry {
        ServedEntry(id: id, type: type, inHistory: inHistory.setting("id", to: .string(id.rawValue)))
    }
}
