import SwiftSyntax

/// Conditions, comparisons and constants.
extension Renderer {
    /// Renders a node with its mutants.
    ///
    /// - Returns: `nil` if the node has no mutant of its own.
    mutating func renderMutated(_ node: Syntax) -> String? {
        if let list = node.as(CodeBlockItemListSyntax.self) { return renderStatements(list) }
        if let condition = node.as(ConditionElementSyntax.self) { return renderCondition(of: condition) }
        if let clause = node.as(WhereClauseSyntax.self) {
            return render(clause.whereKeyword) + renderNegated(clause.condition)
        }
        if let ternary = node.as(TernaryExprSyntax.self) {
            return renderNegated(ternary.condition) + render(ternary.questionMark) + render(ternary.thenExpression)
                + render(ternary.colon) + render(ternary.elseExpression)
        }
        if let infix = node.as(InfixOperatorExprSyntax.self) { return renderInfix(infix) }
        if let prefix = node.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "!" {
            return renderFlip(prefix, .conditionNegated, to: prefix.expression.trimmedDescription) { renderer in
                renderer.renderChildren(of: Syntax(prefix))
            }
        }
        if let prefix = node.as(PrefixOperatorExprSyntax.self), prefix.operator.text == "-",
            let integer = prefix.expression.as(IntegerLiteralExprSyntax.self)
        {
            return renderInteger(integer, of: prefix, sign: "-")
        }
        if let boolean = node.as(BooleanLiteralExprSyntax.self) {
            let opposite = boolean.literal.text == "true" ? "false" : "true"
            return renderFlip(boolean, .constantChanged, to: opposite) { _ in boolean.description }
        }
        if let integer = node.as(IntegerLiteralExprSyntax.self) { return renderInteger(integer, of: integer) }
        if let text = node.as(StringLiteralExprSyntax.self) { return renderString(text) }
        return nil
    }

    private mutating func renderCondition(of element: ConditionElementSyntax) -> String? {
        guard case .expression(let expression) = element.condition else { return nil }
        // The compiler knows that no statement after `while true` is reached.
        if expression.is(BooleanLiteralExprSyntax.self) { return element.description }
        let comma = element.trailingComma.map { render($0) } ?? ""
        return renderNegated(expression) + comma
    }

    /// Renders a condition with a mutant that negates it, unless the expression has such a mutant by itself.
    private mutating func renderNegated(_ expression: ExprSyntax) -> String {
        if Renderer.isNegatedAnyway(expression) { return render(expression) }
        return renderFlip(expression, .conditionNegated, to: "!(\(expression.trimmedDescription))") {
            $0.render(expression)
        }
    }

    private static func isNegatedAnyway(_ expression: ExprSyntax) -> Bool {
        if expression.is(BooleanLiteralExprSyntax.self) { return true }
        if let prefix = expression.as(PrefixOperatorExprSyntax.self) { return prefix.operator.text == "!" }
        guard let infix = expression.as(InfixOperatorExprSyntax.self) else { return false }
        return ["==", "!="].contains(infix.operator.trimmedDescription)
    }

    /// Writes `mutantFlips(17, condition)`, which evaluates the condition once.
    private mutating func renderFlip(
        _ node: some ExprSyntaxProtocol, _ change: Mutant.Change, to mutated: String,
        _ inner: (inout Renderer) -> String
    ) -> String {
        let id = add(change, at: node, from: node.trimmedDescription, to: mutated)
        let text = inner(&self)
        guard let id else { return text }
        let (before, after) = (node.leadingTrivia.description, node.trailingTrivia.description)
        return before + "mutantFlips(\(id), " + text.dropFirst(before.count).dropLast(after.count) + ")" + after
    }

    private static let shifted = ["<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="]
    private static let swapped = ["&&": "||", "||": "&&"]

    private mutating func renderInfix(_ infix: InfixOperatorExprSyntax) -> String? {
        let symbol = infix.operator.trimmedDescription
        let change: Mutant.Change
        let other: String
        if let shifted = Renderer.shifted[symbol] {
            (change, other) = (.comparisonShifted, shifted)
        } else if let swapped = Renderer.swapped[symbol] {
            (change, other) = (.logicSwapped, swapped)
        } else {
            return nil
        }
        let mutated = infix.with(\.operator, Renderer.replaced(infix.operator, by: other)).trimmedDescription
        return renderChoice(infix, [(change, infix.trimmedDescription, mutated)]) {
            $0.renderChildren(of: Syntax(infix))
        }
    }

    private static func replaced(_ symbol: ExprSyntax, by other: String) -> ExprSyntax {
        guard let binary = symbol.as(BinaryOperatorExprSyntax.self) else { return symbol }
        return ExprSyntax(binary.with(\.operator, binary.operator.with(\.tokenKind, .binaryOperator(other))))
    }

    /// Renders an integer with the mutants that change its value.
    ///
    /// - Parameters:
    ///   - integer: the literal.
    ///   - whole: the literal, or the expression of its sign and the literal.
    ///   - sign: the sign; empty if there is none.
    /// - Returns: `nil` if the literal is not a decimal number of 64 bits.
    private mutating func renderInteger(
        _ integer: IntegerLiteralExprSyntax, of whole: some ExprSyntaxProtocol, sign: String = ""
    ) -> String? {
        guard let value = Int64(integer.literal.text.filter { $0 != "_" }) else { return nil }
        let values = Renderer.otherValues(than: value)
        let mutations = values.map { other in
            (
                change: Mutant.Change.constantChanged, from: Renderer.shown(integer),
                to: Renderer.shown(integer, as: other)
            )
        }
        return renderChoice(whole, mutations, texts: values.map { "\(sign)\($0)" }) { _ in whole.description }
    }

    /// The values that mutants put in the place of a number.
    ///
    /// A small number is a count or an index: it becomes 0, and one more. A large one is a measure, of which no rule
    /// promises the exact value: it becomes 0, and ten times as much.
    static func otherValues(than value: Int64) -> [Int64] {
        switch value {
        case 0: [1]
        case ..<10: [0, value + 1]
        default: [0, value.multipliedReportingOverflow(by: 10).partialValue]
        }
    }

    /// The number with the code around it, up to 80 bytes, for the report: a number alone says too little.
    private static func shown(_ integer: IntegerLiteralExprSyntax, as value: Int64? = nil) -> String {
        var node = Syntax(integer)
        while let parent = node.parent, !parent.is(CodeBlockItemSyntax.self), !parent.is(MemberBlockItemSyntax.self),
            parent.trimmedLength.utf8Length <= 80
        {
            node = parent
        }
        guard let value else { return node.trimmedDescription }
        let text = Array(node.trimmedDescription.utf8)
        let start =
            integer.positionAfterSkippingLeadingTrivia.utf8Offset
            - node.positionAfterSkippingLeadingTrivia.utf8Offset
        let end = start + integer.literal.text.utf8.count
        return String(decoding: text[..<start], as: UTF8.self) + String(value)
            + String(decoding: text[end...], as: UTF8.self)
    }

    /// Writes `(mutantIsOn(17) ? mutated : original)`, for any number of mutants of one expression.
    ///
    /// - Parameters:
    ///   - node: the expression.
    ///   - mutations: the mutants: their change, and the original and mutated text for the report.
    ///   - texts: the mutated texts for the source, where they are not those of the report.
    ///   - inner: renders the original.
    /// - Returns: the rendered expression; without a choice if every mutant is left out.
    mutating func renderChoice(
        _ node: some ExprSyntaxProtocol, _ mutations: [(change: Mutant.Change, from: String, to: String)],
        texts: [String]? = nil, _ inner: (inout Renderer) -> String
    ) -> String {
        var choices = ""
        for (number, mutation) in mutations.enumerated() {
            guard let id = add(mutation.change, at: node, from: mutation.from, to: mutation.to) else { continue }
            choices += "mutantIsOn(\(id)) ? \(texts?[number] ?? mutation.to) : "
        }
        let text = inner(&self)
        guard !choices.isEmpty else { return text }
        let (before, after) = (node.leadingTrivia.description, node.trailingTrivia.description)
        return before + "(" + choices + text.dropFirst(before.count).dropLast(after.count) + ")" + after
    }
}
