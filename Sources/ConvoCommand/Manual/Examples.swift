// The help of every verb uses it.

extension String {
    /// The text of a verb's help with examples below it: command lines of at most 78 columns, which the manual takes from
    /// there (`scripts/manual`).
    func withExamples(_ lines: String...) -> String {
        let examples = lines.map { "  \($0)" }.joined(separator: "\n")
        return isEmpty ? "Examples:\n\(examples)" : "\(self)\n\nExamples:\n\(examples)"
    }
}
