import ConvoModel
import ConvoStore

/// Which entries of its conversation a chat has shown, so that it shows each once, whichever process brings it.
struct ShownEntries {
    /// How many bytes of text the shown entries had: a part of an answer is followed by the whole of it.
    private var lengths: [EntryID: Int] = [:]
    /// What was typed here, and has not come back as an entry.
    private var typed: [String] = []

    /// Takes notice of a text that the person sees already, because they typed it.
    mutating func wasTyped(_ text: String) { typed.append(text.trimmed) }

    /// The entries that have to be shown, which count as shown from now on.
    ///
    /// - Parameter entries: the end of the conversation, in its order.
    /// - Returns: those that are new, but for what was typed here; and those that have more text than before.
    mutating func news(in entries: [Entry]) -> [Entry] {
        entries.filter { entry in
            guard let id = entry.id else { return false }
            let length = entry.text.utf8.count
            guard let before = lengths.updateValue(length, forKey: id) else { return !wasTyped(entry) }
            return length > before
        }
    }

    /// The new entries of one turn, which ends where the next message or result stands.
    ///
    /// - Parameters:
    ///   - news: the new entries.
    ///   - entries: the end of the conversation, in its order.
    ///   - known: an entry of the turn that is known already; without one, the turn is that of the first new entry.
    /// - Returns: the ids of those that belong to the turn.
    static func turn(of news: Set<EntryID>, in entries: [Entry], behind known: EntryID?) -> Set<EntryID?> {
        let start = entries.firstIndex { $0.id.map { id in known.map { $0 == id } ?? news.contains(id) } ?? false }
        guard let start else { return [] }
        let turn = entries[start...start] + entries[start...].dropFirst().prefix { !$0.type.isInput }
        return Set(turn.map(\.id).filter { $0.map(news.contains) ?? false })
    }

    /// Whether the entry is what was typed here; it counts as that once.
    private mutating func wasTyped(_ entry: Entry) -> Bool {
        guard entry.type.isInput else { return false }
        let text = (entry.type == .messageInput ? entry.text : entry.raw["result"]?.string ?? "").trimmed
        guard let place = typed.firstIndex(of: text) else { return false }
        typed.remove(at: place)
        return true
    }
}
