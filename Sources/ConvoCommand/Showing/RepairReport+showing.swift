import ConvoBackup
import ConvoStore

extension RepairReport {
    /// How many ranges of a table are told; further ones are counted.
    private static let rangeLimit = 5

    /// What was done and what was lost, one sentence a line, without full stops.
    var words: [String] {
        var words = permissions.map { "others could read \($0): it is 0600 now" }
        if let copy { words.append("the database as it was lies in \(copy)") }
        if isIndexRebuilt { words.append("the search index was damaged, and is made anew") }
        if let salvage { words += RepairReport.words(salvage) }
        return words.isEmpty ? ["there was nothing to mend"] : words
    }

    private static func words(_ salvage: SalvageReport) -> [String] {
        let saved = salvage.tables.reduce(0) { $0 + $1.saved }
        var words = [
            "a new database has the place of the damaged one, with the \(saved) rows that could be read; its open writes are held"
        ]
        for table in salvage.tables where !table.isWhole {
            var lost = table.unreadable.prefix(rangeLimit).map { range in
                range.upperBound == .max
                    ? "from \(range.lowerBound) on" : "from \(range.lowerBound) to \(range.upperBound)"
            }
            if table.unreadable.count > rangeLimit { lost.append("\(table.unreadable.count - rangeLimit) more ranges") }
            if !table.refused.isEmpty { lost.append("\(table.refused.count) that make no sense") }
            words.append(
                "lost of the table \(table.name), of which \(table.saved) rows are saved: rows \(lost.joined(separator: ", "))"
            )
        }
        if salvage.replacedConversations > 0 {
            words.append(
                "entries of \(salvage.replacedConversations) lost conversations are in new ones, kept here only")
        }
        if !salvage.isWhole { words.append("`convo sync` fetches what the server has of it") }
        return words
    }
}
