/// One change of one place in a source.
package struct Mutant: Sendable, Hashable, Codable {
    package enum Change: String, Sendable, Hashable, Codable, CaseIterable {
        case conditionNegated, comparisonShifted, logicSwapped, statementDropped, loopEnded, constantChanged
        case sqlConditionDropped, sqlComparisonShifted, sqlConstantChanged
    }

    /// What the switch is set to for this mutant, from 1 on.
    package let id: Int
    /// From the root of the repository.
    package let file: String
    /// Of the original.
    package let line: Int
    package let change: Change
    /// Each as one line.
    package let original: String
    package let mutated: String
    /// How many mutants of this file before it are the same change of the same text.
    package let occurrence: Int

    package var place: String { "\(file):\(line)" }

    /// What stays the same when lines are added elsewhere in the file, and when other mutants come or go.
    package var key: String { "\(file)\t\(original)\t\(mutated)\t\(occurrence)" }
}

/// Text on one line, spaces between words only.
func onOneLine(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
