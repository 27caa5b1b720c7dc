/// One change at one place of a source.
package struct Mutant: Sendable, Hashable, Codable {
    package enum Change: String, Sendable, Hashable, Codable, CaseIterable {
        case conditionNegated, comparisonShifted, logicSwapped, statementDropped, loopEnded, constantChanged
        case sqlConditionDropped, sqlComparisonShifted, sqlConstantChanged
    }

    /// The number that turns this mutant on, from 1.
    package let id: Int
    /// The source's path from the root of the repository.
    package let file: String
    /// The line in the original source, from 1.
    package let line: Int
    package let change: Change
    /// The original text and the mutated one, each on one line.
    package let original: String
    package let mutated: String
    /// How many mutants before it in the file have the same original and mutated text.
    package let occurrence: Int

    package var place: String { "\(file):\(line)" }

    /// A name that stays the same when lines are added elsewhere in the file, and when other mutants come or go.
    package var key: String { "\(file)\t\(original)\t\(mutated)\t\(occurrence)" }
}

/// The text on one line, with single spaces between its words.
func onOneLine(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
