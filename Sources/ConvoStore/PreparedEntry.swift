import ConvoModel

/// An entry with all that its row and its place in the index are made of: made before the transaction that others wait
/// for.
struct PreparedEntry: Sendable {
    let entry: Entry
    let packed: PackedJSON
    let words: IndexedWords
    let role: String?
    let createdAt: Timestamp?
    let completedAt: String?

    /// How much of a ``TransactionBudget`` it uses.
    var weight: Int { entry.raw.text.utf8.count + TransactionBudget.row }

    init(_ entry: Entry) {
        self.entry = entry
        packed = PackedJSON(entry.raw)
        words = IndexedWords(of: SearchText.of(entry.raw))
        role = entry.role
        createdAt = entry.createdAt
        completedAt = entry.raw["completed_at"]?.string
    }
}
