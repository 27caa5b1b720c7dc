/// A string literal of Swift that may contain SQL, or a part of a statement.
///
/// A dropped condition becomes `((x) OR 1)`, a dropped assignment `x = CASE WHEN 1 THEN x ELSE … END`, so that the
/// statement keeps its parameters.
struct SQLText {
    struct Mutation: Equatable {
        let change: Mutant.Change
        /// The text that is changed, without the rest of the literal.
        let original: String
        let mutated: String
        /// The whole literal with the change.
        let text: String
    }

    private let literal: [UInt8]
    private let tokens: [SQLToken]

    init(_ literal: String) {
        self.literal = Array(literal.utf8)
        tokens = SQLTokenizer.tokens(of: literal)
    }

    var mutations: [Mutation] {
        guard isSQL else { return [] }
        return conditions.flatMap(mutations(ofCondition:)) + assignments.map(mutation(ofAssignment:)) + constants
    }

    private static let signs: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "WHERE", "PRAGMA", "AND", "IS", "ORDER", "NULL", "EXISTS",
    ]

    private var isSQL: Bool {
        tokens.contains { $0.isWord(SQLText.signs) }
            || zip(tokens, tokens.dropFirst()).contains { $0.text == "=" && $1.text.hasPrefix("?") }
    }

    // MARK: - Conditions

    /// The tokens of a whole condition, or of one operand of AND or OR.
    private struct Condition {
        let tokens: ArraySlice<SQLToken>
        let isAlternative: Bool
    }

    private static let beginnings: Set<String> = ["WHERE", "AND", "OR", "WHEN", "ON", "HAVING"]
    private static let endings: Set<String> = [
        "AND", "OR", "ORDER", "LIMIT", "GROUP", "UNION", "RETURNING", "WHERE", "JOIN", "LEFT", "THEN", "ELSE", "END",
        "HAVING", "SET", "VALUES", "ON", "EXCEPT", "WINDOW",
    ]
    /// Words that begin a statement; the last five follow INSERT OR.
    private static let statements: Set<String> = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "PRAGMA", "VALUES", "IGNORE", "REPLACE", "ABORT", "FAIL",
        "ROLLBACK",
    ]

    private var conditions: [Condition] {
        tokens.indices.compactMap { index in
            guard begins(at: index), let first = tokens[index...].first else { return nil }
            let depth = first.depth
            let end = tokens[index...].firstIndex {
                $0.depth < depth || ($0.depth == depth && ($0.kind == .close ? false : ends($0)))
            }
            let operand = tokens[index..<(end ?? tokens.endIndex)]
            guard !operand.isEmpty, !operand.contains(where: { $0.isWord(["BETWEEN", "MATCH", "CONFLICT"]) }),
                !(index >= 3 && tokens[..<index].suffix(4).contains { $0.isWord(["BETWEEN"]) }),
                operand.first.map({ !$0.isWord(SQLText.statements) }) == true
            else { return nil }
            let isAlternative =
                end.map { tokens[$0].depth == depth && tokens[$0].isWord(["OR"]) } == true
                || (index > 0 && tokens[index - 1].isWord(["OR"]))
            return Condition(tokens: operand, isAlternative: isAlternative)
        }
    }

    private func ends(_ token: SQLToken) -> Bool {
        token.isWord(SQLText.endings) || (token.kind == .symbol && [",", ";"].contains(token.text))
    }

    private func begins(at index: Int) -> Bool {
        guard index > 0 else { return isConditionFromTheStart }
        let before = tokens[index - 1]
        if before.isWord(SQLText.beginnings) { return true }
        return before.kind == .open && index > 1
            && (tokens[index - 2].isWord(SQLText.beginnings) || tokens[index - 2].isWord(["NOT"]))
    }

    /// Whether the literal is a part of a statement that is put behind a WHERE elsewhere.
    private var isConditionFromTheStart: Bool {
        guard let first = tokens.first, !first.isWord(SQLText.endings), !first.isWord(SQLText.statements) else {
            return false
        }
        return tokens.first { $0.depth == 0 && $0.isWord(SQLText.endings) }?.isWord(["AND", "OR"]) == true
    }

    private func mutations(ofCondition condition: Condition) -> [Mutation] {
        guard let first = condition.tokens.first, let last = condition.tokens.last else { return [] }
        let range = first.range.lowerBound..<last.range.upperBound
        let original = text(range)
        let dropped = Mutation(
            change: .sqlConditionDropped, original: original, mutated: "(dropped)",
            text: replacing(range, by: "((\(original)) \(condition.isAlternative ? "AND 0" : "OR 1"))"))
        guard let shift = shift(in: condition.tokens, depth: first.depth) else { return [dropped] }
        let shifted = Mutation(
            change: .sqlComparisonShifted, original: original,
            mutated: text(range.lowerBound..<shift.range.lowerBound) + shift.text
                + text(shift.range.upperBound..<range.upperBound),
            text: replacing(shift.range, by: shift.text))
        return [dropped, shifted]
    }

    private static let shifts = [
        "=": "!=", "!=": "=", "<>": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "IS": "IS NOT", "IN": "NOT IN",
        "LIKE": "NOT LIKE", "EXISTS": "NOT EXISTS",
    ]

    /// The range of a condition's first comparison, and the operator that replaces it.
    private func shift(in condition: ArraySlice<SQLToken>, depth: Int) -> (range: Range<Int>, text: String)? {
        for index in condition.indices where condition[index].depth == depth {
            let (token, next) = (condition[index], condition[index...].dropFirst().first)
            if token.isWord(["IS"]), let next, next.isWord(["NOT"]) {
                return (token.range.lowerBound..<next.range.upperBound, "IS")
            }
            if token.isWord(["NOT"]), let next, next.isWord(["IN", "EXISTS", "LIKE"]) {
                return (token.range.lowerBound..<next.range.upperBound, next.text)
            }
            if let other = SQLText.shifts[token.text], token.kind == .word || token.kind == .symbol {
                return (token.range, other)
            }
        }
        return nil
    }

    // MARK: - Assignments

    /// Each `column = value` behind SET, or in a list that is put there.
    private var assignments: [ArraySlice<SQLToken>] {
        var found: [ArraySlice<SQLToken>] = []
        for index in tokens.indices.dropLast(2)
        where tokens[index].kind == .word && tokens[index + 1].text == "=" && isInList(index) {
            let depth = tokens[index].depth
            let end = tokens[(index + 2)...].firstIndex { $0.depth < depth || ($0.depth == depth && ends($0)) }
            found.append(tokens[index..<(end ?? tokens.endIndex)])
        }
        return found.filter { $0.count > 2 }
    }

    private func isInList(_ index: Int) -> Bool {
        guard !tokens.contains(where: { $0.isWord(["PRAGMA"]) }) else { return false }
        let depth = tokens[index].depth
        let opening = tokens[..<index].last {
            $0.depth <= depth && $0.isWord(SQLText.endings.union(SQLText.beginnings).union(SQLText.statements))
        }
        guard let opening else { return depth == 0 && !isConditionFromTheStart && isAfterComma(index) }
        return opening.isWord(["SET"]) && isAfterComma(index, or: "SET")
    }

    private func isAfterComma(_ index: Int, or word: String? = nil) -> Bool {
        index == 0 ? word == nil : tokens[index - 1].text == "," || tokens[index - 1].text == word
    }

    private func mutation(ofAssignment assignment: ArraySlice<SQLToken>) -> Mutation {
        let range =
            assignment[assignment.startIndex].range.lowerBound..<assignment[assignment.endIndex - 1].range.upperBound
        let column = assignment[assignment.startIndex]
        let value = text(assignment[assignment.startIndex + 2].range.lowerBound..<range.upperBound)
        return Mutation(
            change: .sqlConditionDropped, original: text(range), mutated: "(dropped)",
            text: replacing(range, by: "\(column.text) = CASE WHEN 1 THEN \(column.text) ELSE \(value) END"))
    }

    // MARK: - Words and numbers

    private static let words = ["FULL": "NORMAL", "DESC": "ASC", "MAX": "MIN", "MIN": "MAX"]

    private var constants: [Mutation] {
        let isPragma = tokens.contains { $0.isWord(["PRAGMA"]) }
        return tokens.indices.compactMap { index in
            let token = tokens[index]
            let before = index > 0 ? tokens[index - 1] : nil
            if token.kind == .word, let other = SQLText.words[token.text] { return mutation(of: token, by: other) }
            if isPragma, token.isWord(["ON"]), before?.text == "=" { return mutation(of: token, by: "OFF") }
            guard token.kind == .number, !isPragma, before?.isWord(["SELECT", "LIMIT"]) != true,
                let value = Int64(token.text)
            else { return nil }
            return mutation(of: token, by: value == 1 ? "0" : "\(value &+ 1)")
        }
    }

    /// The mutation of one token; its texts show two neighbours on each side.
    private func mutation(of token: SQLToken, by other: String) -> Mutation {
        let index = tokens.firstIndex(of: token) ?? tokens.startIndex
        let around = tokens[max(index - 2, 0)...min(index + 2, tokens.endIndex - 1)]
        let (start, end) = (
            around[around.startIndex].range.lowerBound, around[around.endIndex - 1].range.upperBound
        )
        return Mutation(
            change: .sqlConstantChanged, original: text(start..<end),
            mutated: text(start..<token.range.lowerBound) + other + text(token.range.upperBound..<end),
            text: replacing(token.range, by: other))
    }

    // MARK: - The literal

    private func text(_ range: Range<Int>) -> String { String(decoding: literal[range], as: UTF8.self) }

    private func replacing(_ range: Range<Int>, by other: String) -> String {
        text(0..<range.lowerBound) + other + text(range.upperBound..<literal.count)
    }
}
