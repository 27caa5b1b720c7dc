package import ConvoModel

/// One entry as the server keeps it, in the two forms in which it gives it out.
package struct ServedEntry: Hashable, Sendable {
    package let id: EntryID
    package let type: EntryType
    /// As the history has it.
    package internal(set) var inHistory: JSONText
    /// As the response had it; `nil` for inputs, which no response echoes.
    package let inResponse: JSONText?
    let toolCallID: String?

    init(id: EntryID, type: EntryType, inHistory: JSONText, inResponse: JSONText? = nil) {
        self.id = id
        self.type = type
        self.inHistory = inHistory
        self.inResponse = inResponse
        toolCallID = inHistory["tool_call_id"]?.string
    }

    /// What it says, whoever said it when.
    var said: String { ServedEntry.said(inHistory) }

    static func said(_ entry: JSONText) -> String {
        ["type", "role", "content", "tool_call_id", "result"].map { entry[$0]?.text ?? "" }.joined(separator: "|")
    }

    /// Spells its text in the other way in which Unicode can.
    mutating func respell() {
        guard let text = inHistory["content"]?.string else { return }
        inHistory = inHistory.setting("content", to: .string(Letters.respelled(text)))
    }

    /// The same entry under another id, as a restart may copy it.
    func copied(as id: EntryID) -> ServedEntry {
        ServedEntry(id: id, type: type, inHistory: inHistory.setting("id", to: .string(id.rawValue)))
    }
}
