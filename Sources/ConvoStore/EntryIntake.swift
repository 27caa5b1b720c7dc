import ConvoModel

/// An entry with all that its row and its place in the index are made of: made before the transaction that others wait
/// for.
struct EntryIntake: Sendable {
    let entry: Entry
    let packed: PackedJSON
    let words: IndexedWords
    let role: String?
    let createdAt: Timestamp?
    let completedAt: String?

    init(_ entry: Entry) {
        self.entry = entry
        packed = PackedJSON(entry.raw)
        words = IndexedWords(of: SearchText.of(entry.raw))
        role = entry.role
        createdAt = entry.createdAt
        completedAt = entry.raw["completed_at"]?.string
    }
}
