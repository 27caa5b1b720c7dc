/// One change of one place in a source.
public struct Mutant: Sendable, Hashable, Codable {
    public enum Change: String, Sendable, Hashable, Codable, CaseIterable {
        case conditionNegated, comparisonShifted, logicSwapped, statementDropped, loopEnded, constantChanged
        case sqlConditionDropped, sqlComparisonShifted, sqlConstantChanged
    }

    /// What the switch is set to for this mutant, from 1 on.
    public let id: Int
    /// From the root of the repository.
    public let file: String
    /// Of the original.
    public let line: Int
    public let change: Change
    /// Each as one line.
    public let original: String
    public let mutated: String
    /// How many mutants of this file before it are the same change of the same text.
    public let occurrence: Int

    public var place: String { "\(file):\(line)" }

    /// What stays the same when lines are added elsewhere in the file, and when other mutants come or go.
    public var key: String { "\(file)\t\(original)\t\(mutated)\t\(occurrence)" }
}

/// Text on one line, spaces between words only.
func onOneLine(_ text: some StringProtocol) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
}
